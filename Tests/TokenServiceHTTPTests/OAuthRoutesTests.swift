import FastVerify
import FastVerifyHTTP
import Foundation
import HTTPTypes
import HummingbirdTesting
import TokenService
import Testing

@testable import TokenServiceHTTP

@Suite struct OAuthRoutesTests {
    static func basic(_ id: String, _ secret: String) -> HTTPFields {
        [.authorization: "Basic \(Data("\(id):\(secret)".utf8).base64EncodedString())"]
    }

    @Test func clientCredentials() async throws {
        try await EndpointScene.with { scene in
            let (_, secret) = try await scene.issuer.addClient(
                id: "billing", .secret, grants: [.clientCredentials], scopes: ["a", "b"], audiences: ["orders"])
            let shown = try #require(secret)
            let good = try await scene.form(
                "/oauth/token", "grant_type=client_credentials", Self.basic("billing", shown))
            #expect(good.status == 200 && good.fields[.cacheControl] == "no-store")
            #expect(try good.member("scope") == "a b" && good.member("token_type") == "Bearer")
            let access: String = try good.member("access_token")
            #expect(try await scene.issuer.verifiedToken(access)?.claims.clientID == "billing")
            let post = "grant_type=client_credentials&scope=b&client_id=billing&client_secret=\(shown)"
            #expect(try await scene.form("/oauth/token", post).member("scope") == "b")

            let refused: [(String, HTTPFields, Int, String)] = [
                ("grant_type=client_credentials", Self.basic("billing", "wrong"), 401, "invalid_client"),
                ("grant_type=client_credentials", Self.basic("nobody", shown), 401, "invalid_client"),
                ("grant_type=client_credentials", [.authorization: "Basic !"], 401, "invalid_client"),
                ("grant_type=client_credentials", [.authorization: "Bearer \(access)"], 401, "invalid_client"),
                ("grant_type=client_credentials", [:], 401, "invalid_client"),
                ("grant_type=client_credentials&client_id=billing", [:], 401, "invalid_client"),
                (post, Self.basic("billing", shown), 400, "invalid_request"),
                (post + "&client_id=billing", [:], 400, "invalid_request"),
                ("grant_type=password", Self.basic("billing", shown), 400, "unsupported_grant_type"),
                ("", Self.basic("billing", shown), 400, "invalid_request"),
                ("grant_type=client_credentials&scope=c", Self.basic("billing", shown), 400, "invalid_scope"),
                ("grant_type=client_credentials&resource=bank", Self.basic("billing", shown), 400, "invalid_request"),
                (
                    "grant_type=refresh_token&refresh_token=fvr_x", Self.basic("billing", shown), 400,
                    "unauthorized_client"
                ),
                ("grant_type=refresh_token&refresh_token=fvr_x", [:], 400, "invalid_grant"),
                (
                    "grant_type=client_credentials&x=%ff&client_id=%ff", Self.basic("billing", shown), 400,
                    "invalid_request"
                ),
            ]
            for (body, fields, status, error) in refused {
                let answer = try await scene.form("/oauth/token", body, fields)
                #expect(answer.status == status, "\(body)")
                #expect(try answer.member("error") == error, "\(body)")
                #expect((answer.fields[.wwwAuthenticate] != nil) == (status == 401 && fields.contains(.authorization)))
            }
            let json = try await scene.json(
                "/oauth/token", "{\"grant_type\":\"client_credentials\"}", Self.basic("billing", shown))
            #expect(json.status == 400)
        }
    }

