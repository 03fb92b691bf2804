internal import Synchronization

/// A log of revocations as its server keeps it, and how that server answers when all is well.
public final class FeedLog: Sendable {
    private struct Condition {
        var name: String
        var rules: [String]
    }

    private let condition: Mutex<Condition>

    /// `rules`: objects of JSON as `RevocationEvent` has them; the first gets the number 1.
    public init(_ name: String, rules: [String] = []) { condition = Mutex(Condition(name: name, rules: rules)) }

    public var name: String { condition.withLock { $0.name } }
    public var rules: [String] { condition.withLock { $0.rules } }
    public var count: Int { condition.withLock { $0.rules.count } }

    public func append(_ rules: [String]) { condition.withLock { $0.rules += rules } }

    /// Numbers begin anew.
    public func restart(_ name: String) { condition.withLock { $0.name = name } }

    // MARK: Lines

    public var snapshot: [String] {
        condition.withLock {
            [#"{"fastverify_revocations":1,"log":"\#($0.name)","seq":\#($0.rules.count)}"#] + $0.rules
                + [#"{"rules":\#($0.rules.count)}"#]
        }
    }

    public func event(_ number: Int) -> String { #"{"seq":\#(number),"# + rules[number - 1].dropFirst() }
    public var heartbeat: String { #"{"seq":\#(count)}"# }

    /// Where a position of this log points to.
    private func number(_ position: String?) -> Int? {
        guard let parts = position?.split(separator: ":"), parts.count == 2, parts[0] == name,
            let number = Int(parts[1]),
            number <= count
        else { return nil }
        return number
    }

    // MARK: Server-sent events

    public static let eventsHead = KeyServerReply.head(200, [("Content-Type", "text/event-stream")])

    public func message(_ lines: String..., id: Int) -> String { message(lines, id: id) }
    public func message(_ lines: [String], id: Int) -> String {
        "id: \(name):\(id)\n" + lines.map { "data: \($0)\n" }.joined() + "\n"
    }

    /// A stream from the beginning or from where the request says, up to now, with a heartbeat at the end.
    public func events(_ request: KeyServerRequest) -> String {
        guard let last = number(request.headers["last-event-id"]) else { return message(snapshot, id: count) + ":\n\n" }
        return (last..<count).map { message(event($0 + 1), id: $0 + 1) }.joined() + ":\n\n"
    }

    // MARK: Long polls

    /// What a poll is answered with; a status other than 200 has no lines.
    public func poll(_ request: KeyServerRequest) -> (status: Int, lines: [String]) {
        guard let mark = request.path.firstRange(of: "since=") else { return (200, snapshot) }
        guard let last = number(String(request.path[mark.upperBound...])) else { return (410, []) }
        return last == count ? (204, []) : (200, (last..<count).map { event($0 + 1) })
    }

    public func pollReply(_ request: KeyServerRequest) -> KeyServerReply {
        let (status, lines) = poll(request)
        if status == 204 { return .bytes(KeyServerReply.head(204, []), .close) }
        return Self.lines(status, lines)
    }

    public static func lines(_ status: Int, _ lines: [String]) -> KeyServerReply {
        .response(status, [("Content-Type", "application/jsonl")], Array(lines.map { $0 + "\n" }.joined().utf8))
    }
}
