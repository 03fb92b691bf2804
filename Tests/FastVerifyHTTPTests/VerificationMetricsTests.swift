// What the engine counts, as swift-metrics gets to see it.
import FastVerify
import MetricsTestKit
import ServiceLifecycle
import ServiceLifecycleTestKit
import Testing

@testable import FastVerifyHTTP

@Suite struct VerificationMetricsTests {
    private let clock = ManualClock()
    private let metrics = TestMetrics()
    private let keys = KeySource(KeySet(try! JWKSet(json: Array(Issuer.set(0).utf8))))

    private func count(_ label: String, _ dimensions: (String, String)...) throws -> Int64 {
        try metrics.expectCounter(label, dimensions).totalValue
    }

    private func verify(_ pool: VerifierPool, _ token: String) async { _ = try? await pool.verify(token) }

    /// Totals are carried over once, whenever and however often that is done.
    @Test func poolAndCache() async throws {
        let cache = TokenCache(bytes: 1 << 20)
        let verifier = Verifier(Issuer.policy(), keys: keys, clock: .fixed(Issuer.now), cache: cache)
        let pool = VerifierPool(verifier, options: VerifierPool.Options(workers: 1))
        let exporter = VerificationMetrics(
            pool: pool, cache: cache, dimensions: [("pool", "a")], metrics: metrics, clock: RefreshClock(clock))
        exporter.collect()
        let name = ("pool", "a")
        #expect(try count("fastverify_tokens_total", name, ("outcome", "accepted")) == 0)
        let token = Issuer.token(0)
        for _ in 0..<3 { await verify(pool, token) }
        await verify(pool, Issuer.unknown("x"))
        await verify(pool, "a.b.c")
        for _ in 0..<3 { exporter.collect() }
        await verify(pool, token)
        exporter.collect()
        #expect(try count("fastverify_tokens_total", name, ("outcome", "accepted")) == 4)
        #expect(try count("fastverify_tokens_total", name, ("outcome", "key_not_found")) == 1)
        #expect(try count("fastverify_tokens_total", name, ("outcome", "invalid_encoding")) == 1)
        #expect(throws: (any Error).self) { try count("fastverify_tokens_total", name, ("outcome", "expired")) }
        let lookups = try count("fastverify_cache_lookups_total", name, ("outcome", "hit"))
        #expect(lookups == Int64(cache.statistics.hits) && lookups == 3)
        #expect(try count("fastverify_cache_insertions_total", name) == Int64(cache.statistics.insertions))
        #expect(
            try metrics.expectGauge("fastverify_cache_entries", [name]).lastValue == Double(cache.statistics.entries))
        #expect(try metrics.expectGauge("fastverify_pool_waiting", [name]).lastValue == 0)
        let statistics = pool.statistics
        let batches = statistics.batches.reduce(0, +)
        #expect(try count("fastverify_pool_batch_size_count", name) == Int64(batches))
        #expect(try count("fastverify_pool_batch_size_bucket", name, ("le", "1")) == Int64(statistics.batches[0]))
        #expect(try count("fastverify_pool_batch_size_bucket", name, ("le", "+Inf")) == Int64(batches))
        #expect(
            try count("fastverify_pool_latency_seconds_bucket", name, ("le", "+Inf"))
                == Int64(statistics.latencies.reduce(0, +)))
        #expect(
            try metrics.expectGauge("fastverify_key_table_budget_bytes", [name]).lastValue == Double(KeyTables.budget))
    }

    /// Cumulative buckets that end in all; totals that wrap.
    @Test func series() throws {
        var series = CounterSeries(dimensions: [], factory: metrics)
        var counts: [UInt64] = [1, 2, 3, 4, 5, 6]
        series.histogram("h", counts, 1..<4) { "\($0)" }
        counts[2] += 10
        series.histogram("h", counts, 1..<4) { "\($0)" }
        #expect(try count("h_bucket", ("le", "1")) == 3 && count("h_bucket", ("le", "2")) == 16)
        #expect(try count("h_bucket", ("le", "3")) == 20 && count("h_bucket", ("le", "+Inf")) == 31)
        #expect(try count("h_count") == 31)
        series.total("t", .max - 1, always: false)
        series.total("t", 3, always: false)
        #expect(try metrics.expectCounter("t", []).values == [.max, 5])
        series.total("never", 0, always: false)
        #expect(throws: (any Error).self) { try count("never") }
    }

    @Test func leasesAndService() async throws {
        let leases = LeaseBook(clock: .fixed(Issuer.now))
        let verifier = Verifier(Issuer.policy(), keys: keys, clock: .fixed(Issuer.now))
        let exporter = VerificationMetrics(
            leases: leases, keyTables: false, metrics: metrics, clock: RefreshClock(clock))
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup { group in
                group.addTask { try await exporter.run() }
                #expect(await eventually { clock.sleeperCount == 1 })
                let gauge = try metrics.expectGauge("fastverify_leases", [])
                #expect(gauge.lastValue == 0)
                let lease = try leases.lease(verifier.verify(Issuer.token(0))) { _ in }
                clock.advance(by: .seconds(10))
                #expect(await eventually { gauge.lastValue == 1 })
                lease.giveUp()
                trigger.triggerGracefulShutdown()
                try await group.waitForAll()
                #expect(gauge.lastValue == 0)
            }
        }
    }
}
