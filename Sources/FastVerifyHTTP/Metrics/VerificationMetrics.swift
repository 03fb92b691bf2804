public import FastVerify
public import Metrics
public import ServiceLifecycle

/// Carries over to swift-metrics what the engine counts: pool, cache, tables of keys, revocation, leases.
///
///     let metrics = VerificationMetrics(pool: pool, cache: cache, revocation: revocation, feeds: [feed])
///     let services = ServiceGroup(services: [keys, feed, metrics, server], gracefulShutdownSignals: [.sigterm], logger: logger)
///
/// As a service it does so at every interval; where metrics are collected on demand, call `collect` before. The engine counts
/// without swift-metrics, so a verification pays nothing for this. No label has a value that a token or a server could choose.
///
/// - `fastverify_tokens_total{outcome}`: `accepted`, a reason of `VerificationError`, `overloaded`, `deadline_exceeded`,
///   `cancelled`, `shut_down`. `fastverify_pool_waiting`. Histograms without sum: `fastverify_pool_batch_size`,
///   `fastverify_pool_latency_seconds` (of one token in sixteen).
/// - `fastverify_cache_lookups_total{outcome}`: `hit`, `miss`. `fastverify_cache_insertions_total`,
///   `fastverify_cache_turned_away_total`, `fastverify_cache_evictions_total`, `fastverify_cache_entries`, `fastverify_cache_bytes`.
/// - `fastverify_key_table_signatures_total{table}`: `none`, `small`, `large`. `fastverify_key_table_builds_total{outcome}`:
///   `small`, `large`, `failed`. `fastverify_key_table_requests_refused_total{reason}`: `no_room`, `busy`.
///   `fastverify_key_table_evictions_total`, `fastverify_key_table_bytes`, `fastverify_key_table_budget_bytes`.
/// - `fastverify_revocation_rules`, `fastverify_revocation_bytes`, `fastverify_revocation_expired_total`,
///   `fastverify_revocation_changes_total`, `fastverify_revocation_stale` (1: tokens are refused), and, once there is one,
///   `fastverify_revocation_age_seconds`, since the last moment for which the set was complete.
/// - `fastverify_revocation_feed_current{feed}` (1: nothing missing), `fastverify_revocation_feed_lag_seconds{feed}`.
/// - `fastverify_leases`.
public final class VerificationMetrics: Service, Sendable {
    private let pool: VerifierPool?
    private let cache: TokenCache?
    private let revocation: RevocationSet?
    private let feeds: [RevocationFeed]
    private let leases: LeaseBook?
    private let hasKeyTables: Bool
    private let interval: Duration
    private let series: WaitingLock<CounterSeries>
    private let clock: RefreshClock
    private let wallClock: UnixClock

    /// - Parameters:
    ///   - keyTables: there is one store for the process, so one exporter should do this.
    ///   - dimensions: go with every metric, to tell several pools apart.
    ///   - interval: at least 100 ms.
    public init(
        pool: VerifierPool? = nil, cache: TokenCache? = nil, revocation: RevocationSet? = nil,
        feeds: [RevocationFeed] = [], leases: LeaseBook? = nil, keyTables: Bool = true,
        dimensions: [(String, String)] = [], interval: Duration = .seconds(10),
        metrics: any MetricsFactory = MetricsSystem.factory, clock: RefreshClock = .continuous,
        wallClock: UnixClock = .system
    ) {
        self.pool = pool
        self.cache = cache
        self.revocation = revocation
        self.feeds = feeds
        self.leases = leases
        self.hasKeyTables = keyTables
        self.interval = min(max(.milliseconds(100), interval), .seconds(86_400))
        self.clock = clock
        self.wallClock = wallClock
        series = WaitingLock(CounterSeries(dimensions: dimensions, factory: metrics))
    }

