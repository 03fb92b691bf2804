public import FastVerify
public import Logging
public import Metrics
public import ServiceLifecycle

/// Keeps a `RevocationSet` up to date from a feed: a file that grows, server-sent events, or long polls.
///
///     let revocation = RevocationSet(capacity: 1_000_000, staleness: .failClosed(after: 120))
///     let feed = try RevocationFeed(.events("https://id.example/revocations"), into: revocation)
///     let verifier = Verifier(policy, keys: keys.source, revocation: revocation)
///     let services = ServiceGroup(services: [keys, feed, server], gracefulShutdownSignals: [.sigterm], logger: logger)
///
/// **What a feed says**, in all three ways, are lines of JSON: a snapshot, then events and heartbeats.
///
///     {"fastverify_revocations":1,"log":"a7","seq":41}      a snapshot of everything up to event 41 begins
///     {"iss":"https://id.example","jti":"f9…","exp":1800000900}      a rule; see `RevocationEvent`
///     {"rules":1}      the snapshot had so many rules
///     {"seq":42,"iss":"https://id.example","sub":"alice","not_before":1800000000}      an event
///     {"seq":42,"fresh_at":1800000030}      a heartbeat: everything up to then is said, event 42 was the last
///
/// `seq` counts events without gaps, and `log` names the count; a server that begins to count anew takes another name. What
/// `RevocationSet.snapshot` writes is a snapshot without them. Unnumbered feeds work, but begin with a snapshot every time.
/// - **file**: the lines, appended. A snapshot at the beginning is optional; without it, the file is the whole log. A snapshot
///   further down mends what is missing.
/// - **events**: `data` holds one line or several, 1 MiB at most, so that a long snapshot takes several events; `event` is `revocation`, `message` or absent, others are ignored. A
///   request without `Last-Event-ID` is answered with a snapshot. One that has it, the last `id`, continues after it or,
///   where the server no longer can, with a snapshot. Comments are heartbeats; they have to come while events do, too, as
///   an event does not tell whether more are on their way. One with `fresh_at` does. Heartbeats with `seq` show a loss at once.
/// - **long poll**: `GET` answers `application/jsonl`, `application/x-ndjson` or `application/json` with a snapshot.
///   `?since=LOG:SEQ` asks for all events after one; `Prefer: wait=25` (RFC 7240 §4.3) lets the server hold the request until
///   there are some. 204, or no lines: there are none; 410: the position is unknown. `ETag` and 304 serve feeds without numbers.
///
/// Once a number is missing, a snapshot is fetched, and until it is there nothing confirms the set; so its `staleness` says
/// what becomes of tokens when a feed is cut, lies about its numbers or stands still. Rules are applied as they come and
/// are only ever added. Lines that are not understood are counted and passed over. **A verification never waits for a feed.**
public final class RevocationFeed: Service, Sendable {
    let location: RevocationFeedLocation
    let rules: RevocationFeedRules
    let fetch: StreamFetch
    let authorization: (@Sendable () async -> String?)?
    let condition: WaitingLock<Condition>
    let observers = FetchWaiters(limit: .max)
    let clock: RefreshClock
    let wallClock: UnixClock
    let recorder: FeedRecorder
    let revocation: RevocationSet

    /// - Parameters:
    ///   - set: Several feeds may fill one; then each confirms it by itself, so a set for each is safer.
    ///   - authorization: Gives the `Authorization` header of each connection; it is sent to the location's origin only.
    ///   - logger: hears outcomes with reason and host; never an identifier, nor what a server wrote.
    ///   - clock: for pauses. `wallClock` is for the moments that the set is confirmed for.
    public init(
        _ location: RevocationFeedLocation, into set: RevocationSet, rules: RevocationFeedRules = .standard,
        transport: any StreamTransport = HTTPTransport(), authorization: (@Sendable () async -> String?)? = nil,
        logger: Logger = Logger(label: "FastVerifyHTTP"), metrics: any MetricsFactory = MetricsSystem.factory,
        clock: RefreshClock = .continuous, wallClock: UnixClock = .system
    ) throws(KeySetLocation.Invalid) {
        if let url = location.endpoint, url.scheme != .https, !rules.allowsInsecureHTTP { throw .insecureURL }
        let rules = rules.consistent
        self.location = location
        self.rules = rules
        self.authorization = authorization
        self.clock = clock
        self.wallClock = wallClock
        revocation = set
        fetch = StreamFetch(limits: rules.fetchLimits, transport: transport, clock: wallClock)
        recorder = FeedRecorder(feed: location.name, logger: logger, metrics: metrics)
        condition = WaitingLock(
            Condition(
                RevocationReplica(set, snapshotRules: rules.snapshotRules),
                ReconnectSchedule(pause: rules.pause, longest: rules.maximumBackoff, now: clock.now)))
    }

