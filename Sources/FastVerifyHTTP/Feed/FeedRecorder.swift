internal import Logging
internal import Metrics
internal import Synchronization

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
    private let counted = Mutex(RevocationReplica.Counts())
    private let lastError = Mutex<FeedError?>(nil)

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

    /// A connection has ended, as it should where there is no error.
    func ended(_ error: FeedError?, _ counts: RevocationReplica.Counts) {
        Counter(
            label: "fastverify_revocation_feed_connections_total",
            dimensions: [("feed", feed), ("outcome", error?.name ?? "ended")], factory: metrics
        ).increment()
        let refused = count(counts)
        let metadata: Logger.Metadata = ["feed": "\(feed)"]
        if refused > 0 {
            logger.warning("lines of the feed refused", metadata: metadata.merging(["lines": "\(refused)"]) { $1 })
        }
        let isNew = lastError.withLock { last in
            defer { last = error }
            return last != error
        }
        guard let error else {
            if isNew { logger.notice("revocation feed followed again", metadata: metadata) }
            return
        }
        // A shutdown is no reason to worry, and an error that goes on is no news.
        let level: Logger.Level = error == .fetch(.cancelled) || !isNew ? .debug : .warning
        logger.log(
            level: level, "revocation feed not followed", metadata: metadata.merging(["reason": "\(error)"]) { $1 })
    }

    /// Carries counts over. Returns how many lines have been refused since.
    @discardableResult
    func count(_ counts: RevocationReplica.Counts) -> UInt64 {
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
        return counts.refusedLines - before.refusedLines
    }
}
