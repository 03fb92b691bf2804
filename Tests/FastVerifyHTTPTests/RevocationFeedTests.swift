// A feed of server-sent events: what is asked, what reaches the set, and what is confirmed.
import FastVerify
import FaultyKeyServer
import Synchronization
import Testing

@testable import FastVerifyHTTP

@Suite struct RevocationFeedTests: RevocationFeedSuite {
    let clock = ManualClock()
    let wall = WallClock()
    let log = FeedLog("a", rules: (0..<3).map(Revocations.rule))
    let set: RevocationSet

    init() {
        set = RevocationSet(capacity: 1000, staleness: .failClosed(after: 60), clock: wall.unix)
    }

    // MARK: Server-sent events

    @Test func snapshotEventsAndResumption() async throws {
        let transport = stream(snapshot)
        let feed = try events(transport)
        #expect(!feed.isReady && set.isStale(at: wall.now))
        await feed.connect()
        #expect(feed.isReady && current == log.rules.sorted() && !set.isStale(at: wall.now))
        let first = transport.requests[0]
        #expect(first.header("accept") == "text/event-stream" && first.header("last-event-id") == nil)
        #expect(first.header("cache-control") == "no-cache" && first.header("accept-encoding") == "identity")
        log.append([Revocations.rule(3), Revocations.rule(4)])
        transport.answer { [log] _ in
            ScriptedStream.Answer(pieces: [log.message(log.event(4), id: 4), log.message(log.event(5), id: 5)])
        }
        await feed.connect()
        #expect(transport.requests[1].header("last-event-id") == "a:3")
        #expect(current == log.rules.sorted())
        await feed.connect()
        #expect(transport.requests[2].header("last-event-id") == "a:5")
        let state = feed.state
        #expect(state.events == 2 && state.snapshots == 1 && state.duplicates == 2 && state.gaps == 0)
        #expect(state.sequence == 5 && state.log == "a" && state.lastError == nil && state.connections == 3)
    }

    /// Several lines in one event, names of events, events of others, and ids that cannot be sent back.
    @Test func events() async throws {
        let other = "event: news\ndata: garbage\n\n"
        let named = "event: revocation\ndata: \(Revocations.rule(8))\ndata: \(Revocations.rule(9))\nid: ä\n\n"
        let feed = try events(stream(snapshot + other + named))
        await feed.connect()
        #expect(current == (log.rules + [Revocations.rule(8), Revocations.rule(9)]).sorted())
        #expect(feed.state.refusedLines == 0)
        #expect(feed.condition.withLock { $0.lastEventID } == "a:3")
    }

    /// Whatever breaks the numbers off is mended by a snapshot; what came before is kept.
    @Test func gaps() async throws {
        log.append([Revocations.rule(3), Revocations.rule(4)])
        let early = FeedLog("a", rules: Array(log.rules.prefix(3)))
        let transport = stream(early.message(early.snapshot, id: 3), log.message(log.event(5), id: 5))
        let feed = try events(transport)
        await feed.connect()
        #expect(!feed.isReady && feed.state.lastError == .gap && feed.state.gaps == 1 && current.count == 4)
        transport.answer { [snapshot] _ in ScriptedStream.Answer(pieces: [snapshot]) }
        await feed.connect()
        #expect(transport.requests[1].header("last-event-id") == nil)
        #expect(feed.isReady && current == log.rules.sorted() && feed.state.lastError == nil)
    }

    /// A snapshot that breaks off confirms nothing, is asked for again, and its rules are in force.
    @Test func brokenSnapshot() async throws {
        let text = snapshot
        let transport = stream(String(text.dropLast(3)))
        let feed = try events(transport)
        await feed.connect()
        #expect(!feed.isReady && set.isStale(at: wall.now) && feed.state.lastError == .ended && current.isEmpty)
        let lines = log.snapshot
        let pieces = lines.dropLast().map { log.message($0, id: 3) }
        transport.answer { _ in ScriptedStream.Answer(pieces: pieces) }
        await feed.connect()
        #expect(!feed.isReady && set.isStale(at: wall.now) && current == log.rules.sorted())
        transport.answer { _ in ScriptedStream.Answer(pieces: [text]) }
        await feed.connect()
        #expect(feed.isReady && transport.requests.allSatisfy { $0.header("last-event-id") == nil })
    }

