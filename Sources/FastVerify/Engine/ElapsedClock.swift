#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Whole seconds since some moment, suspended time included. Nobody can set this clock: what must not live longer because
/// the wall clock was put back is measured by it.
struct ElapsedClock: Sendable {
    private let read: @Sendable () -> Int64

    init(_ read: @escaping @Sendable () -> Int64) { self.read = read }

    @inline(__always)
    var now: Int64 { read() }

    static let system = ElapsedClock {
        var time = timespec()
        #if os(Linux)
            clock_gettime(CLOCK_BOOTTIME, &time)
        #else
            clock_gettime(CLOCK_MONOTONIC, &time)
        #endif
        return Int64(time.tv_sec)
    }
}
