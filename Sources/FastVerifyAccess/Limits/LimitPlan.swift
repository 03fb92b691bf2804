/// How many requests somebody may make: a bucket that holds `burst` and is refilled evenly with `requests` in each `window`.
public struct LimitPlan: Sendable, Hashable {
    /// As it stands in the claim, and in the fields of answers.
    public let name: String
    public let requests: Int
    /// Seconds.
    public let window: Int
    public let burst: Int

    /// Nanoseconds in which one request is refilled.
    let interval: UInt64
    /// Nanoseconds in which an empty bucket is filled.
    let depth: UInt64

    /// Counts below 1 count as 1; a window is at most a year.
    /// - Parameters:
    ///   - name: Characters other than visible ASCII and spaces are left out, for it is sent in fields.
    ///   - burst: `requests` where it is not given.
    public init(_ name: String, requests: Int, window: Int = 60, burst: Int? = nil) {
        self.name = String(name.unicodeScalars.filter { (0x20..<0x7f).contains($0.value) }.map(Character.init))
        self.requests = min(max(1, requests), 1 << 40)
        self.window = min(max(1, window), 366 * 86_400)
        self.burst = min(max(1, burst ?? self.requests), 1 << 40)
        interval = max(1, UInt64(self.window) * 1_000_000_000 / UInt64(self.requests))
        // 2^40 requests of a year each do not fit; nor would anybody wait for them.
        let (depth, overflow) = interval.multipliedReportingOverflow(by: UInt64(self.burst))
        self.depth = overflow ? .max / 4 : min(depth, .max / 4)
    }
}
