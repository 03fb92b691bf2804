import FastVerify
import Testing

@testable import FastVerify
@testable import TokenService

/// Row 49 of the attack catalogue, what the other suites do not have: `RefreshTests.reuseEndsTheSession` replays a rotated token,
/// `ParallelRefreshTests` has the race, `LinearizabilityTests` tokens that are taken back while they are verified.
@Suite struct RevocationAttackTests {
    /// A cache knows the token as good; the logout counts all the same, by feed and by list.
    @Test(arguments: TestStore.available) func row49_logoutThenCachedAccept(_ kind: TestStore) async throws {
        try await Scene.with(kind, { $0.statusListAge = 10 }) { scene in
            let set = RevocationSet(capacity: 100, staleness: .failOpen, clock: scene.clock.clock)
            let lists = StatusListSource(staleness: .failOpen)
            func verifier(_ set: RevocationSet?, _ lists: StatusListSource?) -> Verifier {
                var policy = ClaimPolicy(
                    issuer: "https://id.example", audience: "orders", algorithms: AlgorithmSet([.es256]))
                policy.types = [.accessToken]
                return Verifier(
                    policy, keys: scene.issuer.keys.source, clock: scene.clock.clock, cache: TokenCache(bytes: 1 << 20),
                    revocation: set, statusLists: lists)
            }
            let verifiers = [verifier(set, nil), verifier(nil, lists)]
            let grant = try await scene.login()
            for verifier in verifiers {
                for _ in 0..<3 { _ = try verifier.verify(grant.accessToken.text) }
            }
            let before = try await scene.issuer.revocationNews(since: nil, waitingUpTo: 0).position
            try await scene.issuer.logout(refreshToken: grant.refreshToken)
            var reader = RevocationFeedReader()
            for line in try await scene.issuer.revocationNews(since: before, waitingUpTo: 0).lines {
                _ = Array(line.utf8).withUnsafeBytes { reader.apply($0, to: set) }
            }
            let listVerifier = Verifier(
                .statusList(issuer: .exactly("https://id.example"), algorithms: [.es256]),
                keys: scene.issuer.keys.source, clock: scene.clock.clock)
            let list = try #require(try await scene.issuer.statusList(0))
            #expect(lists.put(try StatusList(listVerifier.verify(list).claims)))
            for verifier in verifiers {
                #expect(throws: VerificationError.revoked) { try verifier.verify(grant.accessToken.text) }
            }
        }
    }

    /// Tokens that the issuer has signed, but never issues so: without a name, or with a long one.
    @Test(arguments: TestStore.available) func row49_namesOfTokens(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            let signer = try scene.issuer.keys.signer()
            let payload = """
                {"iss":"https://id.example","aud":"orders","sub":"\(scene.user.id)","exp":\(scene.clock.now + 60),"iat":\(scene.clock.now)}
                """
            let input =
                Base64URL.encode(Array(signer.key.header(type: "at+jwt").utf8)) + "."
                + Base64URL.encode(Array(payload.utf8))
            let nameless = input + "." + Base64URL.encode(try #require(signer.key.sign(Array(input.utf8))))
            #expect((try? scene.issuer.verifier.verify(nameless)) != nil)
            #expect(try await scene.issuer.introspect(nameless) == .inactive)
            try await scene.issuer.revoke(accessToken: nameless, clientID: nil)

            for count in [1, 4096, 1 << 20] {
                let name = String(repeating: "j", count: count)
                let token = try signer.token(
                    TokenClaims(
                        subject: scene.user.id, audience: ["orders"], clientID: TokenIssuer.ownClientID), tokenID: name
                )
                .text
                // Longer than a verifier reads: no token at all.
                let isReadable = (try? scene.issuer.verifier.verify(token)) != nil
                #expect(isReadable == (count < 1 << 20))
                #expect(try await (scene.issuer.introspect(token) != .inactive) == isReadable)
                try await scene.issuer.revoke(accessToken: token, clientID: nil)
                #expect(try await scene.issuer.introspect(token) == .inactive)
            }
            let tokens = try await scene.auditActions().filter { $0 == "token_revoked" }
            #expect(tokens.count == 2)
        }
    }

    /// Without the store nothing is good, and nobody is told that a token is bad.
    @Test(arguments: TestStore.available) func row49_outage(_ kind: TestStore) async throws {
        try await Scene.with(kind, { $0.statusListAge = 10 }) { scene in
            let grant = try await scene.login()
            let issuer = scene.issuer
            await scene.store.close()
            await #expect(throws: StoreError.self) { try await issuer.introspect(grant.accessToken.text) }
            await #expect(throws: StoreError.self) { try await issuer.introspect(grant.refreshToken) }
            await #expect(throws: StoreError.self) { try await issuer.verifiedToken(grant.accessToken.text) }
            await #expect(throws: StoreError.self) { try await scene.login() }
            await #expect(throws: StoreError.self) { try await scene.refusal(of: grant.refreshToken) }
            await #expect(throws: StoreError.self) { try await issuer.statusList(0) }
            await #expect(throws: StoreError.self) { try await issuer.revocationNews(since: nil, waitingUpTo: 0) }
            await #expect(throws: StoreError.self) { try await issuer.checkReadiness() }
        }
    }
}
