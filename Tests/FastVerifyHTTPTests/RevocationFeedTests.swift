// A feed over server-sent events and over long polls: what is asked, what is confirmed, and when it is asked again.
import FastVerify
import FaultyKeyServer
import Synchronization
import Testing

@testable import FastVerifyHTTP

@Suite struct RevocationFeedTests {
    private let clock = ManualClock()
    private let wall = WallClock()
    private let log = FeedLog("a", rules: (0..<3).map(Revocations.rule))
    private let set: RevocationSet

    init() {
        set = RevocationSet(capacity: 1000, staleness: .failClosed(after: 60), clock: wall.unix)
    }

    private func pass(_ seconds: Int64) {
        clock.advance(by: .seconds(seconds))
        wall.advance(by: seconds)
    }

    private func feed(
        _ location: RevocationFeedLocation, _ transport: ScriptedStream, _ rules: RevocationFeedRules = .standard
    ) -> RevocationFeed {
        .test(location, into: set, transport, clock, wall, rules: rules)
    }

    private func events(_ transport: ScriptedStream, _ rules: RevocationFeedRules = .standard) throws -> RevocationFeed
    {
        feed(try .events("https://id.example/revocations"), transport, rules)
    }

    private func polls(_ transport: ScriptedStream, _ rules: RevocationFeedRules = .standard) throws -> RevocationFeed {
        feed(try .longPoll("https://id.example/revocations"), transport, rules)
    }

    private func stream(_ pieces: String...) -> ScriptedStream {
        ScriptedStream { _ in ScriptedStream.Answer(pieces: pieces) }
    }

    private var snapshot: String { log.message(log.snapshot, id: log.count) }
    private var current: [String] { Revocations.rules(of: set) }

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

    // MARK: Pauses

    @Test func pausesDoubleAndEnd() async throws {
        let transport = ScriptedStream { _ in ScriptedStream.Answer(status: 500) }
        let feed = try events(transport, RevocationFeedRules(pause: .seconds(2), maximumBackoff: .seconds(10)))
        for longest: Int64 in [2, 4, 8, 10, 10] {
            await feed.connect()
            let next = feed.state.nextConnection
            #expect(next >= .seconds(longest) / 2 && next <= .seconds(longest))
            pass(100)
        }
        #expect(feed.state.failures == 5 && feed.state.lastError == .fetch(.status(500)))
        transport.answer { _ in ScriptedStream.Answer(status: 503, headers: [("retry-after", "7")]) }
        await feed.connect()
        #expect(feed.state.nextConnection >= .seconds(7))
        transport.answer { _ in ScriptedStream.Answer(status: 503, headers: [("retry-after", "7000")]) }
        pass(100)
        await feed.connect()
        #expect(feed.state.nextConnection == .seconds(10))
        transport.answer { [snapshot] _ in ScriptedStream.Answer(pieces: ["retry: 4000\nretry: 1\n", snapshot]) }
        pass(100)
        await feed.connect()
        #expect(feed.state.failures == 0 && feed.state.nextConnection <= .seconds(2))
        transport.answer { _ in ScriptedStream.Answer(pieces: ["retry: 4000\n"]) }
        await feed.connect()
        #expect(feed.state.nextConnection >= .seconds(2) && feed.state.nextConnection <= .seconds(4))
        transport.answer { _ in ScriptedStream.Answer(pieces: ["retry: 4000000\n"]) }
        await feed.connect()
        #expect(feed.state.nextConnection >= .seconds(5) && feed.state.nextConnection <= .seconds(10))
    }

    /// A server that breaks off right after each snapshot is asked less and less often; one that held for longer than the
    /// pause is asked again soon.
    @Test func flapping() async throws {
        let wrong = snapshot + "data: {\"seq\":99}\n\n"
        let transport = stream(wrong)
        let feed = try events(transport)
        for failures in 1...4 {
            await feed.connect()
            #expect(feed.state.failures == failures && feed.state.lastError == .gap)
            pass(100)
        }
        transport.answer { [clock, snapshot] _ in
            ScriptedStream.Answer(pieces: [snapshot]) { () throws(FetchError) in
                clock.advance(by: .seconds(30))
                throw .interrupted
            }
        }
        await feed.connect()
        #expect(feed.state.failures == 1 && feed.state.lastError == .fetch(.interrupted) && feed.isReady)
    }