    /// Collects at every interval, and once more at the end, until the task is cancelled or the service group shuts down.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                self.collect()
                await self.clock.sleep(until: self.clock.now + self.interval)
            }
        }
        collect()
    }

    /// Carries over what has been counted up to now. Some microseconds; safe to call from any thread at any time.
    public func collect() {
        series.withLock { series in
            if let pool { Self.collect(pool.statistics, &series) }
            if let cache { Self.collect(cache.statistics, &series) }
            if hasKeyTables { Self.collect(KeyTables.counters, &series) }
            if let revocation { collect(revocation, &series) }
            for feed in feeds { Self.collect(feed, &series) }
            if let leases { series.gauge("fastverify_leases", leases.count) }
        }
    }

    private static func collect(_ pool: PoolStatistics, _ series: inout CounterSeries) {
        func tokens(_ outcome: String, _ count: UInt64, always: Bool = false) {
            series.total("fastverify_tokens_total", [("outcome", outcome)], count, always: always)
        }
        tokens("accepted", pool.accepted, always: true)
        for (error, count) in pool.refused { tokens(error.name, count) }
        tokens("overloaded", pool.overloaded, always: true)
        tokens("deadline_exceeded", pool.deadlineExceeded)
        tokens("cancelled", pool.cancelled)
        tokens("shut_down", pool.shutDown)
        series.gauge("fastverify_pool_waiting", pool.waiting)
        series.histogram("fastverify_pool_batch_size", pool.batches, 0..<10) { "\((2 << $0) - 1)" }
        // From a microsecond to 17 seconds.
        series.histogram("fastverify_pool_latency_seconds", pool.latencies, 9..<34) {
            "\(Double(UInt64(2) << UInt64($0)) / 1e9)"
        }
    }

    private static func collect(_ cache: TokenCache.Statistics, _ series: inout CounterSeries) {
        series.total("fastverify_cache_lookups_total", [("outcome", "hit")], cache.hits, always: true)
        series.total("fastverify_cache_lookups_total", [("outcome", "miss")], cache.misses, always: true)
        series.total("fastverify_cache_insertions_total", cache.insertions, always: true)
        series.total("fastverify_cache_turned_away_total", cache.turnedAway, always: true)
        series.total("fastverify_cache_evictions_total", cache.evictions, always: true)
        series.gauge("fastverify_cache_entries", cache.entries)
        series.gauge("fastverify_cache_bytes", cache.bytes)
    }

    private static func collect(_ tables: KeyTables.Counters, _ series: inout CounterSeries) {
        func signatures(_ table: String, _ count: UInt64) {
            series.total("fastverify_key_table_signatures_total", [("table", table)], count)
        }
        signatures("none", tables.usesWithoutTable)
        signatures("small", tables.smallTableUses)
        signatures("large", tables.largeTableUses)
        func builds(_ outcome: String, _ count: UInt64) {
            series.total("fastverify_key_table_builds_total", [("outcome", outcome)], count)
        }
        builds("small", tables.smallTableBuilds)
        builds("large", tables.largeTableBuilds)
        builds("failed", tables.failedBuilds)
        func refused(_ reason: String, _ count: UInt64) {
            series.total("fastverify_key_table_requests_refused_total", [("reason", reason)], count)
        }
        refused("no_room", tables.requestsWithoutRoom)
        refused("busy", tables.refusedRequests)
        series.total("fastverify_key_table_evictions_total", tables.evictions, always: true)
        series.gauge("fastverify_key_table_bytes", tables.bytes)
        series.gauge("fastverify_key_table_budget_bytes", tables.budgetBytes)
    }

    private func collect(_ revocation: RevocationSet, _ series: inout CounterSeries) {
        let now = wallClock.now
        let statistics = revocation.statistics
        series.gauge("fastverify_revocation_rules", statistics.count)
        series.gauge("fastverify_revocation_bytes", statistics.bytes)
        series.total("fastverify_revocation_expired_total", statistics.dropped, always: true)
        series.total("fastverify_revocation_changes_total", revocation.epoch, always: true)
        series.gauge("fastverify_revocation_stale", revocation.isStale(at: now) ? 1 : 0)
        if let time = revocation.freshness {
            let (age, overflows) = now.subtractingReportingOverflow(time)
            series.gauge("fastverify_revocation_age_seconds", overflows ? Int64.max : max(0, age))
        }
    }

    private static func collect(_ feed: RevocationFeed, _ series: inout CounterSeries) {
        let state = feed.state
        let name = [("feed", feed.location.name)]
        feed.carryCounts()
        series.gauge("fastverify_revocation_feed_current", name, state.isCurrent ? 1 : 0)
        if let lag = state.lag { series.gauge("fastverify_revocation_feed_lag_seconds", name, lag.components.seconds) }
    }
}
