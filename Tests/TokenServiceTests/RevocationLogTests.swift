import FastVerify
import Foundation
import Testing

@testable import TokenService

@Suite struct RevocationLogTests {
    /// A verifier that follows the log refuses what was taken back, and nothing else; introspection says the same.
    @Test(arguments: TestStore.available) func followersAgree(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            let set = RevocationSet(capacity: 1000, staleness: .failOpen, clock: scene.clock.clock)
            var policy = ClaimPolicy(
                issuer: "https://id.example", audience: "orders", algorithms: AlgorithmSet([.es256]))
            policy.types = [.accessToken]
            let verifier = Verifier(
                policy, keys: scene.issuer.keys.source, clock: scene.clock.clock, revocation: set)
            var reader = RevocationFeedReader()
            var position = try await scene.store.transaction {
                try scene.issuer.revocations.position(in: $0)
            }
            func follow() async throws {
                let from = position
                let news = try await scene.store.transaction {
                    try scene.issuer.revocations.lines(after: from, limit: 100, in: $0)
                }
                let (lines, now) = try #require(news)
                for line in lines {
                    let read = Array(line.utf8).withUnsafeBytes { reader.apply($0, to: set) }
                    #expect(read.content == .rule)
                }
                #expect(now.number == from.number + Int64(lines.count))
                position = now
            }
            let grants = try await [scene.login(), scene.login(), scene.login()]
            func isGood(_ grant: TokenIssuer.Grant) async throws -> Bool {
                let verdict = (try? verifier.verify(grant.accessToken.text)) != nil
                let answer = try await scene.issuer.introspect(grant.accessToken.text)
                #expect((answer != .inactive) == verdict)
                return verdict
            }
            for grant in grants { #expect(try await isGood(grant)) }
            try await scene.issuer.revoke(accessToken: grants[0].accessToken.text, clientID: "not its client")
            try await scene.issuer.revoke(accessToken: "nonsense", clientID: nil)
            try await follow()
            #expect(try await isGood(grants[0]))
            try await scene.issuer.revoke(accessToken: grants[0].accessToken.text, clientID: nil)
            try await scene.issuer.logout(refreshToken: grants[1].refreshToken)
            try await follow()
            for (grant, expected) in zip(grants, [false, false, true]) { #expect(try await isGood(grant) == expected) }
            // Of the token alone: the session goes on.
            #expect(try await scene.refusal(of: grants[0].refreshToken) == nil)
            try await scene.issuer.endAllSessions(of: scene.user.id, by: "operator")
            try await follow()
            #expect(try await isGood(grants[2]) == false)
            scene.clock.advance(1)
            let fresh = try await scene.login()
            #expect(try await isGood(fresh))
        }
    }

    @Test(arguments: TestStore.available) func positions(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            let log = scene.issuer.revocations
            let begin = try await scene.store.transaction { try log.position(in: $0) }
            #expect(begin.number == 0 && RevocationLog.Position(begin.text) == begin)
            for text in ["", ":", "x", "x:", "x:-1", "x:1.5", "x:99999999999999999999"] {
                #expect(RevocationLog.Position(text) == nil)
            }
            for number in 1...5 {
                let event = RevocationEvent(
                    issuer: "https://id.example", .token(id: "t\(number)"), expiration: scene.clock.now + Int64(number))
                try await scene.store.transaction { try log.append(event, in: $0) }
            }
            func lines(_ number: Int64, _ name: String = begin.log, limit: Int = 10) async throws -> (
                count: Int, last: Int64
            )? {
                try await scene.store.transaction {
                    try log.lines(after: .init(log: name, number: number), limit: limit, in: $0)
                        .map { ($0.lines.count, $0.position.number) }
                }
            }
            for (number, expected) in [(0, 5), (3, 2), (5, 0)] as [(Int64, Int)] {
                let found = try #require(try await lines(number))
                #expect(found.count == expected && found.last == 5)
            }
            let few = try #require(try await lines(0, limit: 2))
            #expect(few.count == 2 && few.last == 2)
            let (later, strange) = (try await lines(6), try await lines(0, "other"))
            #expect(later == nil && strange == nil)
            let snapshot = try await scene.store.transaction { try log.snapshot(at: scene.clock.now + 2, in: $0) }
            let set = RevocationSet(capacity: 10, staleness: .failOpen, clock: scene.clock.clock)
            #expect(snapshot.lines.count == 5 && snapshot.position.number == 5)
            try set.restore(Array((snapshot.lines.joined(separator: "\n") + "\n").utf8))
            // What is forgotten cannot be told to who was away meanwhile.
            try await scene.store.transaction { try log.prune(at: scene.clock.now + 2, in: $0) }
            for (number, expected) in [(0, nil), (1, nil), (2, 3)] as [(Int64, Int?)] {
                #expect(try await lines(number)?.count == expected)
            }
            try await scene.store.transaction { try log.prune(at: scene.clock.now + 9, in: $0) }
            for (number, expected) in [(4, nil), (5, 0)] as [(Int64, Int?)] {
                #expect(try await lines(number)?.count == expected)
            }
        }
    }

    /// A commit in one instance wakes followers in another; on SQLite in the same process.
    @Test(arguments: TestStore.available) func announcements(_ kind: TestStore) async throws {
        try await kind.with { place in
            let (clock, sealing) = (TurningClock(), try SealingKey())
            let store = try place.open()
            let listener = kind == .postgres ? try place.open() : store
            let issuer = try await TokenIssuer(store, sealing: sealing, rules: Scene.rules(), clock: clock.clock)
            let user = try await issuer.addUser(name: "alice", password: Scene.password)
            let ended = Task {
                for await _ in listener.announcements {
                    let count = try await listener.transaction {
                        try $0.run("SELECT COUNT(*) FROM revocations WHERE kind = 'sub'", [])[0].integer(0)
                    }
                    if count > 0 { return }
                }
            }
            try await Task.sleep(for: .milliseconds(20))
            _ = try await issuer.endAllSessions(of: user.id, by: "operator")
            try await ended.value
            await store.close()
            if kind == .postgres { await listener.close() }
        }
    }

    @Test(arguments: TestStore.available) func refreshTokensAreIntrospected(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            let grant = try await scene.login()
            func members(_ text: String) async throws -> [String: Any]? {
                guard case .active(let json) = try await scene.issuer.introspect(text) else { return nil }
                return try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
            }
            let refresh = try #require(try await members(grant.refreshToken))
            #expect(refresh["active"] as? Bool == true && refresh["token_type"] as? String == "refresh_token")
            #expect(refresh["sub"] as? String == scene.user.id && refresh["sid"] as? String == grant.sessionID)
            #expect(refresh["exp"] as? Int64 == scene.clock.now + 14 * 86_400)
            let access = try #require(try await members(grant.accessToken.text))
            #expect(access["active"] as? Bool == true && access["jti"] as? String == grant.accessToken.tokenID)
            let next = try await scene.issuer.refresh(grant.refreshToken, from: Scene.phone)
            #expect(try await members(grant.refreshToken) == nil)
            #expect(try await members(next.refreshToken) != nil)
            scene.clock.advance(900)
            #expect(try await members(next.accessToken.text) == nil)
            #expect(try await members("nonsense") == nil)
        }
    }
}
