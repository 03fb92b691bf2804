import CCrypto
import CTableKinds
import Foundation
import Testing

/// Builds in the background, and use by many threads. Nothing here depends on how long anything takes.
@Suite struct KeyTableThreadTests {
    private static let queueMax = 256

    /// A cache whose worker is stuck in a build of the key given back.
    private func stuckCache(_ budget: Int = 1 << 20) -> (cache: TableCache, blocker: TableKey) {
        let cache = TableCache(budget: budget, synchronous: false)
        let blocker = TableKey(cache, 99, sizes: (64, 0))
        blocker.hold(true)
        #expect(
            eventually {
                blocker.use(8)
                return blocker.begun(1) == 1
            })
        return (cache, blocker)
    }

    /// A request is turned down while another thread holds the lock, so a test asks until it stands in the queue: from
    /// then on further uses are not counted as earning, which shows in the price, which shows here as no more refusals.
    private func ask(_ cache: TableCache, _ key: TableKey, _ uses: Int) {
        var refused: UInt64
        repeat {
            refused = cache.counters.queue_refusals
            key.use(uses)
        } while cache.counters.queue_refusals != refused
    }

    @Test func closingCancelsAQueuedBuild() {
        let (cache, blocker) = stuckCache()
        do {
            let key = TableKey(cache)
            ask(cache, key, 8)
        }
        let other = TableKey(cache, 2)
        ask(cache, other, 8)
        blocker.hold(false)
        #expect(eventually { other.use(0) == 1 })
        #expect(cache.builds == [0, 2, 0])
        #expect(cache.bytes == 64 + 1024)
    }

    @Test func closingWaitsForARunningBuild() {
        let cache = TableCache(budget: 1 << 20, synchronous: false)
        let handle = fv_test_key_open(cache.handle, 7, 64, 0)!
        nonisolated(unsafe) let key = handle
        fv_test_key_hold(key, true)
        #expect(
            eventually {
                fv_table_release(fv_test_key_slot(key), fv_table_acquire(fv_test_key_slot(key), 8))
                return fv_test_key_begun(key, 1) == 1
            })
        let order = Order()
        let closer = Thread {
            order.append("closing")
            fv_table_slot_close(fv_test_key_slot(key))
            order.append(fv_test_key_ended(key, 1) == 1 ? "closed after build" : "closed during build")
        }
        closer.start()
        #expect(eventually { order.steps.first == "closing" })
        usleep(20_000)  // gives a close that does not wait the time to show it
        order.append("let go")
        fv_test_key_hold(key, false)
        #expect(eventually { order.steps.count == 3 })
        #expect(order.steps == ["closing", "let go", "closed after build"])
        #expect(cache.bytes == 0)
        fv_test_key_forget(handle)
    }

    @Test func aKeyStandsInTheQueueOnce() {
        let (cache, blocker) = stuckCache()
        let key = TableKey(cache)
        for _ in 0..<1000 { #expect(key.use() == 0) }
        ask(cache, key, 8)
        blocker.hold(false)
        #expect(eventually { key.use(0) == 1 })
        #expect(key.begun(1) == 1)
    }

    @Test func theQueueIsBounded() {
        let (cache, blocker) = stuckCache()
        let keys = (0..<Self.queueMax + 20).map { TableKey(cache, $0, sizes: (64, 0)) }
        for key in keys[..<Self.queueMax] { ask(cache, key, 8) }
        let before = cache.counters.queue_refusals
        for key in keys[Self.queueMax...] { key.use(8) }
        #expect(cache.counters.queue_refusals >= before + 20)
        blocker.hold(false)
        #expect(eventually { keys[Self.queueMax - 1].use(0) == 1 })
        #expect(keys[Self.queueMax...].allSatisfy { $0.begun(1) == 0 })
        #expect(keys[Self.queueMax...].allSatisfy { key in eventually { key.use(8) == 1 } })
    }

    @Test func aBuildIsGivenUpWhenTheBudgetShrinks() {
        let (cache, blocker) = stuckCache()
        cache.setBudget(0)
        blocker.hold(false)
        #expect(eventually { cache.bytes == 0 })
        #expect(blocker.use(1000) == 0)
        #expect(cache.counters.failures == 1 && cache.builds == [0, 0, 0])
        cache.setBudget(1 << 20)
        #expect(eventually { blocker.use(8) == 1 })
    }

    @Test func aCacheMayEndWithItsQueueFull() {
        let (cache, blocker) = stuckCache()
        let keys = (0..<10).map { TableKey(cache, $0) }
        for key in keys { ask(cache, key, 8) }
        blocker.hold(false)
    }

    /// Eight threads use six keys and keys of their own that come and go, while the budget swings between nothing and
    /// everything. Every table that is seen must be whole and the right one; at the end every use is accounted for.
    @Test(arguments: [false, true]) func everythingAtOnce(_ synchronous: Bool) {
        let cache = TableCache(budget: 20_000, synchronous: synchronous)
        let rounds = 1500
        let wrong = Order()
        let passing = Order()
        let finished = Order()
        do {
            let keys = (0..<6).map { TableKey(cache, $0) }
            onThreads(9) { thread in
                var state = UInt64(thread) &* 977 &+ 1
                func random(_ bound: Int) -> Int {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return Int(state >> 33) % bound
                }
                if thread == 8 {
                    while finished.steps.count < 8 {
                        cache.setBudget([0, 1500, 6000, 20_000, 1 << 20][random(5)])
                        usleep(20)
                    }
                    return
                }
                for round in 0..<rounds {
                    let (first, second) = (keys[random(6)], keys[random(6)])
                    let (a, b) = (first.acquire(40), second.acquire(3))
                    for (key, use) in [(first, a), (second, b)] where use.table != nil && !key.owns(use) {
                        wrong.append("not its table")
                    }
                    first.release(a)
                    second.release(b)
                    if round % 16 == thread {
                        let own = TableKey(cache, 100 + thread)
                        for _ in 0..<3 { if own.use(8) == nil { wrong.append("not its own table") } }
                        passing.append("")
                    }
                }
                finished.append("")
            }
            #expect(wrong.steps == [])
            #expect(cache.uses.reduce(0, +) == 8 * rounds * 43 + passing.steps.count * 24)
            cache.setBudget(0)
            #expect(eventually { cache.bytes == 0 })
            cache.setBudget(1 << 20)
            #expect(keys.allSatisfy { key in eventually { key.use(256) == 2 } })
        }
        #expect(eventually { cache.bytes == 0 }, "the threads let go of the keys as they end")
        #expect(cache.counters.peak_bytes <= 1 << 20)
    }

    /// A reader that learnt of a table just before it was evicted.
    @Test func readersWithAnOutdatedViewGetNothing() {
        let cache = TableCache(budget: 1 << 20)
        let key = TableKey(cache)
        for place: UInt32 in [0, 1] {
            cache.setBudget(1 << 20)
            #expect(key.use(8) == 1)
            #expect(key.use(248) == 2)
            cache.setBudget(0)
            #expect(fv_test_key_acquire_outdated(key.handle, place).table == nil)
        }
        #expect(cache.uses == [2, 16, 496], "what was counted in by mistake was counted out")
        #expect(cache.bytes == 0)
    }

    /// Readers of a retired table on several threads: whichever leaves last frees it, once.
    @Test func lastReaderFrees() {
        let cache = TableCache(budget: 1 << 20)
        let key = TableKey(cache)
        for _ in 0..<100 {
            while key.use(8) == 0 {}
            let uses = Uses((0..<4).map { _ in key.acquire(0) })
            onThreads(5) { thread in
                if thread == 4 { cache.setBudget(0) } else { key.release(uses.all[thread]) }
            }
            #expect(cache.bytes == 0)
            cache.setBudget(1 << 20)
        }
    }

    @Test(
        .enabled(if: !fv_test_tables_under_thread_sanitizer(), "that sanitizer forbids threads after a fork"),
        .enabled(
            if: getenv("FASTVERIFY_TABLES") == nil, "it holds a build of the process's own cache in the background"))
    func forkedChildrenBuildTheirOwn() {
        #expect(fv_test_tables_fork() == 0)
    }
}

/// What happened, in order, on any thread.
private final class Order: @unchecked Sendable {
    private let lock = NSLock()
    private var list: [String] = []
    func append(_ step: String) { lock.withLock { list.append(step) } }
    var steps: [String] { lock.withLock { list } }
}

/// Runs the body on so many threads at once, unlike Dispatch, which starts as many as there are processors.
private func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let done = DispatchSemaphore(value: 0)
    for index in 0..<count {
        Thread {
            body(index)
            done.signal()
        }.start()
    }
    for _ in 0..<count { done.wait() }
}

private struct Uses: @unchecked Sendable {
    let all: [fv_table_use]
    init(_ all: [fv_table_use]) { self.all = all }
}