    @Test func revocationAndIntrospection() async throws {
        try await EndpointScene.with { scene in
            let (_, secret) = try await scene.issuer.addClient(
                id: "api", .secret, grants: [.clientCredentials], scopes: [], audiences: [])
            let fields = Self.basic("api", try #require(secret))
            let token: String = try await scene.form("/oauth/token", "grant_type=client_credentials", fields)
                .member("access_token")
            let users: String = try await scene.login().member("accessToken")
            for text in [token, users] {
                let answer = try await scene.form("/oauth/introspect", "token=\(text)", fields)
                #expect(try answer.member("active", as: Bool.self))
            }
            // Somebody else's token is not this client's to take back; 200 all the same.
            for text in [users, "nonsense", token] {
                #expect(try await scene.form("/oauth/revoke", "token=\(text)", fields).status == 200)
            }
            #expect(try await scene.form("/oauth/introspect", "token=\(token)", fields).text == "{\"active\":false}")
            #expect(try await scene.form("/oauth/introspect", "token=\(users)", fields).member("active", as: Bool.self))
            #expect(try await scene.form("/oauth/introspect", "token=\(users)").status == 401)
            #expect(try await scene.form("/oauth/revoke", "", fields).status == 400)
        }
    }

    @Test func discovery() async throws {
        try await EndpointScene.with { scene in
            let keys = try await scene.send(.get, "/.well-known/jwks.json")
            #expect(keys.status == 200 && keys.fields[.contentType] == "application/jwk-set+json")
            #expect(try JWKSet(json: Array(keys.text.utf8)).keys.count == 1 && !keys.text.contains("\"d\""))
            #expect(keys.fields[.cacheControl] == "public, max-age=21600")
            let tag = try #require(keys.fields[.eTag])
            for (condition, status) in [
                (tag, 304), ("\"x\", \(tag)", 304), ("*", 304), ("\"x\"", 200), ("W/\(tag)", 304), ("W/", 200),
            ] {
                #expect(
                    try await scene.send(.get, "/.well-known/jwks.json", [.ifNoneMatch: condition]).status == status)
            }
            let metadata = try await scene.send(.get, "/.well-known/oauth-authorization-server")
            #expect(try metadata.member("issuer") == "https://id.example")
            #expect(try metadata.member("jwks_uri") == "https://id.example/.well-known/jwks.json")
            #expect(try await scene.send(.get, "/.well-known/openid-configuration").text == metadata.text)
            #expect(try await scene.send(.get, "/ready").status == 204)
            #expect(try await scene.send(.get, "/nothing").status == 404)
            #expect(keys.fields[.xContentTypeOptions] == "nosniff")
        }
    }

    /// A verifier elsewhere refuses a token when its session ends, by each way of following.
    @Test(arguments: ["events", "poll"]) func verifiersFollow(_ way: String) async throws {
        try await EndpointScene.with(.live) { scene in
            let (_, secret) = try await scene.issuer.addClient(
                id: "gateway", .secret, grants: [.clientCredentials], scopes: [TokenIssuer.revocationReading],
                audiences: [])
            let fields = Self.basic("gateway", try #require(secret))
            let token: String = try await scene.form("/oauth/token", "grant_type=client_credentials", fields)
                .member("access_token")
            let port = try #require(scene.client.port)
            let url = "http://127.0.0.1:\(port)/revocations"
            let set = RevocationSet(capacity: 100, staleness: .failOpen)
            let feed = try RevocationFeed(
                way == "events" ? .events(url) : .longPoll(url), into: set,
                rules: RevocationFeedRules(allowsInsecureHTTP: true),
                transport: HTTPTransport(addresses: AddressRule(allowing: ["127.0.0.1"])!),
                authorization: { "Bearer \(token)" })
            let login = try await scene.login()
            let access: String = try login.member("accessToken")
            var policy = ClaimPolicy(issuer: "https://id.example", audience: "orders", algorithms: [.es256])
            policy.types = [.accessToken]
            let keys = KeySource(
                KeySet(try JWKSet(json: Array(try await scene.send(.get, "/.well-known/jwks.json").text.utf8))))
            let verifier = Verifier(policy, keys: keys, revocation: set)
            #expect(throws: Never.self) { try verifier.verify(access) }
            let following = Task { try await feed.run() }
            let refresh: String = try login.member("refreshToken")
            #expect(try await scene.json("/api/auth/logout", "{\"refreshToken\":\"\(refresh)\"}").status == 204)
            while (try? verifier.verify(access)) != nil { try await Task.sleep(for: .milliseconds(10)) }
            #expect(throws: VerificationError.revoked) { try verifier.verify(access) }
            following.cancel()
            _ = try? await following.value
            let users: HTTPFields = [.authorization: "Bearer \(access)"]
            #expect(try await scene.send(.get, "/revocations", users).status == 401)
            let other: String = try await scene.login().member("accessToken")
            #expect(try await scene.send(.get, "/revocations", [.authorization: "Bearer \(other)"]).status == 401)
        }
    }
}
