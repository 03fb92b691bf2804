// When a feed is asked again, with what, and what is no answer; long polls.
import FastVerify
import FaultyKeyServer
import Synchronization
import Testing

@testable import FastVerifyHTTP

@Suite struct FeedConnectionTests: RevocationFeedSuite {
    let clock = ManualClock()
    let wall = WallClock()
    let log = FeedLog("a", rules: (0..<3).map(Revocations.rule))
    let set: RevocationSet

    init() {
        set = RevocationSet(capacity: 1000, staleness: .failClosed(after: 60), clock: wall.unix)
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
        // A tag of what was there before a snapshot that broke off would be confirmed for ever.
        transport.answer { _ in .lines(lines, [("etag", "\"2\"")]) }
        await feed.connect()
        transport.answer { _ in
            var answer = ScriptedStream.Answer.lines(Array(lines.dropLast()))
            answer.end = { () throws(FetchError) in throw .interrupted }
            return answer
        }
        await feed.connect()
        #expect(transport.requests.last?.header("if-none-match") == "\"2\"")
        await feed.connect()
        #expect(transport.requests.last?.header("if-none-match") == nil)
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
