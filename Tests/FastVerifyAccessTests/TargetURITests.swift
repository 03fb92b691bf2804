import HTTPTypes
import Testing

@testable import FastVerifyAccess

struct TargetURITests {
    @Test(arguments: [
        ("https://a.example", "https://a.example/"),
        ("https://a.example?x=1", "https://a.example/"),
        ("https://a.example#x", "https://a.example/"),
        ("HTTPS://A.Example:443/", "https://a.example/"),
        ("http://a.example:80/", "http://a.example/"),
        ("http://a.example:443/", "http://a.example:443/"),
        ("https://a.example:/b", "https://a.example/b"),
        ("https://a.example:0443/b", "https://a.example/b"),
        ("https://a.example:08443/b", "https://a.example:8443/b"),
        ("https://[2001:DB8::1]:8443/b", "https://[2001:db8::1]:8443/b"),
        ("https://[2001:db8::1]/b", "https://[2001:db8::1]/b"),
        ("https://a.example/%7Euser/%c3%a9", "https://a.example/~user/%C3%A9"),
        ("https://a.example/a%2fb", "https://a.example/a%2Fb"),
        ("https://a.example/a/./b/../c", "https://a.example/a/c"),
        ("https://a.example/a/%2e%2E/b", "https://a.example/b"),
        ("https://a.example/../../b", "https://a.example/b"),
        ("https://a.example/a/..", "https://a.example/"),
        ("https://a.example/a/.", "https://a.example/a/"),
        ("https://a.example/a//b", "https://a.example/a//b"),
        ("https://a.example/a//../b", "https://a.example/a/b"),
        ("https://a.example/...", "https://a.example/..."),
        ("https://a%2Eexample/", "https://a.example/"),
        ("https://A%c3%A9.example/", "https://a%C3%A9.example/"),
        ("https://a_b.example/x?y=/../z", "https://a_b.example/x"),
    ])
    func normalForm(_ uri: String, _ normal: String) {
        #expect(TargetURI(uri)?.description == normal)
        #expect(TargetURI(normal)?.description == normal, "once is enough")
    }

    @Test(arguments: [
        "", "https", "https:", "https:/a", "https://", "https:///a", "ftp://a.example/", "//a.example/", "/a",
        "https://u@a.example/", "https://u:p@a.example/", "https://a.example:x/", "https://a.example:123456/",
        "https://a.example:1:2/", "https://[::1/", "https://[::1]x/", "https://[a]b]/", "https://a b/",
        "https://a.example/ b",
        "https://a.example/%", "https://a.example/%2", "https://a.example/%zz", "https://a.example/é",
        "https://a.example/a\\b", "https://a.example\\b", "https://a.example/a\u{0}", " https://a.example/",
        "https://a]/",
    ])
    func refused(_ uri: String) {
        #expect(TargetURI(uri) == nil)
    }

    @Test func boundedInLength() {
        let path = String(repeating: "/..", count: 2720)
        #expect(TargetURI("https://a.example" + path)?.description == "https://a.example/")
        #expect(TargetURI("https://a.example" + path + String(repeating: "a", count: 100)) == nil)
        #expect(TargetURI(scheme: "https", authority: "a", path: "/" + String(repeating: "a", count: 8192)) == nil)
    }

    @Test func ofARequest() {
        let request = HTTPRequest(method: .get, scheme: "https", authority: "inner:8080", path: "/v1/a?b=c")
        #expect(RequestTarget(request)?.uri.description == "https://inner:8080/v1/a")
        let external = RequestTarget.External(scheme: "https", authority: "api.example", path: "/a")
        #expect(RequestTarget(request, external: external)?.uri.description == "https://api.example/a")
        #expect(RequestTarget(request)?.method == "GET")
        let incomplete = HTTPRequest(method: .get, scheme: nil, authority: "a", path: "/")
        #expect(RequestTarget(incomplete) == nil)
        #expect(RequestTarget(incomplete, external: .init(scheme: "https")) != nil)
        #expect(RequestTarget(HTTPRequest(method: .options, scheme: "https", authority: "a", path: "*")) == nil)
    }
}
