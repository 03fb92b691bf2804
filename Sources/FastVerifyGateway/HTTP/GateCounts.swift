/// Counted by one loop.
struct GateCounts: Sendable {
    var connections: UInt64 = 0
    var requests: UInt64 = 0
    var allowed: UInt64 = 0
    var anonymous: UInt64 = 0
    /// By private reason.
    var refused: [String: UInt64] = [:]
    /// Requests that were not read, by status.
    var faults: [UInt16: UInt64] = [:]
    var timeouts: UInt64 = 0

    static func += (sum: inout GateCounts, part: GateCounts) {
        sum.connections += part.connections
        sum.requests += part.requests
        sum.allowed += part.allowed
        sum.anonymous += part.anonymous
        sum.refused.merge(part.refused, uniquingKeysWith: +)
        sum.faults.merge(part.faults, uniquingKeysWith: +)
        sum.timeouts += part.timeouts
    }
}
