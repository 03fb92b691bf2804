import FastVerify
import NIOCore
import Testing

@testable import FastVerifyGateway

/// A configuration is taken as a whole or refused with the place of every mistake.
struct ConfigurationTests {
    private static let good = """
        issuers:
          id: { issuer: "https://id.example", keys: { file: keys.json } }
        policies:
          orders: { audience: orders, algorithms: [ES256] }
        routes:
          - { prefix: / }
        """

    private func read(_ text: String, _ variables: [String: String] = [:]) throws -> GatewayConfiguration {
        try GatewayConfiguration(text, file: "g.yaml", environment: EnvironmentOverrides(variables: variables))
    }

    private func problems(_ text: String, _ variables: [String: String] = [:]) -> [String] {
        do {
            _ = try read(text, variables)
            return []
        } catch {
            return (error as? ConfigurationError)?.problems.map(\.description) ?? ["\(error)"]
        }
    }

    @Test func theShortestFile() throws {
        let configuration = try read(Self.good)
        #expect(configuration.routes[0].policy == "orders" && configuration.routes[0].access == .token)
        #expect(
            configuration.policies[0].policy.issuers == ["id"]
                && configuration.policies[0].policy.types == ["JWT", "none"])
        #expect("\(configuration.listeners.auth!.address)" == "127.0.0.1:9180" && configuration.listeners.grpc == nil)
        #expect(configuration.identity == IdentityFields.standard)
    }

    @Test func jsonWillDo() throws {
        let text = #"""
            {"issuers": {"id": {"issuer": "https://id.example", "keys": {"discovery": "openid"}}},
             "policies": {"p": {"audience": ["a", "b"], "algorithms": ["EdDSA"], "leeway": "5s"}},
             "routes": [{"path": "/x", "methods": "GET", "scopes": {"any": ["r", "w"]}}], "limits": {"head": 4096}}
            """#
        let configuration = try read(text)
        #expect(configuration.limits.head == 4096 && configuration.policies[0].policy.leeway == 5)
        #expect(configuration.routes[0].scopes.any == ["r", "w"] && configuration.routes[0].path == .exactly("/x"))
    }

    static let mistakes: [(String, String, String)] = [
        ("prefix: /", "prefx: /", "g.yaml:6:7: routes[0]: unknown name 'prefx'; did you mean prefix?"),
        ("prefix: /", "prefix: /, scope: x", "g.yaml:6:18: routes[0]: unknown name 'scope'; did you mean scopes?"),
        ("prefix: /", "prefix: a", "g.yaml:6:15: routes[0].prefix: expected a path that begins with /, decoded"),
        ("prefix: /", "prefix: /a/../b", "routes[0].prefix: expected a path"),
        ("prefix: /", "prefix: /%61", "routes[0].prefix: expected a path"),
        ("prefix: /", "prefix: /, path: /x", "expected exactly one of prefix, path"),
        ("prefix: /", "prefix: /, policy: nope", "routes[0].policy: no policy is called 'nope'; there are: orders"),
        ("prefix: /", "prefix: /, methods: get", "'get' is not a method"),
        ("prefix: /", "prefix: /, access: open, scopes: x", "rules and access: open contradict each other"),
        ("prefix: /", "prefix: /, access: maybe", "expected one of token, optional, open, deny, found 'maybe'"),
        ("prefix: /", "prefix: /, scopes: []", "expected at least a scope"),
        ("prefix: /", "prefix: /, scopes: [a, a]", "'a' stands twice"),
        ("prefix: /", "prefix: /, scopes: 1", "write it in quotes, \"1\""),
        ("prefix: /", "prefix: /, tenant: { claim: t }", "expected exactly one of path_segment, host_suffix"),
        ("prefix: /", "prefix: /, step_up: {}", "expected acr, maximum_age or both"),
        ("ES256", "ES257", "'ES257' is not an algorithm; there are: HS256"),
        ("ES256", "none", "'none' is not an algorithm"),
        ("audience: orders, ", "", "g.yaml:4:11: policies.orders: audience is missing: expected for whom"),
        ("file: keys.json", "file: a, url: b", "expected exactly one of file, url, discovery"),
        ("issuer: \"https://id.example\", ", "", "issuers.id: issuer is missing"),
        ("audience: orders", "audience: orders, leeway: 5", "expected a duration"),
        ("audience: orders", "audience: orders, issuers: other", "no issuer is called 'other'; there are: id"),
        (
            "audience: orders", "audience: [orders, [x]]",
            "policies.orders.audience[1]: expected an audience, found a list"
        ),
        member("dpop: maybe", "g.yaml:4:58: policies.orders.dpop: expected one of allowed, required"),
        member("dpop: { origin: https://a/b }", "policies.orders.dpop.origin: expected an origin such as"),
        member("dpop: { algorithms: HS256 }", "'HS256' is not an algorithm with a public key"),
        ("[ES256]", "[]", "policies.orders.algorithms: expected at least an algorithm"),
        member("dpop: { algorithms: [] }", "policies.orders.dpop.algorithms: expected at least an algorithm"),
        member("mtls: { from: connection }", "policies.orders.mtls: nobody can have one"),
        member("limits: { others: { requests: 1 }, subjects: [] }", "everybody would share one bucket"),
        member("dpop: { nonces: 1m }", "unknown name 'nonces'; did you mean nonce?"),
        member("mtls: { field: X }", "policies.orders.mtls: from is missing"),
        member("mtls: { from: apache }", "expected one of client_cert, envoy, nginx, connection, found 'apache'"),
        member("mtls: { from: envoy, field: X }", "policies.orders.mtls.field: only nginx lets you name the field"),
        member("mtls: { from: nginx, hops: 2 }", "only envoy counts hops"),
        member("mtls: { from: nginx, field: \"a b\" }", "'a b' is not the name of a field"),
        member("cookie: t", "policies.orders.cookie: browsers send cookies whoever asks them to"),
        member("csrf: { origins: https://a }", "guards tokens in cookies alone"),
        member("cookie: t, csrf: { origins: a }", "'a' is not an origin"),
        member("cookie: t, csrf: { origins: https://a, field: X }", "csrf.field: means nothing without secret"),
        member("limits: { plans: { a: { requests: 1 } } }", "policies.orders.limits: others is missing"),
        member("limits: { others: a }", "no plan is called 'a'; there are: none"),
        member("limits: { others: { requests: 0 } }", "others.requests: expected a whole number from 1"),
        member("limits: { others: { requests: 1 }, subjects: ip }", "expected subject, tenant, client, or { claim"),
        member("cors: { origins: \"*\", credentials: true }", "browsers refuse credentials for every origin"),
        member("cors: { origins: [\"*\", https://a] }", "'*' is not an origin"),
        member("revocation: { outage: closed }", "expected feed, status_lists or both"),
        member("revocation: { feed: { file: a } }", "policies.orders.revocation: outage is missing: expected open or"),
        member("revocation: { feed: {}, outage: open }", "expected exactly one of file, events, long_poll"),
        member("revocation: { feed: { file: a }, outage: open, staleness: 1m }", "means nothing with outage: open"),
        member("revocation: { feed: { file: a }, outage: open, list_age: 5s }", "means nothing without status_lists"),
        member("revocation: { status_lists: { x: https://a/ }, outage: open }", "the policy trusts no issuer 'x'"),
    ]

    /// A further member of the policy.
    private static func member(_ text: String, _ message: String) -> (String, String, String) {
        ("algorithms: [ES256]", "algorithms: [ES256], \(text)", message)
    }

    @Test(arguments: mistakes) func mistakesHaveAPlace(_ text: String, _ mistake: String, _ message: String) {
        let found = problems(Self.good.replacing(text, with: mistake))
        #expect(found.contains { $0.contains(message) }, "\(found)")
        #expect(found.allSatisfy { $0.hasPrefix("g.yaml:") }, "\(found)")
    }

    @Test(arguments: [
        ("limits: { heads: 1 }", "unknown name 'heads'"), ("limits: { head: 1 }", "expected bytes from 1024"),
        ("limits: { head_time: 1d }", "expected a duration"), ("listen: { auth: nowhere }", "expected host:port"),
        ("listen: { auth: 0.0.0.0:80 }", "others than this machine can connect here"),
        ("listen: { auth: { address: 0.0.0.0:80, peers: 10.0.0.0/33 } }", "is not an address block"),
        (
            "listen: { grpc: { address: 127.0.0.1:1, tls: { certificate: c, key: k, client_roots: r, client_certificate: optional } } }",
            "leave optional out"
        ),
        (
            "listen: { auth: { address: 127.0.0.1:1, tls: { certificate: c, key: k, client_certificate: optional } } }",
            "means nothing without client_roots"
        ),
        ("listen: { auth: \"unix:relative\" }", "expected host:port"), ("log: { audit: 1 }", "write it in quotes"),
        ("identity: { Content-Length: sub }", "cannot be the name of an identity field"),
        ("identity: { \"a b\": sub }", "cannot be the name of an identity field"), ("more: 1", "unknown name 'more'"),
    ])
    func otherMistakes(_ text: String, _ message: String) {
        let found = problems(Self.good + "\n" + text)
        #expect(found.contains { $0.contains(message) }, "\(found)")
    }

    @Test func everyMistakeIsReportedAtOnce() {
        let text = Self.good.replacing("ES256", with: "X").replacing("prefix", with: "prefx").replacing(
            "file", with: "fil")
        #expect(problems(text).count >= 3)
    }

    @Test(arguments: ["", "[]", "a: [", "\t", "a: b: c", "- x", "\"", "a: 1\na: 2", "%YAML 9\n---\na"])
    func whatIsNoConfiguration(_ text: String) { #expect(!problems(text).isEmpty) }

    @Test func namesThatStandTwice() {
        let found = problems(Self.good + "\nroutes: []")
        #expect(found.contains { $0.contains("'routes' stands twice") }, "\(found)")
    }

    @Test func hiddenRoutesAreReported() {
        func hidden(_ routes: String) -> Bool {
            problems(Self.good.replacing("  - { prefix: / }", with: routes)).contains { $0.contains("never reached") }
        }
        #expect(hidden("  - { prefix: / }\n  - { prefix: /a, scopes: x }"))
        #expect(hidden("  - { prefix: /a/ }\n  - { path: /a }"))
        #expect(hidden("  - { prefix: /a, methods: [GET, POST] }\n  - { prefix: /a/b, methods: GET }"))
        #expect(!hidden("  - { prefix: /a, methods: GET }\n  - { prefix: /a }"))
        #expect(!hidden("  - { prefix: /a, host: x }\n  - { prefix: /a }"))
        #expect(!hidden("  - { path: /a }\n  - { prefix: /a }\n  - { prefix: /ab }"))
    }

    @Test func theEnvironmentGoesFirst() throws {
        let variables = [
            "FASTVERIFY_LISTEN_AUTH": "127.0.0.1:1", "FASTVERIFY_LIMITS_HEAD_TIME": "3s",
            "FASTVERIFY_LIMITS_CACHE": "0",
        ]
        let configuration = try read(Self.good + "\nlimits: { head_time: 9s, idle_time: 8s }", variables)
        #expect("\(configuration.listeners.auth!.address)" == "127.0.0.1:1" && configuration.limits.cache == 0)
        #expect(configuration.limits.headTime == .seconds(3) && configuration.limits.idleTime == .seconds(8))
        let found = problems(Self.good, ["FASTVERIFY_LIMITS_HEAD": "x"])
        #expect(found.contains { $0.contains("environment, limits.head: expected bytes") }, "\(found)")
    }

    @Test func aliasesAreNoBomb() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...12 {
            let last = "*a\(level - 1)"
            text += "a\(level): &a\(level) [" + [String](repeating: last, count: 9).joined(separator: ", ") + "]\n"
        }
        #expect(!problems(text).isEmpty)
    }

    @Test func peersAreHeldAgainstBlocks() throws {
        let rule = PeerRule(.blocks(["10.0.0.0/8", "fd00::/8"]))
        func allows(_ address: String) throws -> Bool { rule.allows(try SocketAddress(ipAddress: address, port: 1)) }
        #expect(try allows("10.1.2.3") && allows("fd00::1") && allows("::ffff:10.1.2.3"))
        #expect(try !allows("11.1.2.3") && !allows("::1") && !allows("::ffff:11.1.2.3"))
        #expect(rule.allows(peer: "ipv4:10.1.2.3:99") && rule.allows(peer: "ipv6:[fd00::1]:99"))
        #expect(!rule.allows(peer: "unix:/x") && !rule.allows(peer: "ipv6:[::1]:99") && !rule.allows(peer: ""))
        #expect(!rule.allows(nil) && PeerRule(.anyone).allows(nil))
    }
}
