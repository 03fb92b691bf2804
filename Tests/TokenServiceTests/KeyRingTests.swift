import Testing

@testable import FastVerify
@testable import TokenService

@Suite struct KeyRingTests {
    private static let rotation = KeyRotation(period: 1000, announcement: 100, afterlife: 50)

    private static func record(_ kid: String, from activatesAt: Int64, by rotation: KeyRotation) -> KeyRecord {
        KeyRecord(
            kid: kid, algorithm: "ES256", sealed: "", publicJWK: "", createdAt: activatesAt, activatesAt: activatesAt,
            retiresAt: activatesAt + rotation.period, leavesAt: activatesAt + rotation.period + rotation.afterlife)
    }

    /// Years of rotations, looked after on time: always a key that signs, none that signs before it was published long enough, none
    /// that leaves while its tokens live.
    @Test func onTime() {
        var keys: [KeyRecord] = []
        var published: [String: Int64] = [:]
        var now: Int64 = 1_800_000_000
        var lastSigned: [String: Int64] = [:]
        for step in 0..<2000 {
            let plan = KeyRingPlan(keys, Self.rotation, now: now)
            for kid in plan.leaving {
                #expect(now - lastSigned[kid]! >= Self.rotation.afterlife)
                keys.removeAll { $0.kid == kid }
            }
            #expect(plan.activatesNow == nil)
            if let time = plan.newKeyActivatesAt {
                let kid = "k\(step)"
                keys.append(Self.record(kid, from: time, by: Self.rotation))
                published[kid] = now
            }
            #expect(KeyRingPlan(keys, Self.rotation, now: now).isEmpty)
            let current = KeyRingPlan.current(keys, now: now)!
            if current.kid != "k0" { #expect(now - published[current.kid]! >= Self.rotation.announcement) }
            #expect(keys.count <= 3)
            let next = KeyRingPlan.nextMoment(keys, Self.rotation, after: now)
            #expect(next > now)
            lastSigned[current.kid] = min(next - 1, current.retiresAt - 1)
            now = next
        }
        #expect(published.count > 400)
    }

    /// Whenever somebody looks, after whatever sleep, there is a key that signs.
    @Test func afterSleep() {
        var random = SystemRandomNumberGenerator()
        var keys: [KeyRecord] = []
        var now: Int64 = 0
        for step in 0..<5000 {
            let plan = KeyRingPlan(keys, Self.rotation, now: now)
            keys.removeAll { plan.leaving.contains($0.kid) }
            for index in keys.indices where keys[index].kid == plan.activatesNow { keys[index].activatesAt = now }
            if let time = plan.newKeyActivatesAt { keys.append(Self.record("k\(step)", from: time, by: Self.rotation)) }
            #expect(KeyRingPlan.current(keys, now: now) != nil)
            #expect(KeyRingPlan(keys, Self.rotation, now: now).isEmpty)
            now += Int64.random(in: 1...[10, 120, 1500, 5000].randomElement(using: &random)!, using: &random)
        }
    }

    /// A verifier that fetches the set as often as it is announced sees no good token fail, and no bad one pass, over rotations.
    @Test(arguments: TestStore.available) func tokensOverRotations(_ kind: TestStore) async throws {
        let rotation = KeyRotation(period: 1000, announcement: 100, afterlife: 950)
        try await Scene.with(kind, { $0.rotation = rotation }) { scene in
            let follower = KeySource(KeySet([]))
            var policy = ClaimPolicy(
                issuer: "https://id.example", audience: "orders", algorithms: AlgorithmSet([.es256]))
            policy.types = [.accessToken]
            let verifier = Verifier(policy, keys: follower, clock: scene.clock.clock)
            var alive: [(String, Int64)] = []
            var kids: Set<String> = []
            var fetched: Int64 = 0
            for _ in 0..<60 {
                try await scene.issuer.keys.refresh()
                if scene.clock.now - fetched >= 90 {
                    follower.replace(
                        with: KeySet(try JWKSet(json: Array(scene.issuer.keys.keySet.json.utf8))))
                    fetched = scene.clock.now
                }
                let token = try await scene.login().accessToken
                alive.append((token.text, token.expiration))
                for (text, expiration) in alive {
                    if scene.clock.now < expiration {
                        kids.insert(try #require(try verifier.verify(text).keyID))
                    } else {
                        #expect(throws: VerificationError.self) { try verifier.verify(text) }
                    }
                }
                alive.removeAll { $0.1 <= scene.clock.now }
                scene.clock.advance(55)
            }
            #expect(kids.count >= 3)
        }
    }

    @Test(arguments: TestStore.available) func aKeyIsTakenBack(_ kind: TestStore) async throws {
        try await kind.with { place in
            let (clock, sealing) = (TurningClock(), try SealingKey())
            let stores = [try place.open(), try place.open()]
            let first = try await TokenIssuer(stores[0], sealing: sealing, rules: Scene.rules(), clock: clock.clock)
            let second = try await TokenIssuer(stores[1], sealing: sealing, rules: Scene.rules(), clock: clock.clock)
            #expect(first.keys.keySet == second.keys.keySet)
            _ = try await first.addUser(name: "alice", password: Scene.password)
            let token = try await first.login(name: "alice", password: Scene.password, from: Scene.phone).accessToken
            let kid = try #require(try second.verifier.verify(token.text).keyID)
            #expect(try await first.keys.revoke("no such key", by: "operator") == false)
            #expect(try await first.keys.revoke(kid, by: "operator"))
            #expect(first.keys.keys.map(\.state) == ["current"] && first.keys.keys[0].kid != kid)
            #expect(throws: VerificationError.self) { try first.verifier.verify(token.text) }
            #expect(try await second.introspect(token.text) == .inactive)
            try await second.keys.refresh()
            #expect(second.keys.keySet == first.keys.keySet && !second.keys.keySet.json.contains(kid))
            #expect(!second.keys.keySet.json.contains("\"d\""))
            let fresh = try await second.login(name: "alice", password: Scene.password, from: Scene.phone).accessToken
            #expect(try first.verifier.verify(fresh.text).keyID != kid)
            for store in stores { await store.close() }
        }
    }

    /// Somebody reads the ring, a key is taken back, and only then does the reader go on: the key does not come back.
    @Test func anOldReadingCountsNoMore() async throws {
        try await TestStore.sqlite.with { place in
            let store = HeldStore(try place.open())
            let issuer = try await TokenIssuer(store, sealing: SealingKey(), rules: Scene.rules())
            let kid = try #require(issuer.keys.keys.first?.kid)
            store.holdsNextReading()
            async let reading: Void = issuer.keys.refresh()
            await store.hasRead()
            #expect(try await issuer.keys.revoke(kid, by: "test"))
            store.letGo()
            try await reading
            #expect(!issuer.keys.keys.contains { $0.kid == kid })
            #expect(try issuer.keys.signer().key.keyID != kid)
            await store.close()
        }
    }

    /// Keys are worthless without the sealing key, and cannot be put in each other's place.
    @Test func sealedAtRest() async throws {
        try await TestStore.sqlite.with { place in
            let (clock, sealing, store) = (TurningClock(), try SealingKey(), try place.open())
            _ = try await TokenIssuer(store, sealing: sealing, rules: Scene.rules(), clock: clock.clock)
            await #expect(throws: KeyError.refused("not sealed with this key")) {
                try await TokenIssuer(store, sealing: SealingKey(), rules: Scene.rules(), clock: clock.clock)
            }
            let foreign = Base64URL.encode(try sealing.seal(SigningKey(generate: .es256, keyID: "another")))
            _ = try await store.transaction { try $0.run("UPDATE signing_keys SET sealed = $1", [.text(foreign)]) }
            await #expect(throws: StoreError.unexpected("a sealed key was exchanged")) {
                try await TokenIssuer(store, sealing: sealing, rules: Scene.rules(), clock: clock.clock)
            }
            await store.close()
        }
    }
}

/// A store that keeps back what one reader has read.
private final class HeldStore: Store {
    private let inner: any Store
    private let holds = WaitingLock(false)
    private let (read, goOn) = (AsyncStream.makeStream(of: Void.self), AsyncStream.makeStream(of: Void.self))

    init(_ inner: any Store) { self.inner = inner }

    func holdsNextReading() { holds.withLock { $0 = true } }
    func hasRead() async { for await _ in read.stream { return } }
    func letGo() { goOn.continuation.yield() }

    func transaction<T: Sendable>(_ body: @escaping @Sendable (any SQLTransaction) throws -> T) async throws -> T {
        try await inner.transaction(body)
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (any SQLTransaction) throws -> T) async throws -> T {
        let result = try await inner.read(body)
        let isHeld = holds.withLock { holds in
            defer { holds = false }
            return holds
        }
        if isHeld {
            read.continuation.yield()
            for await _ in goOn.stream { break }
        }
        return result
    }

    var announcements: AsyncStream<Void> { inner.announcements }
    func close() async { await inner.close() }
}
