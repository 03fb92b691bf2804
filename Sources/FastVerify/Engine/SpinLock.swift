internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A lock for work of a microsecond or less: who finds it taken looks again, and lets others run after a while.
///
/// Not `Mutex`: its waiting happens inside the library, where thread sanitizer does not see it and reports races that are none.
package struct SpinLock: ~Copyable, Sendable {
    private let isTaken = Atomic<Bool>(false)
    private static let looksBeforeYield = 100

    package init() {}

    @inline(__always)
    package borrowing func withLock<T, E: Error>(_ body: () throws(E) -> T) throws(E) -> T {
        if isTaken.exchange(true, ordering: .acquiring) { wait() }
        defer { isTaken.store(false, ordering: .releasing) }
        return try body()
    }

    @inline(never)
    private borrowing func wait() {
        var looks = 0
        repeat {
            while isTaken.load(ordering: .relaxed) {
                looks += 1
                // Whoever holds it may have lost the processor.
                if looks % Self.looksBeforeYield == 0 { sched_yield() }
            }
        } while isTaken.exchange(true, ordering: .acquiring)
    }
}
