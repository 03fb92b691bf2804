/// The ways in which a feed fails, each as an answer of a log that has gone on: `log` has events that the reader does not
/// know yet.
public enum FeedFault: String, Sendable, CaseIterable {
    // For both kinds
    case serverError, tooManyRequests, redirectElsewhere, wrongContentType, noContentType, compressed
    case hanging, hangingAfterHead, reset, closedAtOnce, endlessHead, endlessChunkExtension, dripping
    // Events
    case cutInEvent, cutInSnapshot, duplicates, reordered, gap, otherLog, behind, eventsBeforeSnapshot
    case garbageLines, hugeLine, endlessLine, endlessEvent, endlessComments, halfOpen, wrongCount, otherVersion
    case snapshotOfThePast, snapshotTwice

    /// What a server-sent stream does.
    public func events(_ log: FeedLog, _ request: KeyServerRequest) -> KeyServerReply {
        let head = FeedLog.eventsHead
        if let reply = common("text/event-stream") { return reply }
        func stream(_ text: String, _ ending: KeyServerReply.Ending = .close) -> KeyServerReply {
            .bytes(head + Array(text.utf8), ending)
        }
        switch self {
        case .hangingAfterHead: return stream("", .hold)
        case .dripping: return .drip(head + Array("data: ".utf8) + Self.noise, milliseconds: 5)
        case .cutInEvent:
            return stream(
                log.message(log.event(log.count - 1), id: log.count - 1)
                    + log.message(log.event(log.count), id: log.count).dropLast(4))
        case .cutInSnapshot: return stream(log.message(Array(log.snapshot.dropLast(2)), id: 0), .reset)
        case .endlessLine: return .endless(head + Array("data: ".utf8), repeating: Self.noise)
        case .endlessEvent: return .endless(head, repeating: Array("data: {}\n".utf8) + Array(":\n".utf8))
        case .endlessComments: return .endless(head, repeating: [UInt8](repeating: 0x3A, count: 4096))
        case .halfOpen: return stream(log.message(log.event(log.count), id: log.count).dropLast().description, .hold)
        default: return stream(lines(log).map { "data: \($0)\n\n" }.joined())
        }
    }

    /// What a resource for long polls answers.
    public func poll(_ log: FeedLog, _ request: KeyServerRequest) -> KeyServerReply {
        let type = "application/jsonl"
        if let reply = common(type) { return reply }
        let head = KeyServerReply.head(200, [("Content-Type", type)])
        func answer(_ text: String, _ ending: KeyServerReply.Ending = .close) -> KeyServerReply {
            .bytes(head + Array(text.utf8), ending)
        }
        switch self {
        case .hangingAfterHead: return answer("", .hold)
        case .dripping: return .drip(head + Self.noise, milliseconds: 5)
        case .cutInEvent: return answer(String(log.event(log.count - 1).dropLast(4)))
        case .cutInSnapshot: return answer(log.snapshot.dropLast(2).joined(separator: "\n"), .reset)
        case .endlessLine, .endlessComments: return .endless(head, repeating: Self.noise)
        case .endlessEvent: return .endless(head, repeating: Array("{}\n".utf8))
        case .halfOpen: return answer(String(log.event(log.count).dropLast()), .hold)
        default: return FeedLog.lines(200, lines(log))
        }
    }

    /// Lines that are wrong in what they say.
    private func lines(_ log: FeedLog) -> [String] {
        let last = log.count
        switch self {
        case .duplicates: return (1...last).map(log.event) + (1...last).map(log.event)
        case .reordered: return [log.event(last), log.event(last - 1)]
        case .gap: return [log.event(last)]
        case .otherLog: return [#"{"log":"other","# + log.event(last - 1).dropFirst()]
        case .behind: return [#"{"seq":1,"fresh_at":1}"#, #"{"seq":1}"#]
        case .eventsBeforeSnapshot: return [log.event(last - 1), log.event(last)] + log.snapshot
        case .garbageLines: return ["", "{", "[]", "null", #"{"iss":"#, "\u{0}"]
        case .hugeLine: return [#"{"seq":1,"x":""# + String(repeating: "x", count: 40_000) + "\"}"]
        case .wrongCount: return log.snapshot.dropLast() + [#"{"rules":1}"#]
        case .otherVersion: return [#"{"fastverify_revocations":9}"#, #"{"rules":0}"#]
        case .snapshotOfThePast:
            return [#"{"fastverify_revocations":1,"log":"\#(log.name)","seq":0}"#, #"{"rules":0}"#]
        case .snapshotTwice: return log.snapshot.dropLast() + log.snapshot
        default: return []
        }
    }

    private func common(_ type: String) -> KeyServerReply? {
        let chunked = KeyServerReply.head(200, [("Content-Type", type), ("Transfer-Encoding", "chunked")])
        switch self {
        case .serverError: return .response(500)
        case .tooManyRequests: return .response(429, [("Retry-After", "20")])
        case .redirectElsewhere: return .response(302, [("Location", "https://other.example/")])
        case .wrongContentType: return .response(200, [("Content-Type", "text/html")], Array("<p>".utf8))
        case .noContentType: return .response(200, [], [])
        case .compressed: return .response(200, [("Content-Type", type), ("Content-Encoding", "gzip")], [])
        case .hanging: return .bytes([], .hold)
        case .reset: return .bytes([], .reset)
        case .closedAtOnce: return .bytes([], .close)
        case .endlessHead: return Fault.endlessHead.reply
        case .endlessChunkExtension: return .endless(chunked + Array("1;a".utf8), repeating: Self.noise)
        default: return nil
        }
    }

    private static let noise = [UInt8](repeating: 0x61, count: 4096)
}