    /// The ids of one log are not sent back to the next.
    @Test func idsOfAnEarlierLog() async throws {
        let transport = stream(snapshot)
        let feed = try events(transport)
        await feed.connect()
        log.restart("b")
        let lines = log.snapshot.map { "data: \($0)\n" }.joined() + "\n"
        transport.answer { _ in ScriptedStream.Answer(pieces: [lines]) }
        await feed.connect()
        await feed.connect()
        #expect(transport.requests.map { $0.header("last-event-id") } == [nil, "a:3", nil])
        #expect(feed.isReady && feed.state.log == "b")
    }

    // MARK: Freshness

    /// Comments and heartbeats confirm; events do not, since more may be on their way. Without either the set grows stale.
    @Test func freshness() async throws {
        let transport = stream(snapshot)
        let feed = try events(transport)
        await feed.connect()
        let start = wall.now
        pass(50)
        #expect(set.freshness == start)
        log.append([Revocations.rule(3)])
        transport.answer { [log] _ in ScriptedStream.Answer(pieces: [log.message(log.event(4), id: 4)]) }
        await feed.connect()
        #expect(set.freshness == start && feed.state.lag == .seconds(50))
        transport.answer { _ in ScriptedStream.Answer(pieces: [":\n"]) }
        await feed.connect()
        #expect(set.freshness == start + 50 && feed.state.lag == .zero && feed.state.lastConfirmed == start + 50)
        pass(60)
        #expect(!set.isStale(at: wall.now))
        pass(1)
        #expect(set.isStale(at: wall.now))
        transport.answer { [log] _ in ScriptedStream.Answer(pieces: ["data: \(log.heartbeat)\n\n"]) }
        await feed.connect()
        #expect(!set.isStale(at: wall.now))
        // Half an event with a comment in it is no sign of life.
        pass(10)
        transport.answer { _ in ScriptedStream.Answer(pieces: ["data: x\n:\n"]) }
        await feed.connect()
        #expect(set.freshness == wall.now - 10)
    }

    /// Where only the feed's own words count, contact does not; and none of them counts for the future.
    @Test func statements() async throws {
        let transport = stream(snapshot, ":\n\n", "data: \(log.heartbeat)\n\n")
        let feed = try events(transport, RevocationFeedRules(confirmation: .statement))
        await feed.connect()
        #expect(feed.isReady && set.freshness == nil && feed.state.lag == nil && set.isStale(at: wall.now))
        let time = wall.now
        transport.answer { _ in ScriptedStream.Answer(pieces: [#"data: {"seq":3,"fresh_at":\#(time - 20)}"#, "\n\n"]) }
        await feed.connect()
        #expect(set.freshness == time - 20 && !set.isStale(at: time))
        transport.answer { _ in ScriptedStream.Answer(pieces: [#"data: {"fresh_at":\#(time + 1000)}"#, "\n\n"]) }
        await feed.connect()
        #expect(set.freshness == time)
        // A snapshot that says how old it is is no younger, contact or not.
        let old = feed.state.lastConfirmed
        #expect(old == time)
    }

    @Test func cutFeedClosesTheDoor() async throws {
        let keys = RemoteJWKSet.test(ScriptedTransport(Issuer.set(0)), clock)
        await keys.tick()
        let verifier = Verifier(Issuer.policy(), keys: keys.source, clock: wall.unix, revocation: set)
        let transport = stream(snapshot)
        let feed = try events(transport)
        #expect(verifier.error(Issuer.token(0)) == .revocationUnknown)
        await feed.connect()
        #expect(verifier.error(Issuer.token(0)) == nil)
        transport.answer { _ in ScriptedStream.Answer(status: 503) }
        pass(61)
        await feed.connect()
        #expect(verifier.error(Issuer.token(0)) == .revocationUnknown)
        transport.answer { _ in ScriptedStream.Answer(pieces: [":\n"]) }
        await feed.connect()
        #expect(verifier.error(Issuer.token(0)) == nil)
        log.append([#"{"iss":"\#(Issuer.name)","sub":"u","not_before":\#(wall.now)}"#])
        transport.answer { [log] _ in ScriptedStream.Answer(pieces: [log.message(log.event(4), id: 4)]) }
        await feed.connect()
        #expect(verifier.error(Issuer.token(0)) == .revoked)
    }
}