    @Test func unusableAnswers() async throws {
        for (answer, error) in [
            (ScriptedStream.Answer(headers: [("content-type", "text/html")]), FetchError.contentType),
            (ScriptedStream.Answer(headers: []), .contentType), (ScriptedStream.Answer(status: 204), .status(204)),
            (ScriptedStream.Answer(status: 304), .nothingToConfirm), (ScriptedStream.Answer(status: 410), .status(410)),
            (
                ScriptedStream.Answer(
                    headers: [("content-type", "text/event-stream"), ("content-encoding", "gzip")]), .contentEncoding
            ),
            (
                ScriptedStream.Answer(status: 302, headers: [("location", "https://other.example/")]),
                .redirectRefused
            ),
            (ScriptedStream.Answer(status: 302, headers: [("location", "/again")]), .redirectRefused),
        ] {
            let feed = try events(ScriptedStream { _ in answer })
            await feed.connect()
            #expect(feed.state.lastError == .fetch(error) && !feed.isReady)
        }
        #expect(throws: KeySetLocation.Invalid.insecureURL) {
            try RevocationFeed(.events("http://id.example/"), into: set)
        }
        #expect(throws: KeySetLocation.Invalid.malformedURL) { try RevocationFeedLocation.longPoll("ftp://x/") }
    }

    /// Within its origin a redirect is followed, and takes the authorization along.
    @Test func redirectsAndAuthorization() async throws {
        let snapshot = snapshot
        let transport = ScriptedStream { request in
            request.url.hasSuffix("/moved")
                ? ScriptedStream.Answer(pieces: [snapshot])
                : ScriptedStream.Answer(status: 307, headers: [("location", "/moved")])
        }
        let feed = RevocationFeed.test(
            try .events("https://id.example/revocations"), into: set, transport, clock, wall,
            authorization: { "Bearer secret" })
        await feed.connect()
        #expect(feed.isReady && transport.requests.count == 2)
        #expect(transport.requests.allSatisfy { $0.header("authorization") == "Bearer secret" })
    }

    // MARK: Long polls

    @Test func longPolls() async throws {
        let transport = ScriptedStream { [log] _ in .lines(log.snapshot) }
        let feed = try polls(transport)
        await feed.connect()
        #expect(feed.isReady && current == log.rules.sorted() && feed.state.nextConnection <= .seconds(1))
        #expect(transport.requests[0].url == "https://id.example/revocations")
        #expect(transport.requests[0].header("prefer") == nil)
        log.append([Revocations.rule(3)])
        transport.answer { [log] _ in .lines([log.event(4)]) }
        pass(1)
        await feed.connect()
        #expect(transport.requests[1].url == "https://id.example/revocations?since=a:3")
        #expect(transport.requests[1].header("prefer") == "wait=25")
        #expect(current == log.rules.sorted() && set.freshness == wall.now && feed.state.sequence == 4)
        // No news, with or without a body; one that does not wait is not asked all the time.
        for answer in [ScriptedStream.Answer(status: 204), .lines([]), .lines([log.heartbeat])] {
            pass(20)
            transport.answer { _ in answer }
            await feed.connect()
            #expect(set.freshness == wall.now && feed.state.lastError == nil)
            #expect(feed.state.nextConnection >= .seconds(25) / 2)
        }
        // An answer from a cache is as old as it says.
        pass(20)
        transport.answer { _ in .lines([], [("age", "15")]) }
        await feed.connect()
        #expect(set.freshness == wall.now - 15)
        // A position that the server does not know.
        transport.answer { _ in ScriptedStream.Answer(status: 410) }
        await feed.connect()
        #expect(feed.state.lastError == .unknownPosition && !feed.isReady && feed.state.sequence == nil)
        transport.answer { [log] _ in .lines(log.snapshot) }
        await feed.connect()
        #expect(transport.requests.last?.url == "https://id.example/revocations" && feed.isReady)
        // A line that does not end has been cut.
        transport.answer { _ in ScriptedStream.Answer(headers: [("content-type", "application/jsonl")], pieces: ["{}"])
        }
        await feed.connect()
        #expect(feed.state.lastError == .ended)
    }

    /// A time that the server held the request counts as waited.
    @Test func heldRequests() async throws {
        let transport = ScriptedStream { [log] _ in .lines(log.snapshot) }
        let feed = try polls(transport)
        await feed.connect()
        transport.answer { [clock] _ in
            var answer = ScriptedStream.Answer.lines([])
            answer.end = { () throws(FetchError) in clock.advance(by: .seconds(25)) }
            return answer
        }
        await feed.connect()
        #expect(feed.state.nextConnection == .zero && feed.state.lastError == nil)
    }

    /// Without numbers every answer is a snapshot, and a tag saves sending it again.
    @Test func entityTags() async throws {
        let lines = [#"{"fastverify_revocations":1}"#, Revocations.rule(1), #"{"rules":1}"#]
        let transport = ScriptedStream { _ in .lines(lines, [("etag", "\"1\"")]) }
        let feed = try polls(transport)
        await feed.connect()
        transport.answer { _ in ScriptedStream.Answer(status: 304) }
        pass(25)
        await feed.connect()
        #expect(transport.requests[1].header("if-none-match") == "\"1\"" && transport.requests[1].url.hasSuffix("s"))
        #expect(set.freshness == wall.now && feed.isReady && feed.state.lastError == nil)
        transport.answer { _ in .lines(Array(lines.dropLast())) }
        await feed.connect()
        #expect(feed.state.lastError == .ended && set.freshness == wall.now)
        transport.answer { _ in .lines(lines) }
        await feed.connect()
        await feed.connect()
        #expect(transport.requests.last?.header("if-none-match") == nil && feed.state.snapshots == 3)
    }

    /// A set that is full is not confirmed until there is room.
    @Test func fullSet() async throws {
        let small = RevocationSet(capacity: 3, staleness: .failClosed(after: 60), clock: wall.unix)
        let transport = stream(snapshot)
        let feed = RevocationFeed.test(
            try .events("https://id.example/"), into: small, transport, clock, wall)
        await feed.connect()
        #expect(feed.state.lastError == .full && !feed.isReady && small.isStale(at: wall.now))
    }
}