    // MARK: Running

    /// Follows the feed until the task is cancelled or the service group shuts down gracefully; returns normally then. The
    /// set stays as it is. Throws when it runs already.
    public func run() async throws {
        let runs = condition.withLock { condition in
            defer { condition.isRunning = true }
            return condition.isRunning
        }
        if runs { throw AlreadyRunning() }
        await cancelWhenGracefulShutdown { await self.follow() }
        condition.withLock { $0.isRunning = false }
        observers.wakeAll()
    }

    /// A feed has one `run()` at a time.
    public struct AlreadyRunning: Error {}

    private func follow() async {
        let file = location.place.file.map(FollowedFile.init)
        while !Task.isCancelled {
            await clock.sleep(until: condition.withLock { $0.schedule.earliest })
            guard !Task.isCancelled else { return }
            await connect(file)
        }
    }

    /// One connection, or one look at the file, from beginning to end.
    func connect(_ file: FollowedFile? = nil) async {
        let now = clock.now
        condition.withLock {
            $0.schedule.began(now: now)
            $0.isConnected = true
            $0.connections += 1
            $0.lastActivity = now
        }
        let result: Result<Duration, FeedFailure>
        switch location.place {
        case .file: result = await look(at: file!)
        case .events(let url): result = await watched { await self.followEvents(url) }
        case .longPoll(let url): result = await watched { await self.poll(url) }
        }
        settle(result)
    }

    private func settle(_ result: Result<Duration, FeedFailure>) {
        let now = clock.now
        let draw = Double.random(in: 0...1)
        let refused: UInt64 = condition.withLock { condition in
            condition.isConnected = false
            if location.place.file == nil { condition.disconnected() }
            switch result {
            case .success(let interval):
                condition.lastError = nil
                condition.schedule.ended(now: now, atLeast: interval, draw: draw)
            case .failure(let failure):
                condition.lastError = failure.reason
                condition.schedule.failed(now: now, retryAfter: failure.retryAfter, draw: draw)
            }
            recorder.count(condition.replica.counts)
            return condition.replica.counts.refusedLines
        }
        switch result {
        case .success: recorder.ended(nil, refusedLines: refused)
        case .failure(let failure): recorder.ended(failure.reason, refusedLines: refused)
        }
        observers.wakeAll()
    }

    /// Carries what has been counted over to the metrics; a stream may go on for an hour.
    func carryCounts() { condition.withLock { recorder.count($0.replica.counts) } }

    /// Gives a connection up when nothing has come to its end on it for long, and at the end of its time.
    private func watched(
        _ body: @escaping @Sendable () async -> Result<Duration, FeedFailure>
    ) async -> Result<Duration, FeedFailure> {
        let end = clock.now + rules.connectionTime
        return await withTaskGroup(of: Result<Duration, FeedFailure>.self) { group in
            group.addTask(operation: body)
            group.addTask {
                while !Task.isCancelled {
                    let idle = self.condition.withLock { $0.lastActivity } + self.patience
                    if self.clock.now >= idle { return .failure(FeedFailure(.fetch(.timedOut))) }
                    if self.clock.now >= end { return self.ending() }
                    await self.clock.sleep(until: min(idle, end))
                }
                return .failure(FeedFailure(.fetch(.cancelled)))
            }
            let first = await group.next()!
            group.cancelAll()
            return first
        }
    }

    /// A long poll is silent while it waits.
    private var patience: Duration {
        if case .longPoll = location.place { rules.wait + rules.idleTime } else { rules.idleTime }
    }

    // MARK: Waiting

    /// Whether a whole snapshot is in the set and nothing is known to be missing. For readiness probes; whether the feed is
    /// still there, the set's `isStale` says.
    public var isReady: Bool { condition.withLock { $0.isCurrent } }

    /// Returns when `isReady`; throws `CancellationError` when the task is cancelled first.
    public func waitUntilReady() async throws {
        while !isReady {
            await observers.wait(until: nil, clock) { !self.isReady }
            try Task.checkCancellation()
        }
    }
}
