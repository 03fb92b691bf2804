import CCrypto
import CTableKinds
import Foundation

/// A cache of key tables of its own, so that tests running side by side do not share a budget.
final class TableCache: @unchecked Sendable {
    let handle: OpaquePointer

    init(budget: Int, synchronous: Bool = true) { handle = fv_table_cache_create(budget, synchronous)! }
    deinit { fv_table_cache_free(handle) }

    var counters: fv_table_counters {
        var counters = fv_table_counters()
        fv_table_cache_read(handle, &counters)
        return counters
    }
    /// By tier, the first without a table.
    var uses: [Int] {
        let uses = counters.uses
        return [Int(uses.0), Int(uses.1), Int(uses.2)]
    }
    var builds: [Int] {
        let builds = counters.builds
        return [Int(builds.0), Int(builds.1), Int(builds.2)]
    }
    var bytes: Int { Int(counters.bytes) }
    var evictions: Int { Int(counters.evictions) }

    func setBudget(_ bytes: Int) { fv_table_cache_set_budget(handle, bytes) }
}

/// A key whose tables say whose they are. Tier 1 takes 1 KiB and tier 2 takes 4 KiB unless told otherwise.
final class TableKey: @unchecked Sendable {
    let handle: OpaquePointer
    private let cache: TableCache

    init(_ cache: TableCache, _ identity: Int = 1, sizes: (Int, Int) = (1024, 4096)) {
        self.cache = cache
        handle = fv_test_key_open(cache.handle, UInt32(identity), sizes.0, sizes.1)
    }
    deinit { fv_test_key_close(handle) }

    func acquire(_ uses: Int = 1) -> fv_table_use { fv_table_acquire(fv_test_key_slot(handle), UInt32(uses)) }
    func release(_ use: fv_table_use) { fv_table_release(fv_test_key_slot(handle), use) }
    func owns(_ use: fv_table_use) -> Bool { fv_test_key_owns(handle, use) }

    /// Acquires and releases; the tier it got, or nil where the table was not this key's.
    @discardableResult
    func use(_ uses: Int = 1) -> Int? {
        let use = acquire(uses)
        defer { release(use) }
        if use.table == nil { return use.tier == 0 ? 0 : nil }
        return owns(use) ? Int(use.tier) : nil
    }

    func hold(_ held: Bool) { fv_test_key_hold(handle, held) }
    func fail(_ failing: Bool) { fv_test_key_fail(handle, failing) }
    func begun(_ tier: Int) -> Int { Int(fv_test_key_begun(handle, UInt32(tier))) }
    func ended(_ tier: Int) -> Int { Int(fv_test_key_ended(handle, UInt32(tier))) }
    /// Whether it owns a table now. Not a use.
    var hasTable: Bool { fv_test_key_tier(handle) > 0 }
    var begunHere: Int { Int(fv_test_key_begun_here(handle)) }
}

/// Waits until something is so; false after a minute, which no working machine needs.
func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<300_000 {
        if condition() { return true }
        usleep(200)
    }
    return false
}
