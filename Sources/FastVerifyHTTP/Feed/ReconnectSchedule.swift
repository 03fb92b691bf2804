/// When to connect again: a value that knows the time only from its arguments. Pauses double from failure to failure up to
/// the longest; each is drawn from the upper half of its length, so that many processes do not come back at once.
struct ReconnectSchedule: Sendable, Hashable {
    /// The shortest pause, between the beginnings of two connections.
    private(set) var pause: Duration
    private let shortest: Duration
    let longest: Duration
    private(set) var failures = 0
    private(set) var earliest: Duration
    private var begun: Duration
    /// Since when nothing has been missing on this connection.
    private var currentSince: Duration?

    init(pause: Duration, longest: Duration, now: Duration) {
        shortest = pause
        self.pause = pause
        self.longest = max(pause, longest)
        earliest = now
        begun = now
    }

    mutating func began(now: Duration) {
        begun = now
        currentSince = nil
    }

    /// The replica is current.
    mutating func current(now: Duration) { if currentSince == nil { currentSince = now } }

    /// The server asks for another pause, within the bounds.
    mutating func suggested(_ pause: Duration) { self.pause = min(max(shortest, pause), longest) }

    /// The answer was whole, or the stream has been followed for long enough. `atLeast`: from beginning to beginning.
    mutating func ended(now: Duration, atLeast interval: Duration, draw: Double) {
        failures = 0
        earliest = max(now, begun + Self.spread(max(pause, interval), draw))
    }

    /// The connection failed, or what it brought is of no use.
    mutating func failed(now: Duration, retryAfter: Duration?, draw: Double) {
        // One that was good for longer than the pause before it was not a failure of the same kind.
        if let since = currentSince, now - since >= length(failures) { failures = 0 }
        failures = min(failures + 1, 1_000)
        earliest = now + max(Self.spread(length(failures), draw), min(max(.zero, retryAfter ?? .zero), longest))
    }

    private func length(_ failures: Int) -> Duration {
        var length = pause
        for _ in 1..<max(1, failures) where length < longest { length = min(length * 2, longest) }
        return length
    }

    private static func spread(_ length: Duration, _ draw: Double) -> Duration {
        length * (0.5 + 0.5 * (draw >= 0 && draw <= 1 ? draw : 1))
    }
}
