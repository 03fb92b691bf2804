import CCrypto
import CTableKinds
import Testing

/// Who keeps a table where not everybody can.
@Suite struct KeyTableBudgetTests {
    private static let small = 1024
    private static let large = 4096

    private func keys(_ cache: TableCache, _ count: Int, sizes: (Int, Int) = (small, large)) -> [TableKey] {
        (1...count).map { TableKey(cache, $0, sizes: sizes) }
    }

    /// The case: 64 keys at 340 KB within 64 MiB, in rotation.
    @Test func sixtyFourKeysAllKeepLargeTables() {
        let cache = TableCache(budget: 64 << 20)
        let keys = keys(cache, 64, sizes: (90_112, 348_160))
        for _ in 0..<256 { for key in keys { key.use() } }
        #expect(keys.allSatisfy { $0.use() == 2 })
        #expect(cache.evictions == 0)
        #expect(cache.builds == [0, 64, 64])
        #expect(cache.bytes == 64 * 348_160)
        withExtendedLifetime(keys) {}  // the optimiser lets go of them after their last use, and of their tables
    }

    @Test func keysUsedOnceCostNothing() {
        let cache = TableCache(budget: 64 << 20)
        let keys = keys(cache, 10_000)
        for key in keys { #expect(key.use() == 0) }
        #expect(cache.builds == [0, 0, 0])
        #expect(cache.uses == [10_000, 0, 0])
        #expect(cache.counters.queue_refusals == 0 && cache.bytes == 0)
    }

    @Test func shrinkingReleasesTheLeastRecentlyUsed() {
        let cache = TableCache(budget: 1 << 20)
        let keys = keys(cache, 6, sizes: (Self.small, 0))
        let newcomer = TableKey(cache, 7)
        for key in keys { key.use(8) }
        for place in [3, 0, 5, 1, 4, 2] {
            keys[place].use()
            newcomer.use()  // time passes while somebody lacks a table
        }
        var expected = [3, 0, 5, 1, 4, 2]
        for left in [5, 4, 2, 1, 0] {
            cache.setBudget(left * Self.small)
            #expect(cache.bytes == left * Self.small)
            expected.removeFirst(expected.count - left)
            let survivors = keys.indices.filter { keys[$0].hasTable }
            #expect(survivors == expected.sorted())
        }
        #expect(cache.evictions == 6)
    }

    @Test func tableInUseSurvivesEviction() {
        let cache = TableCache(budget: 1 << 20)
        let key = TableKey(cache)
        key.use(8)
        let first = key.acquire()
        let second = key.acquire()
        cache.setBudget(0)
        #expect(cache.evictions == 1)
        #expect(key.use() == 0)
        #expect(key.owns(first) && key.owns(second))
        key.release(first)
        #expect(key.owns(second))
        #expect(cache.bytes == Self.small)
        key.release(second)
        #expect(cache.bytes == 0)
        #expect(cache.uses == [1, 10, 0])
    }

    /// A promotion, an eviction and a new table while the first is still being read: three tables, two seats.
    @Test func tableInUseSurvivesItsSuccessors() {
        let cache = TableCache(budget: 1 << 20)
        let key = TableKey(cache)
        key.use(8)
        let small = key.acquire()
        key.use(256)
        let large = key.acquire()
        #expect(small.tier == 1 && large.tier == 2)
        cache.setBudget(0)
        cache.setBudget(1 << 20)
        #expect(key.use(512) == 0, "no seat is empty")
        #expect(key.owns(small) && key.owns(large))
        key.release(small)
        key.release(large)
        #expect(cache.bytes == 0)
        #expect(key.use(1024) == 2)
        #expect(cache.bytes == Self.large)
    }

    /// More keys in rotation than tables fit: nobody gains by taking turns, so nobody does.
    @Test(arguments: [1, 8, 512]) func rotationDoesNotThrash(_ batch: Int) {
        let cache = TableCache(budget: 10 * Self.small)
        let keys = keys(cache, 40, sizes: (Self.small, 0))
        for _ in 0..<2000 { for key in keys { key.use(batch) } }
        #expect(cache.builds == [0, 10, 0])
        #expect(cache.evictions == 0)
        #expect(keys.filter(\.hasTable).count == 10)
        #expect(cache.counters.no_room > 0)
    }

    @Test func randomVisitsHardlyEverEvict() {
        let cache = TableCache(budget: 10 * Self.small)
        let keys = keys(cache, 40, sizes: (Self.small, 0))
        var state: UInt64 = 1
        for _ in 0..<100_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            keys[Int(state >> 33) % 40].use(8)
        }
        #expect(cache.evictions < 50, "a build every 2,000 visits at most")
    }

