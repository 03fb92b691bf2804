public import FastVerify
public import Logging
public import Metrics
public import ServiceLifecycle

/// The key set of an issuer, fetched from its server and kept fresh, for any number of verifiers.
///
///     let keys = try RemoteJWKSet(.issuer("https://id.example"))
///     let policy = ClaimPolicy(issuer: "https://id.example", audience: "orders", algorithms: [.es256])
///     let verifier = RemoteVerifier(policy, keys: keys)
///     let services = ServiceGroup(services: [keys, server], gracefulShutdownSignals: [.sigterm], logger: logger)
///     // in the server's handlers:
///     let token = try await verifier.verify(bearerToken)
///
/// `run()` does all the work; before and without it no key is there. **A verification never waits for the network**: it uses
/// the `KeySource`, whose set is replaced when a fetch has brought another. `RemoteVerifier` adds one exception, for a token
/// whose key is not known yet.
///
/// What is fetched when, `RefreshPolicy` says; what counts as an answer, `KeyFetchRules`; where connections may lead,
/// `AddressRule`. The rules in short:
/// - One fetch at a time, none sooner than the cool-down after the one before, whether that failed or not.
/// - A `kid` that is not in the set causes a fetch, the same `kid` not again for a while. A flood of tokens with random kids
///   causes one fetch for each cool-down and takes no memory.
/// - Only a usable set replaces a set. Errors, garbage and sets without a usable key leave it in force, until the stale
///   limit; then no key is left and every token is refused.
/// - A set without keys, `{"keys":[]}`, is an answer like others: the issuer has withdrawn all keys.
/// - `oct` keys and private keys are left out, whatever else the set holds.
/// - A key that has gone from the set stops verifying when the fetch that shows it ends.
public final class RemoteJWKSet: Service, Sendable {
    /// Always holds the keys in force: hand it to `Verifier`, or several to `Verifier(trusting:)`.
    public let source: KeySource

    let condition: WaitingLock<Condition>
    let missing: MissingKeys
    /// Tokens that wait for a key, and those who asked to wait.
    let waiters = FetchWaiters(limit: 1024)
    let observers = FetchWaiters(limit: .max)
    let clock: RefreshClock
    let wallClock: UnixClock
    let fetch: KeySetFetch
    let recorder: FetchRecorder
    let snapshotPath: String?
    let signal: WakeSignal

    /// - Parameters:
    ///   - snapshotPath: a file that keeps the keys for a start without network; its folder must belong to this service.
    ///   - logger: hears outcomes with reason and host; never a token, a key or what a server wrote.
    ///   - clock: for the schedule. `wallClock` is for the age of a snapshot and for showing.
    public init(
        _ location: KeySetLocation, refresh: RefreshPolicy = .standard, rules: KeyFetchRules = .standard,
        transport: any KeyTransport = HTTPTransport(), snapshotPath: String? = nil,
        logger: Logger = Logger(label: "FastVerifyHTTP"), metrics: any MetricsFactory = MetricsSystem.factory,
        clock: RefreshClock = .continuous,
        wallClock: UnixClock = .system
    ) throws(KeySetLocation.Invalid) {
        guard rules.allowsScheme(of: location.endpoint) else { throw .insecureURL }
        var rules = rules
        rules.limits = rules.limits.consistent
        let schedule = RefreshSchedule(refresh, now: clock.now)
        let signal = WakeSignal()
        let missing = MissingKeys(clock: clock, lifetime: schedule.policy.unknownKeyLifetime, signal: signal)
        source = KeySource(KeySet([])) { missing.record($0) }
        condition = WaitingLock(Condition(schedule: schedule))
        fetch = KeySetFetch(location: location, rules: rules, transport: transport, clock: wallClock)
        recorder = FetchRecorder(host: location.endpoint.host, logger: logger, metrics: metrics)
        self.missing = missing
        self.signal = signal
        self.clock = clock
        self.wallClock = wallClock
        self.snapshotPath = snapshotPath
    }

