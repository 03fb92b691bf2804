#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Where the verifier reads the time, in whole seconds since 1970-01-01 UTC (NumericDate, RFC 7519 §2).
public struct UnixClock: Sendable {
    private let read: @Sendable () -> Int64

    public init(_ read: @escaping @Sendable () -> Int64) { self.read = read }

    public var now: Int64 { read() }

    /// The system's wall clock.
    public static let system = UnixClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec)
    }

    /// A clock that stands still.
    public static func fixed(_ seconds: Int64) -> UnixClock { UnixClock { seconds } }
}