    @Test func busyNewcomerReplacesIdleOwner() {
        let cache = TableCache(budget: 3 * Self.small)
        let keys = keys(cache, 4, sizes: (Self.small, 0))
        for key in keys[..<3] { key.use(8) }
        // Keys 0 and 2 are in use, key 1 is not any more.
        for _ in 0..<64 {
            keys[0].use()
            keys[2].use()
            keys[3].use()
        }
        #expect(keys.map(\.hasTable) == [true, false, true, true])
        #expect(cache.evictions == 1)
        // It earned that table, and the next newcomer takes from whoever idles longest: not from the latest.
        let last = TableKey(cache, 5, sizes: (Self.small, 0))
        for _ in 0..<64 {
            keys[0].use()
            last.use()
        }
        #expect(keys.map(\.hasTable) == [true, false, false, true])
        #expect(last.hasTable)
    }

    /// One idle table would go, but that would not be room enough, so it stays.
    @Test func nothingIsEvictedInVain() {
        let cache = TableCache(budget: 4 * Self.small)
        let keys = keys(cache, 4, sizes: (Self.small, 0))
        for key in keys { key.use(8) }
        let newcomer = TableKey(cache, 5, sizes: (0, 2 * Self.small))
        for _ in 0..<100 {
            for key in keys[1...] { key.use() }
            #expect(newcomer.use(64) == 0)
        }
        #expect(keys.allSatisfy { $0.hasTable })
        #expect(cache.evictions == 0)
        // It asks every 16,384 uses by now; one such period began while key 1 was still busy.
        for _ in 0..<2 * 256 {
            for key in keys[2...] { key.use() }
            newcomer.use(64)
        }
        #expect(keys.map { $0.hasTable } == [false, false, true, true])
        #expect(newcomer.hasTable)
    }

    /// However many tokens a batch carries, a key seen a few times takes nothing from others.
    @Test func oneVisitDoesNotEvict() {
        let cache = TableCache(budget: Self.large)
        let owner = TableKey(cache, 1)
        owner.use(256)
        for identity in 2...500 {
            let passing = TableKey(cache, identity)
            for _ in 0..<10 { passing.use(4096) }
        }
        #expect(owner.use() == 2)
        #expect(cache.evictions == 0)
    }

    /// Small tables for all come before large ones for some, and it stays so.
    @Test func firstTablesDisplaceLargeOnes() {
        let cache = TableCache(budget: 4 * Self.large)
        let keys = keys(cache, 12)
        for key in keys[..<4] { key.use(256) }
        #expect(keys[..<4].allSatisfy { $0.use() == 2 })
        for _ in 0..<5000 { for key in keys { key.use() } }
        #expect(keys.allSatisfy { $0.hasTable })
        let before = (cache.builds, cache.evictions)
        for _ in 0..<5000 { for key in keys { key.use() } }
        #expect(cache.builds == before.0)
        #expect(cache.evictions == before.1)
        #expect(cache.bytes <= 4 * Self.large && cache.counters.peak_bytes <= 4 * Self.large)
    }

    @Test func promotionNeedsRoomForBoth() {
        let cache = TableCache(budget: Self.large + Self.small - 1)
        let key = TableKey(cache)
        for _ in 0..<1000 { #expect((key.use() ?? 9) < 2) }
        #expect(cache.counters.no_room > 0)
        #expect(cache.counters.peak_bytes == Self.small)
    }

    @Test func closedKeysLeaveTheirCounts() {
        let cache = TableCache(budget: 1 << 20)
        do {
            let keys = keys(cache, 3)
            for key in keys { for _ in 0..<300 { key.use() } }
        }
        let counters = cache.counters
        #expect(counters.bytes == 0 && counters.peak_bytes > 0)
        #expect(cache.builds == [0, 3, 3])
        #expect(cache.uses == [21, 744, 135])
        #expect(counters.evictions == 0)
    }
}