    // MARK: Running

    /// Keeps the keys fresh until the task is cancelled or the service group shuts down gracefully; returns normally then.
    /// The keys stay in force as they are, for requests that are still being answered. Throws when it runs already.
    public func run() async throws {
        let runs = condition.withLock { condition in
            defer { condition.isRunning = true }
            return condition.isRunning
        }
        if runs { throw AlreadyRunning() }
        await restoreSnapshot()
        await cancelWhenGracefulShutdown { await self.keepFresh() }
        condition.withLock { $0.isRunning = false }
        wakeAll()
    }

    /// A set has one `run()` at a time.
    public struct AlreadyRunning: Error {}

    private func keepFresh() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                switch nextStep() {
                case .fetch(let cause): group.addTask { await self.perform(cause) }
                case .drop: continue
                case .wait(let time): await signal.wait(until: time, clock)
                }
            }
            group.cancelAll()
        }
    }

    /// What the schedule says; keys that are too old are gone when it returns.
    func nextStep() -> RefreshSchedule.Step {
        let (step, keyAge) = condition.withLock { condition in
            let step = condition.schedule.step(now: clock.now, isWanted: missing.isWanted)
            switch step {
            case .fetch:
                missing.answer()
                condition.begunFetches += 1
            case .drop:
                source.replace(with: KeySet([]))
                condition.drop()
            case .wait: break
            }
            return (step, condition.lastSuccess.map { clock.now - $0 })
        }
        if step == .drop { recorder.dropped() }
        recorder.measure(keyAge: keyAge, unknownKeys: missing.count)
        return step
    }

    // MARK: Waiting

    func wakeAll() {
        waiters.wakeAll()
        observers.wakeAll()
    }

    /// Whether a set from the issuer or from a snapshot is in force. False before the first and after the stale limit; true
    /// for a set that the issuer has emptied. For readiness probes; O(1).
    public var isReady: Bool { condition.withLock { $0.schedule.isValid(at: clock.now) } }

    /// Returns when `isReady`; throws `CancellationError` when the task is cancelled first.
    public func waitUntilReady() async throws {
        while !isReady {
            await observers.wait(until: nil, clock) { !self.isReady }
            try Task.checkCancellation()
        }
    }

    /// Fetches now, the cool-down notwithstanding: for an operator who knows that a key has just been withdrawn. Returns
    /// when a fetch that has begun after the call has ended, throws its reason when it failed, `cancelled` when nobody
    /// runs the set.
    public func refresh() async throws(FetchError) {
        let awaited = condition.withLock {
            $0.schedule.demand()
            return $0.begunFetches + 1
        }
        signal.raise()
        while condition.withLock({ $0.isRunning && $0.endedFetches < awaited }) {
            await observers.wait(until: nil, clock) {
                self.condition.withLock { $0.isRunning && $0.endedFetches < awaited }
            }
            if Task.isCancelled { throw .cancelled }
        }
        if let error = condition.withLock({ $0.endedFetches < awaited ? .cancelled : $0.lastError }) { throw error }
    }

    /// Waits for the fetch that a token's missing key has caused, until `deadline`. False when there is none to wait for:
    /// the cool-down holds, or nobody runs the set.
    func awaitNews(until deadline: Duration) async -> Bool {
        let ended: UInt64? = condition.withLock { isNewsComing($0) ? $0.endedFetches : nil }
        guard let ended else { return false }
        await waiters.wait(until: deadline, clock) {
            self.condition.withLock { $0.endedFetches == ended && $0.isRunning }
        }
        return condition.withLock { $0.endedFetches != ended }
    }

    private func isNewsComing(_ condition: borrowing Condition) -> Bool {
        guard condition.isRunning else { return false }
        return condition.schedule.isFetching || (missing.isWanted && condition.schedule.earliest <= clock.now)
    }
}
