// A feed's server of our own, failing in every way we know, over real sockets.
import FastVerify
import FaultyKeyServer
import Synchronization
import Testing

@testable import FastVerifyHTTP

@Suite(.serialized) struct FeedFaultTests {
    enum Kind: String, CaseIterable { case events, polls }

    private let clock = ManualClock()
    private let wall = WallClock()
    private let log = FeedLog("a", rules: (0..<5).map(Revocations.rule))
    private let set: RevocationSet

    init() { set = RevocationSet(capacity: 1000, staleness: .failClosed(after: 600), clock: wall.unix) }

    /// Times that no machine needs; what hangs ends by the clock of the test.
    private static let rules = RevocationFeedRules(
        wait: .seconds(60), idleTime: .seconds(300), connectTime: .seconds(60), connectionBytes: 128 << 10,
        eventBytes: 64 << 10, allowsInsecureHTTP: true)

    private func feed(_ kind: Kind, _ server: FaultyKeyServer) throws -> RevocationFeed {
        let location: RevocationFeedLocation =
            try kind == .events ? .events(server.url + "/feed") : .longPoll(server.url + "/feed")
        return try RevocationFeed(
            location, into: set, rules: Self.rules, transport: HTTPTransport(addresses: FaultTests.loopback),
            clock: RefreshClock(clock), wallClock: wall.unix)
    }

    private func answerWell(_ kind: Kind, _ server: FaultyKeyServer) {
        server.answer { [log] request in
            kind == .events
                ? .bytes(FeedLog.eventsHead + Array(log.events(request).utf8), .close) : log.pollReply(request)
        }
    }

