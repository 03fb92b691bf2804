import FastVerify
import Testing

@testable import TokenService

@Suite struct StatusListTests {
    private static func rules(_ rules: inout IssuerRules) { rules.statusListAge = 10 }

    /// Verifiers that know the lists as they were published last.
    private struct Follower {
        let scene: Scene
        let source = StatusListSource(staleness: .failClosed(after: 60))
        let verifier: Verifier

        init(_ scene: Scene) {
            self.scene = scene
            var policy = ClaimPolicy(
                issuer: "https://id.example", audience: "orders", algorithms: AlgorithmSet([.es256]))
            policy.types = [.accessToken]
            policy.requiredClaims = ["status"]
            verifier = Verifier(
                policy, keys: scene.issuer.keys.source, clock: scene.clock.clock, statusLists: source)
        }

        /// Fetches all lists.
        func fetch() async throws {
            let reader = Verifier(
                .statusList(issuer: .exactly("https://id.example"), algorithms: [.es256]),
                keys: scene.issuer.keys.source, clock: scene.clock.clock)
            for uri in try await scene.issuer.statusLists() {
                let number = try #require(Int64(uri.split(separator: "/").last ?? ""))
                let token = try #require(try await scene.issuer.statusList(number))
                let list = try StatusList(reader.verify(token).claims)
                #expect(list.uri == uri)
                #expect(source.put(list))
            }
        }

        func refusal(of token: IssuedToken) -> VerificationError? {
            do throws(VerificationError) {
                _ = try verifier.verify(token.text)
                return nil
            } catch {
                return error
            }
        }
    }

    /// What was taken back is so by list, too, however it was taken back; nothing else is.
    @Test(arguments: TestStore.available) func listsSayWhatTheLogSays(_ kind: TestStore) async throws {
        try await Scene.with(kind, Self.rules) { scene in
            let issuer = scene.issuer
            let follower = Follower(scene)
            let (client, _) = try await issuer.addClient(
                id: "robot", .secret, grants: [.clientCredentials], scopes: [], audiences: [])
            var grants: [TokenIssuer.Grant] = []
            for _ in 0..<5 { grants.append(try await scene.login()) }
            let refreshed = try await issuer.refresh(grants[4].refreshToken, from: Scene.phone)
            let robot = try await issuer.clientToken(for: client, scopes: [], audience: nil, from: nil).token
            #expect(follower.refusal(of: grants[0].accessToken) == .revocationUnknown)
            try await follower.fetch()
            let all = grants.map(\.accessToken) + [refreshed.accessToken, robot]
            #expect(all.allSatisfy { follower.refusal(of: $0) == nil })

            func revoked() async throws -> [Int] {
                try await follower.fetch()
                return all.indices.filter { follower.refusal(of: all[$0]) == .revoked }
            }
            try await issuer.logout(refreshToken: grants[1].refreshToken)
            #expect(try await revoked() == [1])
            try await issuer.revoke(accessToken: grants[2].accessToken.text, clientID: nil)
            #expect(try await revoked() == [1, 2])
            // A session with two tokens.
            try await issuer.endSession(grants[4].sessionID, of: scene.user.id)
            #expect(try await revoked() == [1, 2, 4, 5])
            try await issuer.setClient("robot", isDisabled: true)
            #expect(try await revoked() == [1, 2, 4, 5, 6])
            try await issuer.endAllSessions(of: scene.user.id, by: "test")
            #expect(try await revoked() == [0, 1, 2, 3, 4, 5, 6])
            // What is issued later is good.
            scene.clock.advance(1)
            let later = try await scene.login()
            try await follower.fetch()
            #expect(follower.refusal(of: later.accessToken) == nil)
        }
    }

    /// The same token of a list is handed out while nothing happens, and a new one before it is too old.
    @Test(arguments: TestStore.available) func listsAreKept(_ kind: TestStore) async throws {
        try await Scene.with(kind, Self.rules) { scene in
            let grant = try await scene.login()
            let first = try #require(try await scene.issuer.statusList(0))
            scene.clock.advance(9)
            #expect(try await scene.issuer.statusList(0) == first)
            scene.clock.advance(1)
            let second = try #require(try await scene.issuer.statusList(0))
            #expect(second != first)
            try await scene.issuer.logout(refreshToken: grant.refreshToken)
            #expect(try await scene.issuer.statusList(0) != second)
            #expect(try await scene.issuer.statusList(1) == nil)
            #expect(try await scene.issuer.statusList(-1) == nil)
        }
    }

    /// Tokens that have expired are forgotten, and lists of which none is left.
    @Test(arguments: TestStore.available) func listsEnd(_ kind: TestStore) async throws {
        try await Scene.with(kind, Self.rules) { scene in
            _ = try await scene.login()
            _ = try await scene.store.transaction {
                try $0.run(
                    "UPDATE counters SET value = $1 WHERE name = 'statuses'", [.integer(StatusRegister.listSize - 1)])
            }
            let last = try await scene.login()
            let next = try await scene.login()
            #expect(try await scene.issuer.statusLists().map { $0.suffix(2) } == ["/0", "/1"])
            let follower = Follower(scene)
            try await scene.issuer.logout(refreshToken: last.refreshToken)
            try await follower.fetch()
            #expect(follower.refusal(of: last.accessToken) == .revoked)
            #expect(follower.refusal(of: next.accessToken) == nil)
            scene.clock.advance(900 + 400)
            try await scene.issuer.prune()
            #expect(try await scene.issuer.statusLists().map { $0.suffix(2) } == ["/1"])
            #expect(try await scene.issuer.statusList(0) == nil)
            #expect(try await scene.store.read { try $0.run("SELECT 1 FROM statuses", []).count } == 0)
        }
    }

    /// Without a setting tokens have no status, and there are no lists.
    @Test func offByDefault() async throws {
        try await Scene.with(.sqlite) { scene in
            let token = try await scene.login().accessToken
            #expect(try scene.issuer.verifier.verify(token.text).claims["status"] == nil)
            #expect(try await scene.issuer.statusLists() == [])
            #expect(try await scene.issuer.statusList(0) == nil)
        }
    }

    /// A database of the first version goes on; one of a later version is left alone.
    @Test(arguments: TestStore.available) func anOlderDatabase(_ kind: TestStore) async throws {
        try await kind.with { place in
            let store = try place.open()
            try await store.transaction { transaction in
                try transaction.run("CREATE TABLE schema_version (one BIGINT PRIMARY KEY, version BIGINT NOT NULL)", [])
                try transaction.run("INSERT INTO schema_version (one, version) VALUES (1, 1)", [])
                for statement in Schema.migrations[0] { try transaction.run(statement, []) }
            }
            let issuer = try await TokenIssuer(store, sealing: SealingKey(), rules: Scene.rules(Self.rules))
            _ = try await issuer.addUser(name: "alice", password: Scene.password)
            _ = try await issuer.login(name: "alice", password: Scene.password, from: Scene.phone)
            #expect(try await issuer.statusLists().count == 1)
            _ = try await store.transaction { try $0.run("UPDATE schema_version SET version = version + 1", []) }
            await #expect(throws: StoreError.unexpected("the database belongs to a newer program")) {
                try await TokenIssuer(store, sealing: SealingKey(), rules: Scene.rules())
            }
            await store.close()
        }
    }
}
