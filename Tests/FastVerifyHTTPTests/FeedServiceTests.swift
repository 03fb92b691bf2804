// A feed as a service, and what operators get to see of it.
import FastVerify
import FaultyKeyServer
import Logging
import MetricsTestKit
import ServerFixtures
import ServiceLifecycle
import ServiceLifecycleTestKit
import Synchronization
import Testing

@testable import FastVerifyHTTP

@Suite struct FeedServiceTests: RevocationFeedSuite {
    let clock = ManualClock()
    let wall = WallClock()
    let log = FeedLog("a", rules: (0..<3).map(Revocations.rule))
    let set: RevocationSet

    init() {
        set = RevocationSet(capacity: 1000, staleness: .failClosed(after: 60), clock: wall.unix)
    }

    /// Runs the feed until the body is done, as a service group would.
    private func running(_ feed: RevocationFeed, _ body: () async throws -> Void) async throws {
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup { group in
                group.addTask { try await feed.run() }
                do { try await body() } catch { Issue.record(error) }
                trigger.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
        #expect(!feed.condition.withLock { $0.isRunning } && !feed.state.isConnected)
    }

    /// Ready once the snapshot is whole; follows from pause to pause; ends at once, in the middle of a connection, too.
    @Test func service() async throws {
        let hold = Gate()
        let snapshot = snapshot
        let transport = ScriptedStream { _ in ScriptedStream.Answer(pieces: [snapshot]) }
        let feed = try events(transport)
        try await running(feed) {
            try await feed.waitUntilReady()
            await #expect(throws: RevocationFeed.AlreadyRunning.self) { try await feed.run() }
            #expect(await eventually { !feed.state.isConnected && clock.sleeperCount == 1 })
            log.append([Revocations.rule(3)])
            transport.answer { [log] _ in
                ScriptedStream.Answer(pieces: [log.message(log.event(4), id: 4), ":\n"]) { () throws(FetchError) in
                    await hold.pass()
                }
            }
            pass(10)
            #expect(await eventually { current == log.rules.sorted() && set.freshness == wall.now })
            #expect(feed.state.isConnected)
            hold.open()
        }
        #expect(transport.requests.count == 2)
    }

    /// Silence ends a connection by the feed's own clock, whatever the transport thinks; so does its age.
    @Test func watch() async throws {
        let wait: @Sendable () async throws(FetchError) -> Void = { () throws(FetchError) in
            try? await Task.sleep(for: .seconds(3600))
            throw .cancelled
        }
        let snapshot = snapshot
        let transport = ScriptedStream { _ in ScriptedStream.Answer(pieces: [snapshot], end: wait) }
        let rules = RevocationFeedRules(idleTime: .seconds(45), connectionTime: .seconds(30))
        let feed = try events(transport, rules)
        async let aged: Void = feed.connect()
        #expect(await eventually { feed.isReady && clock.sleeperCount == 1 })
        clock.advance(by: .seconds(30))
        await aged
        #expect(feed.state.lastError == nil && feed.isReady)
        let other = try events(transport)
        async let silent: Void = other.connect()
        #expect(await eventually { other.isReady && clock.sleeperCount == 1 })
        // What came last may be on its way when the clock is set.
        #expect(
            await eventually {
                if other.state.isConnected { clock.advance(by: .seconds(45)) }
                return !other.state.isConnected
            })
        await silent
        #expect(other.state.lastError == .fetch(.timedOut) && other.state.failures == 1)
        // Before a snapshot is whole, the end of its time is a failure.
        let cut = String(snapshot.dropLast(2))
        let slow = try events(ScriptedStream { _ in ScriptedStream.Answer(pieces: [cut], end: wait) }, rules)
        async let late: Void = slow.connect()
        #expect(await eventually { slow.state.isConnected && clock.sleeperCount == 1 })
        clock.advance(by: .seconds(30))
        await late
        #expect(slow.state.lastError == .ended)
    }

    @Test func metrics() async throws {
        let metrics = TestMetrics()
        let snapshot = snapshot
        log.append([Revocations.rule(3)])
        let pieces = [
            snapshot, log.message(log.event(4), id: 4), log.message(log.event(4), id: 4), "data: garbage\n\n:\n",
            "data: {\"seq\":9}\n\n",
        ]
        let transport = ScriptedStream { _ in ScriptedStream.Answer(pieces: pieces) }
        let feed = RevocationFeed.test(
            try .events("https://id.example/"), into: set, transport, clock, wall, metrics: metrics)
        let exporter = VerificationMetrics(
            revocation: set, feeds: [feed], keyTables: false, metrics: metrics, clock: RefreshClock(clock),
            wallClock: wall.unix)
        exporter.collect()
        #expect(try metrics.expectGauge("fastverify_revocation_stale", []).lastValue == 1)
        await feed.connect()
        transport.answer { _ in ScriptedStream.Answer(status: 503) }
        await feed.connect()
        pass(7)
        exporter.collect()
        let name = ("feed", "id.example")
        func count(_ label: String, _ more: (String, String)...) throws -> Int64 {
            try metrics.expectCounter("fastverify_revocation_feed_\(label)_total", [name] + more).totalValue
        }
        #expect(try count("lines", ("kind", "event")) == 1 && count("lines", ("kind", "duplicate")) == 1)
        #expect(try count("lines", ("kind", "refused")) == 1 && count("snapshots") == 1 && count("gaps") == 1)
        #expect(try count("connections", ("outcome", "gap")) == 1)
        #expect(try count("connections", ("outcome", "status_5xx")) == 1)
        #expect(try metrics.expectGauge("fastverify_revocation_feed_current", [name]).lastValue == 0)
        #expect(try metrics.expectGauge("fastverify_revocation_feed_lag_seconds", [name]).lastValue == 7)
        #expect(try metrics.expectGauge("fastverify_revocation_stale", []).lastValue == 0)
        #expect(try metrics.expectGauge("fastverify_revocation_age_seconds", []).lastValue == 7)
        #expect(try metrics.expectGauge("fastverify_revocation_rules", []).lastValue == 5)
        #expect(try metrics.expectCounter("fastverify_revocation_changes_total", []).totalValue == 4)
    }

    /// Reasons and hosts, each once while it lasts; nothing that a server wrote, nor whom a rule is about.
    @Test func logs() async throws {
        let lines = LogLines()
        let transport = ScriptedStream { _ in
            ScriptedStream.Answer(pieces: ["data: {\"iss\":\"server-text\"}\n\n"])
        }
        let feed = RevocationFeed.test(
            try .events("https://id.example/"), into: set, transport, clock, wall,
            authorization: { "Bearer secret" }, logger: lines.logger)
        for _ in 0..<5 { await feed.connect() }
        transport.answer { [snapshot] _ in ScriptedStream.Answer(pieces: [snapshot, "data: server-text\n\n"]) }
        await feed.connect()
        let text = lines.text
        for expected in [
            "warning revocation feed not followed", "no_snapshot", "notice revocation feed followed again",
        ] {
            #expect(text.ranges(of: expected).count >= 1, "\(expected) in \(text)")
        }
        #expect(text.ranges(of: "warning revocation feed not followed").count == 1 && text.contains("id.example"))
        #expect(text.contains("warning lines of the feed refused"))
        for secret in ["server-text", "user-", "secret", "Bearer"] { #expect(!text.contains(secret), "\(secret)") }
    }
}
