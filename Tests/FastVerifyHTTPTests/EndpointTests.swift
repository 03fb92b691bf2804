// URLs and addresses: where a fetch may go.
import FastVerifyAccess
import Testing

@testable import FastVerifyHTTP

@Suite struct EndpointTests {
    @Test(arguments: [
        ("https://id.example", "https://id.example/"), ("HTTPS://ID.Example:443/a?b=c", "https://id.example/a?b=c"),
        ("https://id.example:8443/x", "https://id.example:8443/x"), ("http://127.0.0.1:80/", "http://127.0.0.1/"),
        ("https://[2001:DB8::1]:444/k", "https://[2001:db8:0:0:0:0:0:1]:444/k"),
        ("https://id.example?x", "https://id.example/?x"),
        ("https://id.example./", "https://id.example/"), ("https://a_b.example/%20", "https://a_b.example/%20"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example/"),
        ("https://[::ffff:127.0.0.1]/", "https://[0:0:0:0:0:ffff:7f00:1]/"),
    ])
    func plainSpelling(_ text: String, _ expected: String) { #expect(EndpointURL(text)?.text == expected) }

    @Test(arguments: [
        "", "id.example", "//id.example", "file:///etc/passwd", "ftp://id.example", "https:/id.example", "https://",
        "https:///keys", "https://user@id.example", "https://user:p@id.example", "https://id.example#f",
        "https://id.example/#f", "https://id.example:0", "https://id.example:65536", "https://id.example:",
        "https://:443/",
        "https://id.example:4x", "https://id.example:+443", "https://127.1", "https://2130706433", "https://0x7f000001",
        "https://0x7f.0.0.1", "https://0177.0.0.1", "https://127.0.0.1.", "https://1.2.3.256", "https://1.2.3.4.5",
        "https://bücher.example", "https://id%2eexample", "https://id.example\\@evil.example", "https://id.example /",
        "https://id.example/a b", "https://id.example/\r\nX: y", "https://id.example/\u{0}", "https://id..example",
        "https://.example", "https://[::1", "https://::1", "https://[fe80::1%25eth0]/", "https://[1:2:3:4:5:6:7]",
        "https://[1::2::3]", "https://[::1]x", "https://[12345::]", "https://[1.2.3.4]", "https://a,b", "unix:///run/x",
        "http+unix://x/", " https://id.example", "https://id.example/<", "https://id.example/|", "https://ⅰd.example",
        "https://\u{212A}.example",
        "https://" + String(repeating: "a", count: 64) + ".example",
        "https://a.example/" + String(repeating: "a", count: 2048),
    ])
    func refusedSpelling(_ text: String) { #expect(EndpointURL(text) == nil) }

    @Test func redirects() {
        let url = EndpointURL("https://id.example/a/b?c")!
        #expect(url.resolving("/k?x=1")?.text == "https://id.example/k?x=1")
        #expect(url.resolving("https://id.example:443/k").map { $0.hasOrigin(of: url) } == true)
        for other in [
            "http://id.example/a", "https://id.example:444/", "https://www.id.example/", "https://id.example.evil/",
        ] {
            #expect(url.resolving(other).map { $0.hasOrigin(of: url) } == false, "\(other)")
        }
        for text in ["//evil.example/k", "k", "../k", "", "?x", "/k#f", "/k\r\nX: y", "javascript:alert(1)"] {
            #expect(url.resolving(text) == nil, "\(text)")
        }
    }

    @Test(arguments: [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1",
        "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:8.8.8.8",
        "::ffff:127.0.0.1", "::8.8.8.8", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1",
        "2002:7f00:1::", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1", "3fff::1", "5f00::1",
    ])
    func refusedAddresses(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!AddressRule.publicInternet.allows(address))
        #expect(AddressRule(allowing: [text])!.allows(address))
    }

    @Test(arguments: [
        "8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.167.1.1",
        "223.255.255.1",
        "126.0.0.1", "128.0.0.1", "11.0.0.1", "2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888", "2003::1",
    ])
    func publicAddresses(_ text: String) throws {
        #expect(AddressRule.publicInternet.allows(try #require(IPAddress(text))))
    }

    @Test func blocks() throws {
        let rule = try #require(AddressRule(allowing: ["10.20.0.0/16", "fd00::/8"]))
        #expect(rule.allows(IPAddress("10.20.255.1")!) && !rule.allows(IPAddress("10.21.0.1")!))
        #expect(
            rule.allows(IPAddress("fd99::1")!) && !rule.allows(IPAddress("fc99::1")!)
                && rule.allows(IPAddress("9.9.9.9")!))
        for text in ["10.0.0.0/33", "10.0.0/8", "x", "", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129", "10.0.0.0/"] {
            #expect(AddressRule(allowing: [text]) == nil, "\(text)")
        }
    }

    @Test func wellKnownPlaces() throws {
        func places(_ issuer: String, _ discovery: KeySetLocation.Discovery = .automatic) throws -> [String] {
            guard case .issuer(let name, let urls) = try KeySetLocation.issuer(issuer, discovery: discovery).place
            else {
                return []
            }
            #expect(name == issuer)
            return urls.map(\.text)
        }
        let openID = "/.well-known/openid-configuration"
        let oauth = "/.well-known/oauth-authorization-server"
        #expect(try places("https://id.example") == ["https://id.example" + openID, "https://id.example" + oauth])
        #expect(try places("https://id.example/", .openID) == ["https://id.example" + openID])
        #expect(try places("https://id.example/t1", .oauth) == ["https://id.example\(oauth)/t1"])
        #expect(
            try places("https://id.example/t/v2.0/") == [
                "https://id.example/t/v2.0" + openID, "https://id.example\(oauth)/t/v2.0",
            ])
        for text in ["https://id.example/?x", "https://id.example#", "id.example", "https://u@id.example"] {
            #expect(throws: KeySetLocation.Invalid.malformedURL) { try KeySetLocation.issuer(text) }
        }
    }

    @Test func insecureURLs() throws {
        let location = try KeySetLocation.url("http://id.example/keys")
        #expect(throws: KeySetLocation.Invalid.insecureURL) { try RemoteJWKSet(location) }
        _ = try RemoteJWKSet(location, rules: KeyFetchRules(allowsInsecureHTTP: true))
    }
}
