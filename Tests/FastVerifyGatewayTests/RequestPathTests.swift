import Testing

@testable import FastVerifyGateway

/// Row 48 of the catalogue: a path that can be read in two ways is not read at all.
struct RequestPathTests {
    private func path(_ target: String) -> String? { path(Array(target.utf8)) }

    private func path(_ target: [UInt8]) -> String? {
        var memory = PathMemory()
        return target.withUnsafeBytes { target in
            RequestPath.read(target, &memory) { path in path.map { String(decoding: $0, as: UTF8.self) } }
        }
    }

    @Test(arguments: [
        ("/", "/"), ("/a/b", "/a/b"), ("/a/", "/a/"), ("/a?b=//../;", "/a"), ("/%61", "/a"), ("/a%20b", "/a b"),
        ("/%C3%A4", "/ä"), ("/100%25", "/100%"), ("/a.b/...", "/a.b/..."), ("/a/.well-known/x", "/a/.well-known/x"),
        ("/a%3Ab", "/a:b"), ("/%23", "/#"), ("/a%3Fb", "/a?b"),
    ])
    func plainPaths(_ target: String, _ expected: String) { #expect(path(target) == expected) }

    @Test(arguments: [
        "", "a", "//", "//a", "/a//b", "/.", "/..", "/a/../b", "/a/./b", "/a/..", "/%2e", "/%2E%2e/a", "/.%2e",
        "/a%2Fb",
        "/a%2fb", "/a\\b", "/a%5Cb", "/a%00", "/a;b", "/a%3Bb", "/a/..;/b", "/%", "/%4", "/%zz", "/a#b", "/%252e",
        "/%252F", "/%FF", "/%C0%AF", "/%ED%A0%80", "/a%0Ab", "/a%7F", "/a\tb", "/%2",
    ])
    func ambiguousPaths(_ target: String) { #expect(path(target) == nil) }

    @Test func bytesThatAreNoText() { #expect(path([0x2F, 0xFF]) == nil && path([0x2F, 0]) == nil) }

    /// Decoding what a plain path would be escaped as gives it back, or nothing.
    @Test func escapingChangesNothing() {
        // These mean something else when they are escaped.
        for byte in UInt8.min...UInt8.max where !"?/%".utf8.contains(byte) {
            let digits = Array("0123456789ABCDEF".utf8)
            let escaped = path([0x2F, 0x61, 0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            let plain = path([0x2F, 0x61, byte])
            #expect(plain == nil || escaped == plain, "\(byte)")
        }
    }
}

struct RouteTableTests {
    private func table(_ routes: String) throws -> RouteTable {
        let text = """
            issuers: { i: { issuer: x, keys: { file: k } } }
            policies: { p: { audience: a, algorithms: [ES256] } }
            routes:
            \(routes)
            """
        return RouteTable(
            try GatewayConfiguration(text, file: "t", environment: EnvironmentOverrides(variables: [:])).routes)
    }

    private func route(_ table: RouteTable, _ path: String, _ method: String = "GET", _ host: String = "h") -> Int? {
        Array(path.utf8).withUnsafeBytes { path in
            Array(method.utf8).withUnsafeBytes { method in
                Array(host.utf8).withUnsafeBytes { table.route(path: path, method: method, host: $0) }
            }
        }
    }

    @Test func prefixesHaveWholeSegments() throws {
        let table = try table("- { path: /a/x }\n- { prefix: /a/ }\n- { prefix: /b }")
        #expect(route(table, "/a/x") == 0 && route(table, "/a/xy") == 1 && route(table, "/a") == 1)
        #expect(route(table, "/ab") == nil && route(table, "/b") == 2 && route(table, "/b/c") == 2)
        #expect(route(table, "/A") == nil && route(table, "/") == nil)
    }

    @Test func theRootHasEverything() throws {
        let table = try table("- { prefix: / }")
        #expect(route(table, "/") == 0 && route(table, "/x/y") == 0)
    }

    @Test func methodsAndHosts() throws {
        let table = try table(
            "- { prefix: /, methods: [GET, HEAD], host: Api.Example }\n- { prefix: /, methods: POST }")
        #expect(route(table, "/", "GET", "API.example:8443") == 0 && route(table, "/", "HEAD", "api.example.") == 0)
        #expect(route(table, "/", "GET", "other") == nil && route(table, "/", "POST", "other") == 1)
        #expect(route(table, "/", "get", "api.example") == nil && route(table, "/", "GET", "xapi.example") == nil)
    }
}
