import CCrypto
import CTableKinds
import Testing

/// Which tier a key gets after how many uses.
@Suite struct KeyTableTierTests {
    @Test func tiersFollowUses() {
        let cache = TableCache(budget: 1 << 20)
        let key = TableKey(cache)
        for use in 1...600 {
            #expect(key.use() == (use < 8 ? 0 : use < 256 ? 1 : 2), "use \(use)")
        }
        #expect(key.begun(1) == 1 && key.begun(2) == 1)
        #expect(key.begunHere == 2)
        let counters = cache.counters
        #expect(cache.uses == [7, 248, 345])
        #expect(cache.builds == [0, 1, 1])
        #expect(counters.bytes == 4096)
        #expect(counters.peak_bytes == 1024 + 4096)
        #expect(counters.evictions == 0 && counters.failures == 0 && counters.no_room == 0)
    }

    @Test func batchesCountByTheirTokens() {
        let cache = TableCache(budget: 1 << 20)
        let small = TableKey(cache, 1)
        #expect(small.use(7) == 0)
        #expect(small.use(1) == 1)
        let large = TableKey(cache, 2)
        #expect(large.use(512) == 2)
        #expect(large.begun(1) == 0)
        #expect(cache.uses == [7, 1, 512])
    }

    @Test func backgroundBuildsElsewhere() {
        let cache = TableCache(budget: 1 << 20, synchronous: false)
        let key = TableKey(cache)
        for _ in 0..<7 { #expect(key.use() == 0) }
        #expect(eventually { key.use() == 1 })
        #expect(eventually { key.use(16) == 2 })
        #expect(key.begun(1) == 1 && key.begun(2) == 1)
        #expect(key.begunHere == 0)
    }

    @Test func nothingIsBuiltWithoutBudget() {
        let cache = TableCache(budget: 0)
        let key = TableKey(cache)
        for _ in 0..<100 { #expect(key.use(1000) == 0) }
        #expect(key.begun(1) + key.begun(2) == 0)
        #expect(cache.uses == [100_000, 0, 0])
        #expect(cache.counters.peak_bytes == 0)
    }

    @Test func familiesMayLackTiers() {
        let cache = TableCache(budget: 1 << 20)
        let small = TableKey(cache, 1, sizes: (64, 0))
        #expect((0..<10).allSatisfy { _ in small.use(8) == 1 })
        #expect(small.use(100_000) == 1)
        let large = TableKey(cache, 2, sizes: (0, 64))
        #expect(large.use(255) == 0)
        #expect(large.use() == 2)
        let none = TableKey(cache, 3, sizes: (0, 0))
        #expect(none.use(100_000) == 0)
    }

    /// Sizes that are no multiple of the alignment.
    @Test(arguments: [32, 63, 64, 65, 1000]) func oddSizes(_ size: Int) {
        let cache = TableCache(budget: 1 << 20)
        let key = TableKey(cache, 5, sizes: (size, 0))
        #expect(key.use(8) == 1)
        #expect(cache.bytes == (size + 63) / 64 * 64)
    }

    @Test func oversizeTablesAreNeverBuilt() {
        let cache = TableCache(budget: 4095)
        let key = TableKey(cache)
        for _ in 0..<100 { #expect(key.use(1000) == 1) }
        #expect(key.begun(2) == 0)
        let huge = TableKey(cache, 2, sizes: (8192, 8192))
        for _ in 0..<100 { #expect(huge.use(1000) == 0) }
        #expect(cache.counters.no_room == 0)
        cache.setBudget(8192 + 1024)
        #expect(key.use(256) == 2)
        #expect(huge.use(1) == 0)
    }

    @Test func failedBuildsAreNotRetriedAtOnce() {
        let cache = TableCache(budget: 1 << 20)
        let key = TableKey(cache)
        key.fail(true)
        for _ in 0..<8 { #expect(key.use() == 0) }
        #expect(key.begun(1) == 1)
        #expect(cache.bytes == 0)
        for _ in 9..<16 { #expect(key.use() == 0) }
        #expect(key.begun(1) == 1)
        #expect(key.use() == 0)
        #expect(key.begun(1) == 2)
        // In the long run a key that cannot be helped costs a build every 512 uses, no more.
        for _ in 0..<51_200 { key.use() }
        #expect(key.begun(1) < 110)
        #expect(key.begun(1) + key.begun(2) == Int(cache.counters.failures))
        key.fail(false)
        for _ in 0..<512 { key.use() }
        #expect(key.use()! > 0)
        #expect(cache.counters.bytes == (key.use() == 2 ? 4096 : 1024))
    }

    @Test(.enabled(if: !fv_test_tables_under_sanitizer(), "sanitizers end a process that asks for too much"))
    func memoryExhaustionLeavesTierZero() {
        let cache = TableCache(budget: .max)
        // More than any address space holds, so aligned_alloc itself refuses.
        let key = TableKey(cache, 1, sizes: (1 << 60, 0))
        for _ in 0..<12 { #expect(key.use() == 0) }
        #expect(key.begun(1) == 0)
        #expect(cache.counters.failures == 1)
        #expect(cache.bytes == 0)
    }
}
