internal import FastVerify

/// Bounds on what a fetch may cost. Values below one count as one.
public struct FetchLimits: Sendable, Hashable {
    /// Bytes of a response's body, and of the header before it. A connection that brings more than both and the framing
    /// allow is closed, in whatever part of the response that happens.
    public var bodyBytes: Int
    public var headerBytes: Int
    /// Keys of a set.
    public var keys: Int
    /// Redirects that are followed, all of the same origin.
    public var redirects: Int
    /// The whole fetch: discovery, redirects and name resolution included.
    public var totalTime: Duration
    /// Until a connection with its TLS session stands.
    public var connectTime: Duration
    /// Between two pieces of a response.
    public var idleTime: Duration

    public init(
        bodyBytes: Int = 1 << 20, headerBytes: Int = 32 << 10, keys: Int = 1000, redirects: Int = 3,
        totalTime: Duration = .seconds(10), connectTime: Duration = .seconds(5), idleTime: Duration = .seconds(5)
    ) {
        self.bodyBytes = bodyBytes
        self.headerBytes = headerBytes
        self.keys = keys
        self.redirects = redirects
        self.totalTime = totalTime
        self.connectTime = connectTime
        self.idleTime = idleTime
    }

    public static let standard = FetchLimits()

    /// The same within sensible bounds, so that nothing computed from them overflows.
    var consistent: FetchLimits {
        let hour = Duration.seconds(3600)
        return FetchLimits(
            bodyBytes: min(max(1, bodyBytes), 64 << 20), headerBytes: min(max(1, headerBytes), 1 << 20),
            keys: min(max(1, keys), 100_000), redirects: min(max(0, redirects), 20),
            totalTime: min(max(.milliseconds(1), totalTime), hour),
            connectTime: min(max(.milliseconds(1), connectTime), hour),
            idleTime: min(max(.milliseconds(1), idleTime), hour))
    }

    var keySet: JWKSet.Limits { JWKSet.Limits(bytes: bodyBytes, keys: keys) }
}
