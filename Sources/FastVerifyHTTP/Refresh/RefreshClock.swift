/// Time as a remote key set sees it: how much has passed, and waiting for more to pass. Any `Clock` that measures in
/// `Duration` will do; a test brings one that stands still.
public struct RefreshClock: Sendable {
    private let read: @Sendable () -> Duration
    private let wait: @Sendable (Duration) async throws -> Void

    public init<C: Clock>(_ clock: C) where C.Duration == Duration {
        let start = clock.now
        read = { start.duration(to: clock.now) }
        wait = { try await clock.sleep(until: start.advanced(by: $0), tolerance: nil) }
    }

    /// The system's monotonic clock, which goes on while the machine sleeps: keys grow old then, too.
    public static var continuous: RefreshClock { RefreshClock(ContinuousClock()) }

    /// Since the clock was made.
    var now: Duration { read() }

    /// Returns at that time or when the task is cancelled.
    func sleep(until time: Duration) async { try? await wait(time) }
}
