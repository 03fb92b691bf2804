/// Whole seconds since some moment, suspended time included. Nobody can set this clock: what must not live longer because
/// the wall clock was put back is measured by it.
struct ElapsedClock: Sendable {
    private let read: @Sendable () -> Int64

    init(_ read: @escaping @Sendable () -> Int64) { self.read = read }

    @inline(__always)
    var now: Int64 { read() }

    static let system = ElapsedClock { Int64(MonotonicClock.now / 1_000_000_000) }
}
