import FastVerify
import FaultyKeyServer
import Logging
import Metrics
import Synchronization

@testable import FastVerifyHTTP

/// Rules, sets and feeds as the tests need them.
enum Revocations {
    /// In the spelling that a set writes, so that texts can be compared.
    static func rule(_ number: Int) -> String {
        #"{"iss":"\#(Issuer.name)","sub":"user-\#(number)","not_before":\#(Issuer.now + Int64(number))}"#
    }

    /// The rules in a set, sorted.
    static func rules(of set: RevocationSet) -> [String] {
        String(decoding: set.snapshot(), as: UTF8.self).split(separator: "\n").dropFirst().dropLast().map(String.init)
            .sorted()
    }
}

/// Seconds since 1970 that tests set.
final class WallClock: Sendable {
    private let time = Mutex(Issuer.now)

    var now: Int64 { time.withLock { $0 } }
    var unix: UnixClock { UnixClock { self.now } }
    func advance(by seconds: Int64) { time.withLock { $0 += seconds } }
}

/// Answers requests for streams from a closure and remembers them.
final class ScriptedStream: StreamTransport {
    struct Answer: Sendable {
        var status = 200
        var headers: [(name: String, value: String)] = [("content-type", "text/event-stream")]
        var pieces: [String] = []
        /// What happens after the pieces; by default the stream ends.
        var end: @Sendable () async throws(FetchError) -> Void = {}

        static func lines(_ lines: [String], _ headers: [(name: String, value: String)] = []) -> Answer {
            Answer(
                headers: [("content-type", "application/jsonl")] + headers, pieces: lines.map { $0 + "\n" })
        }
    }

    private let script: Mutex<@Sendable (KeyRequest) -> Answer>
    private let seen = Mutex<[KeyRequest]>([])

    init(_ answer: @escaping @Sendable (KeyRequest) -> Answer) { script = Mutex(answer) }

    var requests: [KeyRequest] { seen.withLock { $0 } }
    func answer(_ answer: @escaping @Sendable (KeyRequest) -> Answer) { script.withLock { $0 = answer } }

    func stream(
        _ request: KeyRequest, _ receive: (StreamPart) throws(FetchError) -> Bool
    ) async throws(FetchError) {
        seen.withLock { $0.append(request) }
        let answer = script.withLock { $0 }(request)
        guard try receive(.head(KeyResponse(status: answer.status, headers: answer.headers))) else { return }
        for piece in answer.pieces { guard try receive(.body(Array(piece.utf8))) else { return } }
        try await answer.end()
    }
}

extension RevocationFeed {
    static func test(
        _ location: RevocationFeedLocation, into set: RevocationSet, _ transport: any StreamTransport,
        _ clock: ManualClock, _ wall: WallClock, rules: RevocationFeedRules = .standard,
        authorization: (@Sendable () async -> String?)? = nil,
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        metrics: any MetricsFactory = NOOPMetricsHandler.instance
    ) -> RevocationFeed {
        try! RevocationFeed(
            location, into: set, rules: rules, transport: transport, authorization: authorization, logger: logger,
            metrics: metrics, clock: RefreshClock(clock), wallClock: wall.unix)
    }
}

/// A set, the log that it is to follow, and clocks that stand still.
protocol RevocationFeedSuite {
    var clock: ManualClock { get }
    var wall: WallClock { get }
    var log: FeedLog { get }
    /// Of capacity 1,000; fails closed after a minute.
    var set: RevocationSet { get }
}

extension RevocationFeedSuite {
    func pass(_ seconds: Int64) {
        clock.advance(by: .seconds(seconds))
        wall.advance(by: seconds)
    }

    func feed(
        _ location: RevocationFeedLocation, _ transport: ScriptedStream, _ rules: RevocationFeedRules = .standard
    ) -> RevocationFeed {
        .test(location, into: set, transport, clock, wall, rules: rules)
    }

    func events(_ transport: ScriptedStream, _ rules: RevocationFeedRules = .standard) throws -> RevocationFeed {
        feed(try .events("https://id.example/revocations"), transport, rules)
    }

    func polls(_ transport: ScriptedStream, _ rules: RevocationFeedRules = .standard) throws -> RevocationFeed {
        feed(try .longPoll("https://id.example/revocations"), transport, rules)
    }

    func stream(_ pieces: String...) -> ScriptedStream {
        ScriptedStream { _ in ScriptedStream.Answer(pieces: pieces) }
    }

    var snapshot: String { log.message(log.snapshot, id: log.count) }
    var current: [String] { Revocations.rules(of: set) }
}
