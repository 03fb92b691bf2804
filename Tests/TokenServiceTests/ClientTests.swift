import FastVerify
import Testing

@testable import TokenService

@Suite struct ClientTests {
    private static let endpoint = "https://id.example/oauth/token"

    @Test(arguments: TestStore.available) func secrets(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            let (client, secret) = try await scene.issuer.addClient(
                id: "billing", .secret, grants: [.clientCredentials], scopes: ["orders:read"],
                audiences: ["orders", "stock"])
            let shown = try #require(secret)
            #expect(shown.hasPrefix("fvc_") && client.isConfidential)
            // Nothing in the store opens the door.
            let stored = try await scene.store.transaction { try $0.run("SELECT secret FROM clients", [])[0].text(0) }
            #expect(!stored.contains(shown) && !shown.contains(stored))
            let good = ClientCredential.secret(id: "billing", secret: shown)
            #expect(try await scene.issuer.authenticate(good, at: Self.endpoint) == client)
            let wrong: [ClientCredential] = [
                .secret(id: "billing", secret: ""), .secret(id: "billing", secret: stored),
                .secret(id: "billing", secret: shown + "x"),
                .secret(id: "nobody", secret: shown), .secret(id: "", secret: ""), .unauthenticated(id: "billing"),
                .unauthenticated(id: "nobody"), .assertion("x"), .assertion(""),
            ]
            for credential in wrong {
                let error = await #expect(throws: IssuerRefusal.self) {
                    try await scene.issuer.authenticate(credential, at: Self.endpoint)
                }
                #expect(error?.answer == .invalidClient)
            }

