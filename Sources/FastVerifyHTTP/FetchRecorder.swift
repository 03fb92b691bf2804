internal import FastVerify
internal import Logging
internal import Metrics

/// How a fetch ended.
enum FetchOutcome: Sendable, Hashable {
    /// Another set is in force.
    case replaced
    /// The whole set came, equal to the one in force.
    case same
    /// 304.
    case confirmed
    case failed(FetchError)

    var name: String {
        switch self {
        case .replaced: "replaced"
        case .same: "same"
        case .confirmed: "confirmed"
        case .failed(let error): error.name
        }
    }

    var isFailure: Bool {
        if case .failed = self { true } else { false }
    }
}

/// Logs and metrics of one remote set. Labels are the host and an outcome out of a few.
///
/// - `fastverify_jwks_fetches_total{issuer, outcome}`
/// - `fastverify_jwks_unknown_keys_total{issuer}`: tokens refused because no key had their name
/// - `fastverify_jwks_age_seconds{issuer}`: since the issuer last sent or confirmed the set; of that moment when the schedule
///   was looked at last, at least once for each cool-down while tokens ask for unknown keys
/// - `fastverify_jwks_keys{issuer}`: in force
final class FetchRecorder: Sendable {
    private let host: String
    private let logger: Logger
    private let metrics: any MetricsFactory
    private let unknownKeys: Counter
    private let age: Gauge
    private let keys: Gauge
    private let counted = WaitingLock<UInt64>(0)

    init(host: String, logger: Logger, metrics: any MetricsFactory) {
        self.host = host
        self.logger = logger
        self.metrics = metrics
        let issuer = [("issuer", host)]
        unknownKeys = Counter(label: "fastverify_jwks_unknown_keys_total", dimensions: issuer, factory: metrics)
        age = Gauge(label: "fastverify_jwks_age_seconds", dimensions: issuer, factory: metrics)
        keys = Gauge(label: "fastverify_jwks_keys", dimensions: issuer, factory: metrics)
    }

    func ended(_ outcome: FetchOutcome, _ cause: RefreshSchedule.Cause, keys count: Int) {
        Counter(
            label: "fastverify_jwks_fetches_total", dimensions: [("issuer", host), ("outcome", outcome.name)],
            factory: metrics
        ).increment()
        keys.record(count)
        var metadata: Logger.Metadata = [
            "issuer": "\(host)", "outcome": "\(outcome.name)", "cause": "\(cause.rawValue)", "keys": "\(count)",
        ]
        switch outcome {
        // A shutdown is no reason to worry.
        case .failed(.cancelled): logger.debug("key set not refreshed", metadata: metadata)
        case .failed(let error):
            metadata["reason"] = "\(error)"
            logger.warning("key set not refreshed", metadata: metadata)
        case .replaced: logger.info("key set replaced", metadata: metadata)
        case .same, .confirmed: logger.debug("key set confirmed", metadata: metadata)
        }
    }

    func dropped() {
        keys.record(0)
        logger.error("key set too old, no key left in force", metadata: ["issuer": "\(host)"])
    }

    func snapshotRestored(keys count: Int) {
        keys.record(count)
        logger.notice("key set restored from snapshot", metadata: ["issuer": "\(host)", "keys": "\(count)"])
    }

    func snapshotRefused(_ reason: String) {
        let level: Logger.Level = reason == KeySnapshot.Failure.absent.rawValue ? .debug : .warning
        logger.log(level: level, "key set snapshot not used", metadata: ["issuer": "\(host)", "reason": "\(reason)"])
    }

    func snapshotNotKept(_ failure: KeySnapshot.Failure) {
        logger.warning(
            "key set snapshot not kept", metadata: ["issuer": "\(host)", "reason": "\(failure.rawValue)"])
    }

    func measure(keyAge: Duration?, unknownKeys total: UInt64) {
        if let keyAge { age.record(keyAge.components.seconds) }
        let new = counted.withLock { counted in
            defer { counted = total }
            return total &- counted
        }
        if new > 0 { unknownKeys.increment(by: new) }
    }
}
