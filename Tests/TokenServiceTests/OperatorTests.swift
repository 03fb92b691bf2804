import FastVerify
import FastVerifyAccess
import Testing

@testable import TokenService

/// What an operator does through the admin API, on both stores.
@Suite struct OperatorTests {
    @Test(arguments: TestStore.available) func pages(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            let names = ["bob", "Zoë", "b b", "b-b", "_", "日本", "bob2", "a", "É", "1", "😀"]
            for name in names {
                _ = try await scene.issuer.addUser(name: name, password: Scene.password)
            }
            let all = try await scene.issuer.users().map(\.name)
            #expect(all.count == names.count + 1)
            for limit in [1, 2, 5, 11, 12, 13] {
                var seen: [String] = []
                while seen.count <= all.count {
                    let page = try await scene.issuer.users(after: seen.last, limit: limit).map(\.name)
                    #expect(page.count <= limit)
                    seen += page
                    if page.isEmpty { break }
                }
                #expect(seen == all, "\(limit)")
            }
            for id in ["b", "a", "c/d"] {
                _ = try await scene.issuer.addClient(id: id, .secret, grants: [], scopes: [], audiences: [])
            }
            #expect(try await scene.issuer.clients(after: nil, limit: 2).map(\.id) == ["a", "b"])
            #expect(try await scene.issuer.clients(after: "b", limit: 2).map(\.id) == ["c/d"])
            #expect(try await scene.issuer.client(withID: "c/d")?.id == "c/d")
            #expect(try await scene.issuer.client(withID: "C/D") == nil)
            #expect(try await scene.issuer.user(withID: scene.user.id)?.name == "alice")
            #expect(try await scene.issuer.user(withID: "alice") == nil)
            #expect(try await scene.issuer.user(named: " ALICE ")?.id == scene.user.id)
        }
    }

    /// Each takes back what it says, and nothing else.
    @Test(arguments: TestStore.available) func revocables(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            let issuer = scene.issuer
            _ = try await issuer.addUser(name: "bob", password: Scene.password, tenant: "acme")
            _ = try await issuer.addUser(name: "carol", password: Scene.password, tenant: "other")
            let cases: [(@Sendable (VerifiedToken) -> TokenIssuer.Revocable, [Bool], [Bool])] = [
                ({ .token(id: $0.tokenID ?? "") }, [false, true, true], [true, true, true]),
                ({ .session(id: $0.claims["sid"]?.string ?? "") }, [false, true, true], [false, true, true]),
                ({ .user(id: $0.subject ?? "") }, [false, true, true], [false, true, true]),
                ({ .tenant($0.claims["tenant"]?.string ?? "") }, [false, false, true], [false, false, true]),
                ({ .key(kid: $0.keyID ?? "") }, [false, false, false], [true, true, true]),
            ]
            for (target, access, refresh) in cases {
                scene.clock.advance(10)
                var grants: [TokenIssuer.Grant] = []
                for name in ["alice", "bob", "carol"] {
                    grants.append(try await issuer.login(name: name, password: Scene.password, from: Scene.phone))
                }
                let token = try #require(try await issuer.verifiedToken(grants[0].accessToken.text))
                let revoked = target(token)
                #expect(try await issuer.revoke(revoked, by: "root"))
                // What verifiers elsewhere hear.
                let lines = try await issuer.revocationNews(since: nil, waitingUpTo: 0).lines
                let event = try RevocationEvent(json: Array(try #require(lines.dropLast().last).utf8))
                #expect(event.target.isAbout(revoked, after: scene.clock.now), "\(event)")
                for index in grants.indices {
                    let isGood = try await issuer.verifiedToken(grants[index].accessToken.text) != nil
                    #expect(isGood == access[index], "\(revoked) \(index)")
                    let refusal = try await scene.refusal(of: grants[index].refreshToken)
                    #expect((refusal == nil) == refresh[index], "\(revoked) \(index)")
                }
            }
            for nothing: TokenIssuer.Revocable in [.session(id: "x"), .user(id: "x"), .key(kid: "x")] {
                #expect(try await issuer.revoke(nothing, by: "root") == false)
            }
            let actions = try await scene.auditActions()
            #expect(actions.count { $0 == "tenant_revoked" } == 1 && actions.count { $0 == "token_revoked" } == 1)
            _ = try await issuer.checkAuditLog()
        }
    }

    @Test(arguments: TestStore.available) func sessionsOfOthers(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            let bob = try await scene.issuer.addUser(name: "bob", password: Scene.password)
            let grant = try await scene.login()
            #expect(try await scene.issuer.endSession(grant.sessionID, of: bob.id, by: "root") == false)
            #expect(try await scene.issuer.endSession(grant.sessionID, of: scene.user.id, by: "root"))
            #expect(try await scene.issuer.endSession(grant.sessionID, of: scene.user.id, by: "root") == false)
            #expect(try await scene.refusal(of: grant.refreshToken) == "refresh_ended")
        }
    }

    /// The next key is published at once and signs when it was announced long enough; no token fails meanwhile.
    @Test(arguments: TestStore.available) func rotationBroughtForward(_ kind: TestStore) async throws {
        let rotation = KeyRotation(period: 10_000, announcement: 100, afterlife: 950)
        try await Scene.with(kind, { $0.rotation = rotation }) { scene in
            let keys = scene.issuer.keys
            let first = try #require(keys.keys.first?.kid)
            let next = try #require(try await keys.rotate(by: "root"))
            #expect(keys.keys.map(\.state) == ["current", "next"] && keys.keySet.json.contains(next))
            #expect(try await keys.rotate(by: "root") == nil)
            scene.clock.advance(99)
            try await keys.refresh()
            let token = try await scene.login().accessToken
            #expect(try scene.issuer.verifier.verify(token.text).keyID == first)
            scene.clock.advance(1)
            try await keys.refresh()
            #expect(keys.keys.map(\.state) == ["retired", "current"])
            #expect(try scene.issuer.verifier.verify(await scene.login().accessToken.text).keyID == next)
            scene.clock.advance(token.expiration - scene.clock.now - 1)
            try await keys.refresh()
            #expect(try scene.issuer.verifier.verify(token.text).keyID == first)
            scene.clock.advance(100)
            try await keys.refresh()
            #expect(keys.keys.map(\.kid) == [next])
            #expect(try await scene.auditActions().count { $0 == "key_rotated" } == 1)
        }
    }

    /// Code points count, as the OpenAPI document counts them.
    @Test func shortPasswords() async throws {
        try await Scene.with(.sqlite) { scene in
            for (password, isGood) in [
                ("1234567", false), ("12345678", true), (String(repeating: "e\u{301}", count: 4), true),
                (String(repeating: "a", count: 1024), true), (String(repeating: "a", count: 1025), false),
            ] {
                let user = try? await scene.issuer.addUser(name: TokenSigner.tokenID(), password: password)
                #expect((user != nil) == isGood, "\(password.count)")
            }
        }
    }
}

extension RevocationEvent.Target {
    /// Whether it takes back what was issued until a moment.
    fileprivate func isAbout(_ revoked: TokenIssuer.Revocable, after now: Int64) -> Bool {
        switch (self, revoked) {
        case (.token(let name), .token(let id)): name == id
        case (.session(let name, let time), .session(let id)): name == id && time > now
        case (.subject(let name, let time), .user(let id)): name == id && time > now
        case (.tenant(let name, let time), .tenant(let id)): name == id && time > now
        case (.key(let name, let time), .key(let id)): name == id && time > now
        default: false
        }
    }
}
