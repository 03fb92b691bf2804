internal import FastVerify
internal import Logging
internal import Metrics

/// Logs and metrics of one feed. Labels are the host, or `file`, and an outcome out of a few.
///
/// - `fastverify_revocation_feed_connections_total{feed, outcome}`: `ended`, or the name of a `FeedError`
/// - `fastverify_revocation_feed_lines_total{feed, kind}`: `event`, `refused`, `duplicate`
/// - `fastverify_revocation_feed_snapshots_total{feed}`, `fastverify_revocation_feed_gaps_total{feed}`
///
/// Counts are carried over when a connection ends and when `VerificationMetrics` asks.
final class FeedRecorder: Sendable {
    private let feed: String
    private let logger: Logger
    private let metrics: any MetricsFactory
    private let events, refused, duplicates, snapshots, gaps: Counter
    private let counted = WaitingLock(RevocationReplica.Counts())
    /// What has been logged.
    private let logged = WaitingLock<(error: FeedError?, refusedLines: UInt64)>((nil, 0))

    init(feed: String, logger: Logger, metrics: any MetricsFactory) {
        self.feed = feed
        self.logger = logger
        self.metrics = metrics
        func counter(_ name: String, _ more: (String, String)...) -> Counter {
            Counter(
                label: "fastverify_revocation_feed_\(name)_total", dimensions: [("feed", feed)] + more, factory: metrics
            )
        }
        events = counter("lines", ("kind", "event"))
        refused = counter("lines", ("kind", "refused"))
        duplicates = counter("lines", ("kind", "duplicate"))
        snapshots = counter("snapshots")
        gaps = counter("gaps")
    }

    /// A connection has ended, as it should where there is no error. `refusedLines`: since the start.
    func ended(_ error: FeedError?, refusedLines: UInt64) {
        Counter(
            label: "fastverify_revocation_feed_connections_total",
            dimensions: [("feed", feed), ("outcome", error?.name ?? "ended")], factory: metrics
        ).increment()
        let metadata: Logger.Metadata = ["feed": "\(feed)"]
        let (isNew, refused) = logged.withLock { logged in
            defer { logged = (error ?? logged.error, refusedLines) }
            return (logged.error != error, refusedLines &- logged.refusedLines)
        }
        if refused > 0 {
            logger.warning("lines of the feed refused", metadata: metadata.merging(["lines": "\(refused)"]) { $1 })
        }
        guard let error else { return followed() }
        // A shutdown is no reason to worry, and an error that goes on is no news.
        let level: Logger.Level = error == .fetch(.cancelled) || !isNew ? .debug : .warning
        logger.log(
            level: level, "revocation feed not followed", metadata: metadata.merging(["reason": "\(error)"]) { $1 })
    }

    /// Nothing is missing.
    func followed() {
        let isNews = logged.withLock { logged in
            defer { logged.error = nil }
            return logged.error != nil
        }
        if isNews { logger.notice("revocation feed followed again", metadata: ["feed": "\(feed)"]) }
    }

    /// Carries counts over; called in the order in which they grow.
    func count(_ counts: RevocationReplica.Counts) {
        let before = counted.withLock { counted in
            defer { counted = counts }
            return counted
        }
        func add(_ counter: Counter, _ part: KeyPath<RevocationReplica.Counts, UInt64>) {
            let new = counts[keyPath: part] - before[keyPath: part]
            if new > 0 { counter.increment(by: new) }
        }
        add(events, \.events)
        add(refused, \.refusedLines)
        add(duplicates, \.duplicates)
        add(snapshots, \.snapshots)
        add(gaps, \.gaps)
    }
}
