import FastVerify
import FastVerifyAccess
import Foundation
import HTTPTypes
import TokenService
import Testing

@testable import TokenServiceHTTP

@Suite struct AdminClientTests {
    private static let clients = "/api/admin/clients"

    private static func basic(_ id: String, _ secret: String) -> HTTPFields {
        [.authorization: "Basic \(Data("\(id):\(secret)".utf8).base64EncodedString())"]
    }

    @Test func addShowSwitchOff() async throws {
        try await EndpointScene.with { scene in
            let root = try await scene.bearer()
            let added = try await scene.send(
                .post, Self.clients, root,
                json:
                    "{\"id\":\"a/b\",\"scopes\":[\"x\",\"y\"],\"grants\":[\"client_credentials\"],\"audiences\":[\"api\"]}"
            )
            #expect(added.status == 201 && added.fields[.cacheControl] == "no-store")
            try await scene.expectAudit(["client_added"], by: "root")
            let secret: String = try added.member("secret")
            let path = try #require(added.fields[.location])
            #expect(path == "/api/admin/clients/a%2Fb")
            let shown = try await scene.send(.get, path, root)
            #expect(shown.status == 200 && !shown.text.contains("secret\":") && !shown.text.contains("fvc_"))
            #expect(try shown.member("authentication") == "secret" && shown.member("id") == "a/b")
            #expect(try shown.member("grants", as: [String].self) == ["client_credentials"])
            let credentials = Self.basic("a%2Fb", secret)
            let token: String = try await scene.form("/oauth/token", "grant_type=client_credentials", credentials)
                .member("access_token")
            #expect(try await scene.send(.post, Self.clients, root, json: "{\"id\":\"a/b\"}").status == 409)

            let off = try await scene.send(.patch, path, root, json: "{\"disabled\":true}")
            #expect(try off.member("disabled", as: Bool.self))
            try await scene.expectAudit(["client_changed"], by: "root")
            #expect(try await scene.issuer.verifiedToken(token) == nil)
            #expect(try await scene.form("/oauth/token", "grant_type=client_credentials", credentials).status == 401)
            _ = try await scene.send(.patch, path, root, json: "{\"disabled\":false}")
            #expect(try await scene.form("/oauth/token", "grant_type=client_credentials", credentials).status == 200)
            for (body, status) in [("{\"disabled\":null}", 400), ("{\"secret\":\"x\"}", 400), ("{}", 200)] {
                #expect(try await scene.send(.patch, path, root, json: body).status == status)
            }
            #expect(try await scene.send(.get, "\(Self.clients)/nobody", root).status == 404)
        }
    }

    @Test func pagesAndMistakes() async throws {
        try await EndpointScene.with { scene in
            let root = try await scene.bearer()
            for body in ["{\"id\":\"one\"}", "{}"] {
                #expect(try await scene.send(.post, Self.clients, root, json: body).status == 201)
            }
            let page = try await scene.send(.get, "\(Self.clients)?limit=1&after=one", root)
            #expect(try page.member("clients", as: [[String: Any]].self).count == 1)
            #expect(!page.text.contains("fvc_"))
            #expect(try await scene.send(.get, "\(Self.clients)?limit=3", root).text.contains("next") == false)
            #expect(try await scene.send(.get, "\(Self.clients)?limit=2", root).text.contains("next"))
            let mistakes: [(String, Int)] = [
                ("{\"id\":\"a b\"}", 422), ("{\"id\":\"\"}", 422), ("{\"id\":null}", 400), ("{\"scopes\":\"a\"}", 400),
                ("{\"scopes\":[\"a\\\"\"]}", 422), ("{\"grants\":[\"password\"]}", 400), ("{\"secret\":\"mine\"}", 400),
                ("{\"jwks\":{\"keys\":[]}}", 422), ("{\"jwks\":[]}", 422), ("{\"jwks\":null}", 400),
                // A private key is nothing to be sent around.
                ("{\"jwks\":{\"keys\":[\(try Self.key(isPrivate: true))]}}", 422),
            ]
            for (body, status) in mistakes {
                #expect(try await scene.send(.post, Self.clients, root, json: body).status == status, "\(body)")
            }
        }
    }

    private static func key(isPrivate: Bool) throws -> String {
        let key = try SigningKey(generate: .es256, keyID: "k")
        guard isPrivate else { return key.publicJWK }
        return String(key.publicJWK.dropLast()) + ",\"d\":\"\(String(repeating: "A", count: 43))\"}"
    }

    @Test func keysInsteadOfASecret() async throws {
        try await EndpointScene.with { scene in
            let root = try await scene.bearer()
            let body = "{\"id\":\"robot\",\"jwks\":{\"keys\":[\(try Self.key(isPrivate: false))]}}"
            let added = try await scene.send(.post, Self.clients, root, json: body)
            #expect(added.status == 201 && !added.text.contains("fvc_"))
            #expect(try added.member("authentication") == "keys")
        }
    }

