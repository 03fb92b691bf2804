public import FastVerify
public import Logging
public import Metrics
public import ServiceLifecycle

/// Fetches the status lists that tokens refer to (draft-ietf-oauth-status-list-21) and keeps them fresh.
///
///     let issuer = StatusListIssuer(
///         "https://id.example", places: ["https://id.example/statuslists/"], algorithms: [.es256], keys: keys.source)
///     let lists = try RemoteStatusLists([issuer], staleness: .failClosed(after: 3600))
///     let verifier = Verifier(policy, keys: keys.source, statusLists: lists.source)
///     let services = ServiceGroup(services: [keys, lists, server], gracefulShutdownSignals: [.sigterm], logger: logger)
///
/// **A verification never waits for a list.** The first token that refers to one is decided by `staleness` and has it fetched;
/// from then on it is fetched again before its `ttl` has run out, for as long as tokens ask for it. The rules in short:
/// - Only URIs in the places of an issuer are fetched; whatever else tokens name is counted and decided by `staleness`.
/// - A list counts if its issuer has signed it, its `sub` is its URI, and its `exp` has not come. Nothing older replaces it.
/// - One fetch of a list at a time, none sooner than the cool-down after the one before; failures double the pause.
/// - So many lists and so many bytes. When there is no room, one that nobody uses goes; if all are used, no more are taken.
public final class RemoteStatusLists: Service, Sendable {
    /// Hand it to `Verifier`.
    public let source: StatusListSource

    let rules: StatusListRules
    let issuers: [(rule: StatusListIssuer, verifier: Verifier)]
    let condition = WaitingLock(Condition())
    let wanted: WantedLists
    let fetch: StatusListFetch
    let clock: RefreshClock
    let wallClock: UnixClock
    let recorder: StatusListRecorder
    let signal: WakeSignal

    /// - Parameters:
    ///   - issuers: The first one whose places have a URI is the one who must have signed its list.
    ///   - staleness: What becomes of tokens whose list is not there or too old. There is no default.
    ///   - logger: hears outcomes with reason and host; never a token or what a server wrote.
    ///   - clock: for the schedule. `wallClock` is for `exp`.
    public init(
        _ issuers: [StatusListIssuer], staleness: StatusListSource.Staleness, rules: StatusListRules = .standard,
        transport: any KeyTransport = HTTPTransport(), logger: Logger = Logger(label: "FastVerifyHTTP"),
        metrics: any MetricsFactory = MetricsSystem.factory, clock: RefreshClock = .continuous,
        wallClock: UnixClock = .system
    ) throws(KeySetLocation.Invalid) {
        let rules = rules.consistent
        for place in issuers.flatMap(\.places) {
            guard let url = EndpointURL(place) else { throw .malformedURL }
            guard url.scheme == .https || rules.allowsInsecureHTTP else { throw .insecureURL }
        }
        self.rules = rules
        self.issuers = issuers.map { issuer in
            let policy = ClaimPolicy.statusList(issuer: .exactly(issuer.issuer), algorithms: issuer.algorithms)
            let limits = Verifier.Limits(tokenBytes: rules.limits.bodyBytes)
            return (issuer, Verifier(policy, keys: issuer.keys, limits: limits, clock: wallClock))
        }
        let signal = WakeSignal()
        let wanted = WantedLists(clock: clock, lifetime: rules.refresh.consistent.unknownKeyLifetime, signal: signal)
        source = StatusListSource(staleness: staleness) { wanted.record($0) }
        fetch = StatusListFetch(
            documents: DocumentFetch(limits: rules.limits, transport: transport, clock: wallClock),
            listBytes: rules.listBytes)
        recorder = StatusListRecorder(logger: logger, metrics: metrics)
        self.wanted = wanted
        self.signal = signal
        self.clock = clock
        self.wallClock = wallClock
    }

    // MARK: Running

    /// Fetches what is wanted and due until the task is cancelled or the service group shuts down gracefully; returns
    /// normally then. The lists stay in force. Throws when it runs already.
    public func run() async throws {
        let runs = condition.withLock { condition in
            defer { condition.isRunning = true }
            return condition.isRunning
        }
        if runs { throw AlreadyRunning() }
        await cancelWhenGracefulShutdown { await self.keepFresh() }
        condition.withLock { $0.isRunning = false }
    }

    /// There is one `run()` at a time.
    public struct AlreadyRunning: Error {}

    private func keepFresh() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let (due, time) = nextFetches()
                for uri in due { group.addTask { await self.perform(uri) } }
                if due.isEmpty { await signal.wait(until: time, clock) }
            }
            group.cancelAll()
        }
    }

    /// Has a list fetched as if a token had referred to it, so that the first that does need not be decided without. False
    /// where no issuer has it in its places. Returns at once.
    @discardableResult
    public func want(_ uri: String) -> Bool {
        guard issuer(of: uri) != nil else { return false }
        wanted.add(uri)
        return true
    }
}
