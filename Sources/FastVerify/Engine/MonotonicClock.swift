#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The time of `ContinuousClock`, which never steps back, in nanoseconds since some moment.
package enum MonotonicClock {
    package static var now: UInt64 {
        var time = timespec()
        #if os(Linux)
            clock_gettime(CLOCK_BOOTTIME, &time)
        #else
            clock_gettime(CLOCK_MONOTONIC, &time)
        #endif
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    /// When that instant is; the past and the far future as near as can be said.
    static func time(of instant: ContinuousClock.Instant) -> UInt64 {
        let left = (instant - .now).components
        if left.seconds < 0 || left.attoseconds < 0 { return 0 }
        if left.seconds > 1 << 32 { return .max - 1 }
        return now &+ UInt64(left.seconds) &* 1_000_000_000 &+ UInt64(left.attoseconds / 1_000_000_000)
    }
}