    /// As often as it takes until the feed gives the connection up: a sign of life may be on its way when the clock is set.
    private func letTimePass(_ feed: RevocationFeed) async {
        #expect(
            await eventually {
                if feed.state.isConnected { clock.advance(by: .seconds(360)) }
                return !feed.state.isConnected
            })
    }

    private var current: [String] { Revocations.rules(of: set) }

    /// Faults that only time ends.
    private static let hanging: Set<FeedFault> = [.hanging, .hangingAfterHead, .dripping, .halfOpen]
    /// What is no fault to whoever is asked again later: the feed goes on, and is behind.
    private static let harmless: Set<FeedFault> = [.behind, .garbageLines, .hugeLine, .snapshotTwice, .duplicates]

    /// Under every fault: the set holds nothing that the log does not, whatever it held stays in force, a verification
    /// does not wait; and the first good answer makes the set what the log is.
    @Test(arguments: FeedFault.allCases, Kind.allCases) func fault(_ fault: FeedFault, _ kind: Kind) async throws {
        let keys = RemoteJWKSet.test(ScriptedTransport(Issuer.set(0)), clock)
        await keys.tick()
        let verifier = Verifier(Issuer.policy(), keys: keys.source, clock: wall.unix, revocation: set)
        let server = try await FaultyKeyServer { _ in .response(500) }
        let feed = try feed(kind, server)
        answerWell(kind, server)
        await feed.connect()
        #expect(feed.isReady && current == log.rules.sorted() && verifier.error(Issuer.token(0)) == nil)

        log.append((5..<8).map(Revocations.rule))
        let before = Array(log.rules.prefix(5))
        server.answer { [log] in kind == .events ? fault.events(log, $0) : fault.poll(log, $0) }
        clock.advance(by: .seconds(100))
        wall.advance(by: 100)
        async let connection: Void = feed.connect()
        #expect(await eventually { server.requests.count == 2 })
        #expect(verifier.error(Issuer.token(0)) == nil)
        if Self.hanging.contains(fault) {
            #expect(feed.state.isConnected)
            await letTimePass(feed)
        }
        await connection
        #expect(verifier.error(Issuer.token(0)) == nil)
        #expect(await eventually { server.openConnections == 0 })
        #expect(
            (feed.state.lastError == nil) == (Self.harmless.contains(fault) || fault == .snapshotOfThePast),
            "\(feed.state)")
        #expect(Set(current).isSubset(of: log.rules) && Set(current).isSuperset(of: before))
        #expect(feed.state.nextConnection <= .seconds(60))
        #expect(feed.state.nextConnection > .zero || Self.hanging.contains(fault))

        answerWell(kind, server)
        for round in 0..<3 where round == 0 || !feed.isReady {
            clock.advance(by: .seconds(60))
            wall.advance(by: 60)
            await feed.connect()
        }
        #expect(feed.isReady && feed.state.lastError == nil && feed.state.failures == 0)
        #expect(current == log.rules.sorted() && set.freshness == wall.now)
        try await server.shutdown()
    }

    /// The feed is cut for so long that the set grows stale: then nobody gets in until it is back.
    @Test(arguments: Kind.allCases) func outage(_ kind: Kind) async throws {
        let keys = RemoteJWKSet.test(ScriptedTransport(Issuer.set(0)), clock)
        await keys.tick()
        let verifier = Verifier(Issuer.policy(), keys: keys.source, clock: wall.unix, revocation: set)
        let server = try await FaultyKeyServer { _ in .response(500) }
        let feed = try feed(kind, server)
        #expect(verifier.error(Issuer.token(0)) == .revocationUnknown)
        answerWell(kind, server)
        await feed.connect()
        server.answer { _ in .response(500) }
        for round in 0..<25 {
            #expect(verifier.error(Issuer.token(0)) == (round > 20 ? .revocationUnknown : nil))
            clock.advance(by: .seconds(30))
            wall.advance(by: 30)
            await feed.connect()
        }
        answerWell(kind, server)
        await feed.connect()
        #expect(verifier.error(Issuer.token(0)) == nil && feed.state.failures == 0)
        try await server.shutdown()
    }

    /// Events that come while the connection is open are in force when they have come; what was revoked between the snapshot
    /// and the stream is in one of them.
    @Test func liveEvents() async throws {
        let live = LiveReply(FeedLog.eventsHead + Array((log.message(log.snapshot, id: 5) + ":\n\n").utf8))
        let server = try await FaultyKeyServer { _ in .live(live) }
        let feed = try feed(.events, server)
        async let connection: Void = feed.connect()
        #expect(await eventually { feed.isReady })
        for number in 5..<20 {
            log.append([Revocations.rule(number)])
            live.send(log.message(log.event(number + 1), id: number + 1))
            let count = number + 1
            #expect(
                await eventually { feed.state.sequence == Int64(count) && Revocations.rules(of: set).count == count })
        }
        wall.advance(by: 30)
        live.send(":\n")
        #expect(await eventually { set.freshness == wall.now })
        // Signs of life keep the connection; silence ends it.
        clock.advance(by: .seconds(299))
        live.send(":\n")
        #expect(await eventually { feed.condition.withLock { $0.lastActivity } == feed.clock.now })
        clock.advance(by: .seconds(299))
        #expect(feed.state.isConnected)
        await letTimePass(feed)
        await connection
        #expect(feed.state.lastError == .fetch(.timedOut) && current == log.rules.sorted())
        try await server.shutdown()
    }

    /// A server that goes wrong and right at random, with a log that grows and now and then begins anew.
    @Test(arguments: Kind.allCases) func anyOrder(_ kind: Kind) async throws {
        let server = try await FaultyKeyServer { _ in .response(500) }
        let feed = try feed(kind, server)
        let faults = FeedFault.allCases.filter {
            !Self.hanging.contains($0) && !$0.rawValue.hasPrefix("endless") && $0 != .snapshotOfThePast
        }
        for round in 0..<60 {
            log.append((0..<Int.random(in: 2...4)).map { Revocations.rule(1000 + log.count + $0) })
            if Int.random(in: 0..<10) == 0 { log.restart("log-\(round)") }
            let fault = faults.randomElement()!
            let isGood = Int.random(in: 0..<2) == 0
            if isGood {
                answerWell(kind, server)
            } else {
                server.answer { [log] in kind == .events ? fault.events(log, $0) : fault.poll(log, $0) }
            }
            clock.advance(by: .seconds(60))
            wall.advance(by: 60)
            await feed.connect()
            #expect(Set(current).isSubset(of: log.rules), "\(fault)")
            // At worst the good answer says that the position is unknown; the next is a snapshot.
            if isGood, feed.state.lastError == .unknownPosition { await feed.connect() }
            if isGood { #expect(feed.isReady && current == log.rules.sorted(), "\(fault) in round \(round)") }
            if feed.isReady { #expect(feed.state.sequence.map { $0 <= log.count } ?? true) }
        }
        try await server.shutdown()
    }
}