    @Test func keys() async throws {
        try await EndpointScene.with { scene in
            let root = try await scene.bearer()
            func states() async throws -> [String: String] {
                let answer = try await scene.send(.get, "/api/admin/keys", root)
                #expect(!answer.text.contains("\"d\"") && !answer.text.contains("sealed"))
                let keys = try answer.member("keys", as: [[String: Any]].self)
                return Dictionary(
                    uniqueKeysWithValues: keys.map { ($0["kid"] as? String ?? "", $0["state"] as? String ?? "") })
            }
            let first = try #require(try await states().first { $0.value == "current" }).key
            let rotated = try await scene.send(.post, "/api/admin/keys", root)
            #expect(rotated.status == 201)
            try await scene.expectAudit(["key_rotated"], by: "root")
            let next = try #require(try await states().first { $0.value == "next" }).key
            #expect(rotated.fields[.location] == "/api/admin/keys/\(next)")
            #expect(try await states()[first] == "current")
            #expect(try await scene.send(.get, "/.well-known/jwks.json").text.contains(next))
            #expect(try await scene.send(.post, "/api/admin/keys", root).status == 409)

            let alice: String = try await scene.login().member("accessToken")
            #expect(try await scene.send(.delete, "/api/admin/keys/nothing", root).status == 404)
            #expect(try await scene.send(.delete, "/api/admin/keys/\(first)", root).status == 204)
            try await scene.expectAudit(["key_revoked"], by: "root")
            // The administrator's own token, too.
            #expect(try await scene.issuer.verifiedToken(alice) == nil)
            #expect(try await scene.send(.get, "/api/admin/keys", root).status == 401)
            #expect(try await scene.login().status == 200)
        }
    }

    @Test func revocations() async throws {
        try await EndpointScene.with { scene in
            let root = try await scene.bearer()
            func revoke(_ kind: String, _ id: String) async throws -> Int {
                try await scene.send(
                    .post, "/api/admin/revocations", root, json: "{\"kind\":\"\(kind)\",\"id\":\"\(id)\"}"
                ).status
            }
            let cases: [(String, String, [String])] = [
                ("token", "jti", ["token_revoked"]), ("session", "sid", ["session_ended"]),
                ("user", "sub", ["session_ended"]), ("tenant", "tenant", ["session_ended", "tenant_revoked"]),
            ]
            for (kind, claim, actions) in cases {
                // A rule about a user counts for the whole second in which it was made, so each has a user of its own.
                let user = try await scene.issuer.addUser(
                    name: kind, password: EndpointScene.password, tenant: "tenant of \(kind)")
                let login = try await scene.issuer.login(
                    name: kind, password: EndpointScene.password, from: Device(fingerprint: "", address: "192.0.2.1"))
                let token = try #require(try await scene.issuer.verifiedToken(login.accessToken.text))
                guard let id = token.claims[claim]?.string else { throw AuthProblem.notFound }
                #expect(try await revoke(kind, id) == 204)
                try await scene.expectAudit(actions, by: "root")
                #expect(try await scene.issuer.verifiedToken(login.accessToken.text) == nil, "\(kind)")
                let left = try await scene.issuer.sessions(of: user.id).count
                #expect(left == (kind == "token" ? 1 : 0), "\(kind)")
            }
            for (kind, id, status) in [
                ("session", "x", 404), ("user", "x", 404), ("key", "x", 404), ("tenant", "nobody", 204),
                ("token", "x", 204), ("all", "x", 400), ("user", "", 422),
            ] {
                #expect(try await revoke(kind, id) == status, "\(kind)")
            }
        }
    }

    @Test func audit() async throws {
        try await EndpointScene.with { scene in
            let root = try await scene.bearer()
            let page = try await scene.send(.get, "/api/admin/audit?limit=2", root)
            #expect(page.fields[.contentType] == "application/x-ndjson")
            #expect(page.text == (try await scene.issuer.auditLines(limit: 2)).map { $0 + "\n" }.joined())
            let second = try await scene.send(.get, "/api/admin/audit?from=2&limit=1", root)
            #expect(page.text.hasSuffix(second.text) && second.text.hasPrefix("{\"number\":2,"))
            #expect(try await scene.send(.get, "/api/admin/audit?from=1000", root).text.isEmpty)
            for query in ["from=0", "from=x", "limit=1001", "from=1&from=2"] {
                #expect(try await scene.send(.get, "/api/admin/audit?\(query)", root).status == 400)
            }
            let head = try #require(try await scene.issuer.checkAuditLog())
            let check = try await scene.send(.get, "/api/admin/audit/check", root)
            #expect(try check.member("state") == "whole" && check.member("chain") == head.chain)
            #expect(try check.member("number", as: Int64.self) == head.number)
        }
    }
}
