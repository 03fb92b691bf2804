import FastVerify
import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing
import TokenService

@testable import TokenServiceHTTP

@Suite struct StatusListRoutesTests {
    @Test func listsAreFetched() async throws {
        try await EndpointScene.with(.router, { $0.statusListAge = 30 }) { scene in
            let login = try await scene.login()
            let all = try await scene.send(.get, "/status-lists")
            #expect(try all.member("status_lists", as: [String].self) == ["https://id.example/status-lists/0"])
            let metadata = try await scene.send(.get, "/.well-known/oauth-authorization-server")
            #expect(try metadata.member("status_list_aggregation_endpoint") == "https://id.example/status-lists")
            let answer = try await scene.send(.get, "/status-lists/0")
            #expect(answer.status == 200 && answer.fields[.contentType] == "application/statuslist+jwt")
            #expect(answer.fields[.cacheControl] == "public, max-age=1")

            let keys = try await scene.send(.get, "/.well-known/jwks.json").text
            let keySource = KeySource(KeySet(try JWKSet(json: Array(keys.utf8))))
            let reader = Verifier(
                .statusList(issuer: .exactly("https://id.example"), algorithms: [.es256]), keys: keySource)
            let source = StatusListSource(staleness: .failClosed(after: 60))
            #expect(source.put(try StatusList(reader.verify(answer.text).claims)))
            var policy = ClaimPolicy(issuer: "https://id.example", audience: "orders", algorithms: [.es256])
            policy.types = [.accessToken]
            let verifier = Verifier(policy, keys: keySource, statusLists: source)
            let token: String = try login.member("accessToken")
            _ = try verifier.verify(token)
            let refresh: String = try login.member("refreshToken")
            #expect(try await scene.json("/api/auth/logout", "{\"refreshToken\":\"\(refresh)\"}").status == 204)
            let later = try await scene.send(.get, "/status-lists/0").text
            #expect(source.put(try StatusList(reader.verify(later).claims)))
            #expect(throws: VerificationError.revoked) { try verifier.verify(token) }

            for path in ["1", "-1", "00", "+0", "0x0", "9223372036854775808", "0/0", "%30x"] {
                #expect(try await scene.send(.get, "/status-lists/\(path)").status == 404)
            }
            #expect(try await scene.send(.get, "/status-lists/0?time=1800000000").status == 501)
        }
    }

    @Test func noLists() async throws {
        try await EndpointScene.with { scene in
            _ = try await scene.login()
            #expect(try await scene.send(.get, "/status-lists").text == "{\"status_lists\":[]}")
            #expect(try await scene.send(.get, "/status-lists/0").status == 404)
            #expect(try await !scene.send(.get, "/.well-known/openid-configuration").text.contains("status_list"))
        }
    }

    /// Row 49 of the attack catalogue: without its database the service says that it cannot tell, of good tokens and of bad ones.
    @Test func row49_outage() async throws {
        try await EndpointScene.with(.router, { $0.statusListAge = 30 }) { scene in
            let (_, secret) = try await scene.issuer.addClient(
                id: "api", .secret, grants: [.clientCredentials], scopes: ["revocations:read"], audiences: [])
            let basic = OAuthRoutesTests.basic("api", try #require(secret))
            let login = try await scene.login()
            let (access, refresh): (String, String) = (
                try login.member("accessToken"), try login.member("refreshToken")
            )
            await scene.store.close()
            let bearer: HTTPFields = [.authorization: "Bearer \(access)"]
            let answers = try await [
                scene.send(.get, "/api/auth/sessions", bearer), scene.login(),
                scene.json("/api/auth/refresh", "{\"refreshToken\":\"\(refresh)\"}"),
                scene.json("/api/auth/logout", "{\"refreshToken\":\"\(refresh)\"}"),
                scene.form("/oauth/token", "grant_type=client_credentials", basic),
                scene.form("/oauth/introspect", "token=\(access)", basic),
                scene.form("/oauth/revoke", "token=\(access)", basic),
                scene.send(.get, "/revocations", bearer), scene.send(.get, "/status-lists/0"),
                scene.send(.get, "/status-lists"), scene.send(.get, "/ready"),
            ]
            #expect(answers.map(\.status) == Array(repeating: 503, count: answers.count))
            // Keys are in memory.
            #expect(try await scene.send(.get, "/.well-known/jwks.json").status == 200)
        }
    }
}