            let (token, scopes) = try await scene.issuer.clientToken(
                for: client, scopes: [], audience: "stock", from: "192.0.2.1")
            #expect(scopes == ["orders:read"])
            let verified = try scene.issuer.verifier.verify(token.text)
            #expect(
                verified.subject == "billing" && verified.claims.clientID == "billing" && verified.audience == ["stock"]
            )
            await #expect(throws: IssuerRefusal(.invalidScope, "client_scope")) {
                try await scene.issuer.clientToken(for: client, scopes: ["admin"], audience: nil, from: nil)
            }
            await #expect(throws: IssuerRefusal(.invalidRequest, "client_audience")) {
                try await scene.issuer.clientToken(for: client, scopes: [], audience: "bank", from: nil)
            }
            // Tokens for the issuer's own endpoints are for nobody else, unless a client wants both.
            let (own, api) = (TokenIssuer.administration, "orders:read")
            for (scopes, audiences) in [
                ([], ["orders"]), ([api], ["orders"]), ([own], ["https://id.example"]),
                ([api, own], ["orders", "https://id.example"]),
            ] {
                let made = try await scene.issuer.addClient(
                    .secret, grants: [.clientCredentials], scopes: scopes, audiences: [])
                #expect(made.client.audiences == audiences)
            }
            for id in ["billing", TokenIssuer.ownClientID] {
                await #expect(throws: TokenIssuer.InvalidRecord.nameTaken) {
                    try await scene.issuer.addClient(id: id, .public, grants: [], scopes: [], audiences: [])
                }
            }

            try await scene.issuer.setClient("billing", isDisabled: true)
            #expect(try await scene.issuer.introspect(token.text) == .inactive)
            await #expect(throws: IssuerRefusal.self) { try await scene.issuer.authenticate(good, at: Self.endpoint) }
        }
    }

    /// RFC 7523 §3.
    @Test(arguments: TestStore.available) func assertions(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            let key = try SigningKey(generate: .es256, keyID: "c1")
            let (client, secret) = try await scene.issuer.addClient(
                id: "robot", .keys("{\"keys\":[\(key.publicJWK)]}"), grants: [.clientCredentials], scopes: [],
                audiences: [])
            #expect(secret == nil)
            func assertion(
                _ key: SigningKey = key, issuer: String = "robot", subject: String = "robot",
                audience: String = Self.endpoint, lifetime: Int64 = 60
            ) throws -> String {
                try TokenSigner(key, issuer: issuer, type: "JWT", clock: scene.clock.clock).token(
                    TokenClaims(subject: subject, audience: [audience]), lifetime: lifetime
                ).text
            }
            func reason(_ text: String) async throws -> String? {
                do {
                    #expect(try await scene.issuer.authenticate(.assertion(text), at: Self.endpoint) == client)
                    return nil
                } catch let refusal as IssuerRefusal {
                    #expect(refusal.answer == .invalidClient)
                    return refusal.reason
                }
            }
            let good = try assertion()
            #expect(try await reason(good) == nil)
            #expect(try await reason(good) == "assertion_replayed")
            let broad = try assertion(audience: "https://id.example")
            #expect(try await reason(broad) == nil)
            let stranger = try SigningKey(generate: .es256, keyID: "c1")
            let named = try SigningKey(secret: Array(key.publicJWK.utf8), keyID: "c1", algorithm: .hs256)
            for bad in [
                try assertion(stranger), try assertion(named), try assertion(issuer: "other"),
                try assertion(audience: "https://elsewhere.example"), try assertion(lifetime: 601),
            ] {
                #expect(try await reason(bad) == "assertion_refused")
            }
            let about = try assertion(subject: "other")
            #expect(try await reason(about) == "assertion_client")
            let old = try assertion()
            scene.clock.advance(60)
            #expect(try await reason(old) == "assertion_refused")
            // An access token of this very issuer is no assertion, whoever it is about.
            let access = try await scene.login().accessToken.text
            #expect(try await reason(access) == "assertion_client")
        }
    }

    /// Refused clients are in the audit log, by name where there is such a client; a flood of them is not.
    @Test(arguments: TestStore.available) func refusalsAreNoted(_ kind: TestStore) async throws {
        try await Scene.with(kind, { $0.limits = .init(perAddress: 3) }) { scene in
            let issuer = scene.issuer
            _ = try await issuer.addClient(
                id: "robot", .secret, grants: [.clientCredentials], scopes: [], audiences: [])
            func refuse(_ credential: ClientCredential, from address: String) async throws {
                await #expect(throws: IssuerRefusal.self) {
                    try await issuer.authenticate(credential, at: "https://id.example/oauth/token", from: address)
                }
            }
            func noted() async throws -> [String] {
                try await issuer.auditLines(from: 1, limit: 1000).filter { $0.contains("client_refused") }
                    .map { String($0.drop { $0 != "w" }.prefix { $0 != "}" }.split(separator: ",\"chain\"")[0]) }
            }
            try await refuse(.secret(id: "robot", secret: "guess"), from: "192.0.2.7")
            try await refuse(.secret(id: "nobody", secret: "guess"), from: "192.0.2.7")
            try await refuse(.unauthenticated(id: "robot"), from: "192.0.2.7")
            #expect(
                try await noted() == [
                    #"what":"client_refused","who":"robot","from":"192.0.2.7","detail":"client_secret""#,
                    #"what":"client_refused","from":"192.0.2.7","detail":"client_secret""#,
                    #"what":"client_refused","who":"robot","from":"192.0.2.7","detail":"client_unauthenticated""#,
                ])
            for _ in 0..<5 { try await refuse(.assertion("x.y.z"), from: "192.0.2.7") }
            #expect(try await noted().count == 3)
            try await refuse(.assertion("x.y.z"), from: "192.0.2.8")
            #expect(try await noted().count == 4)
        }
    }

    @Test func keysOfClients() async throws {
        try await Scene.with(.sqlite) { scene in
            let pair = try SigningKey(generate: .es256)
            let secret = try SigningKey(generate: .hs256)
            for json in [
                "", "{}", "{\"keys\":[]}", "{\"keys\":[\(pair.privateJWK)]}", "{\"keys\":[\(secret.publicJWK)]}",
            ] {
                await #expect(throws: TokenIssuer.InvalidRecord.invalidKeys, "\(json.prefix(20))") {
                    try await scene.issuer.addClient(.keys(json), grants: [], scopes: [], audiences: [])
                }
            }
        }
    }
}
