import AttackCatalogue
import FastVerify
import FastVerifyAccess
import HTTPTypes
import Testing

@testable import FastVerifyGateway

/// Routes, rules, and what services behind proxies learn.
struct DecisionTests {
    private func bearer(_ more: String = "") -> [String] {
        let claims = CatalogueIssuer.claims.dropLast() + more + "}"
        return ["Authorization: Bearer \(CatalogueIssuer.token(payload: String(claims)))"]
    }

    @Test(arguments: GateFixture.Endpoint.allCases) func routesDecide(_ endpoint: GateFixture.Endpoint) throws {
        let fixture = try GateFixture()
        func status(_ path: String, _ fields: [String] = [], method: String = "GET", host: String = "a") throws -> Int {
            try fixture.ask(path, method: method, host: host, fields: fields, at: endpoint).status
        }
        #expect(try status("/orders/1", bearer()) == 200 && status("/orders/1") == 401)
        #expect(try status("/open/x") == 200 && status("/deny/x", bearer()) == 403 && status("/", bearer()) == 403)
        #expect(try status("/admin", bearer()) == 403 && status("/any", bearer()) == 200)
        #expect(try status("/staff", bearer()) == 403 && status("/staff", bearer(#","roles":["staff"]"#)) == 200)
        #expect(try status("/only", bearer()) == 200 && status("/only", bearer(), method: "POST") == 403)
        let acme = bearer(#","tenant":"acme""#)
        #expect(try status("/tenants/acme/x", acme) == 200 && status("/tenants/other", acme) == 403)
        #expect(try status("/tenants", acme) == 403 && status("/tenants/acme", bearer()) == 403)
        #expect(try status("/hosts", acme, host: "acme.api.example") == 200)
        #expect(try status("/hosts", acme, host: "other.api.example:80") == 403)
        #expect(try status("/hosts", acme, host: "acme.api.example.evil") == 403)
        #expect(try status("/fresh", bearer(#","auth_time":1"#)) == 401)
    }

    @Test(arguments: ["/open/../orders", "/open//x", "/open/%2e%2e/orders", "/open%2Fx", "/open;/orders", "/open/%00"])
    func ambiguousPathsAreRefusedEverywhere(_ path: String) throws {
        let fixture = try GateFixture()
        for endpoint in GateFixture.Endpoint.allCases {
            #expect(try fixture.ask(path, fields: bearer(), at: endpoint).status >= 400)
        }
    }

    /// What a proxy says in its fields counts at its endpoint only, and must be said once.
    @Test func factsComeFromTheirProxyAlone() throws {
        let fixture = try GateFixture()
        let open = ["X-Forwarded-Uri: /open", "X-Forwarded-Method: GET", "X-Forwarded-Host: a"]
        #expect(try fixture.ask("/orders", fields: open, at: .nginx).status == 401)
        #expect(try fixture.ask("/orders", fields: ["X-Original-URI: /open"], at: .forwarded).status == 401)
        #expect(try fixture.ask("/orders", fields: open + ["X-Original-URI: /open"], at: .envoy).status == 401)
        let twice = try fixture.ask("/open", fields: ["X-Original-URI: /open"], at: .nginx)
        #expect(twice.status == 401 && twice.field("x-auth-status") == "400")
        #expect(try fixture.ask("/open", fields: ["X-Forwarded-Uri: /open"], at: .forwarded).status == 400)
        let none = try fixture.answer("GET /auth HTTP/1.1\r\nHost: a\r\nX-Original-URI: /open\r\n\r\n")
        #expect(none.status == 401)
    }

    /// The proxy copies what we say over what its client said: so we say every field, always.
    @Test func everyIdentityFieldIsAlwaysThere() throws {
        let fixture = try GateFixture()
        let forged = ["X-Auth-Subject: root", "X-Auth-Scope: admin"]
        for path in ["/open", "/optional"] {
            let reply = try fixture.ask(path, fields: forged)
            #expect(reply.status == 200)
            for name in ["X-Auth-Subject", "X-Auth-Scope", "X-Auth-Client", "X-Auth-Issuer"] {
                #expect(reply.field(name) == "", "\(name)")
            }
        }
        let reply = try fixture.ask(fields: forged + bearer())
        #expect(reply.field("X-Auth-Subject") == "alice" && reply.field("X-Auth-Scope") == "read")
        #expect(reply.field("X-Auth-Client") == "")
    }

    @Test func claimsCannotBreakOutOfTheirField() throws {
        let fixture = try GateFixture(more: "identity: { X-A: a, X-B: [b, c], X-List: l, X-N: n, X-O: o }")
        let claims = #","a":"x\r\nX-Auth-Subject: root\u0000%ä","b":{"c":"deep"},"l":["p","q,"],"n":12,"o":{"a":1}"#
        let reply = try fixture.ask(fields: bearer(claims))
        #expect(reply.field("X-A") == "x%0D%0AX-Auth-Subject: root%00%25%C3%A4")
        #expect(reply.field("X-B") == "deep" && reply.field("X-List") == "p,q," && reply.field("X-N") == "12")
        #expect(reply.field("X-O") == "" && reply.field("X-Auth-Subject") == nil)
    }

    /// What Envoy says in a message becomes a head; a value must not become two fields.
    @Test func valuesCannotBecomeFields() {
        let fields = HTTPFields([
            HTTPField(name: .origin, value: "a\r\nCookie: b"), HTTPField(name: .cookie, value: " c "),
        ])
        let read = HeadFields.write(fields).withUnsafeBytes { HeadFields.read($0) }
        #expect(read.count == 2 && read[values: .cookie] == ["c"], "\(read)")
    }

    @Test func reasonsStayInside() throws {
        let fixture = try GateFixture()
        _ = try fixture.ask(fields: ["Authorization: Bearer a.b"])
        _ = try fixture.ask("/admin", fields: bearer())
        _ = try fixture.ask("/nowhere")
        #expect(fixture.gate.counts.refused == ["not_compact": 1, "insufficient_scope": 1, "no_route": 1])
    }

    /// The field is read here without a copy, and there as Swift strings: both must say the same.
    @Test func credentialsAreReadAsElsewhere() throws {
        let values = [
            "", "Bearer", "Bearer ", "Bearer a", "bearer a", "BEARER  a", "Bearer\ta", "Bearer a b", "Bearer a,",
            "Basic a",
            "Bearer a=", "Bearer a==", "Bearer =", "Bearer a=b", "Bearer a.b-c_d~e+f/g", "Bearer é", "Bearera",
            "DPoP a", "a",
            "Bearer " + String(repeating: "a", count: 100), "Bearer " + String(repeating: "a", count: 101),
            "Bearer a\"",
        ]
        let sources = CredentialSources(tokenBytes: 100)
        for value in values {
            for count in 1...2 {
                var request = HTTPRequest(method: .get, scheme: "https", authority: "a", path: "/")
                for _ in 0..<count { request.headerFields.append(HTTPField(name: .authorization, value: value)) }
                let expected: String
                do throws(Refusal) {
                    expected = try sources.credential(of: request).map { "token \($0.token)" } ?? "none"
                } catch {
                    expected = "\(error.answer) \(error.reason)"
                }
                let bytes = Array(value.utf8)
                let found = bytes.withUnsafeBytes { text in
                    switch BearerField.read(text, count: count, limit: 100) {
                    case .none: "none"
                    case .token(_, let range): "token \(String(decoding: text[range], as: UTF8.self))"
                    case .refused(let refusal): "\(refusal.answer) \(refusal.reason)"
                    }
                }
                #expect(found == expected, "\(value)")
            }
        }
    }
}
