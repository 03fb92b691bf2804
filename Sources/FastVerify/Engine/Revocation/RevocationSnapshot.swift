/// A set as text, to start from without its feed. Lines of JSON, each ended by a line feed:
///
///     {"fastverify_revocations":1,"fresh_at":1800000000}      version; for when the set was complete, if that is known
///     {"iss":"https://id.example","jti":"f9…","exp":1800000900}      rules, as `RevocationEvent` has them
///     {"rules":1}      their number
extension RevocationSet {
    static let version: Int64 = 1

    /// Writes the set piece by piece. What is changed meanwhile may or may not be in it.
    public func writeSnapshot(_ write: (_ piece: [UInt8]) throws -> Void) rethrows {
        var text = Array("{\"fastverify_revocations\":\(Self.version)".utf8)
        // Asked for first: what comes in later makes the snapshot no older than it says.
        if let freshness { text += ",\"fresh_at\":\(freshness)".utf8 }
        text += "}\n".utf8
        var rules = 0
        var position: UInt32 = 0
        repeat {
            withTable(0) { table in
                position = table.pointee.forEach(from: position) { rule in
                    rule.write(to: &text)
                    text.append(UInt8(ascii: "\n"))
                    rules += 1
                }
            }
            try write(text)
            text.removeAll(keepingCapacity: true)
        } while position != 0
        try write(Array("{\"rules\":\(rules)}\n".utf8))
    }

    /// The whole snapshot.
    public func snapshot() -> [UInt8] {
        var text: [UInt8] = []
        writeSnapshot { text += $0 }
        return text
    }

    /// Adds the rules of a snapshot and takes over for when they were complete. On an error the rules before that line have
    /// been added, which can only refuse more, and the set is no fresher than before.
    public func restore(_ snapshot: UnsafeRawBufferPointer) throws(RevocationLineError) {
        var lines = RevocationLines(snapshot)
        var freshness: Int64?
        try lines.next { (line, reader) throws(RevocationError) in
            guard let object = try? reader.object(line) else { throw .unknownSnapshot }
            guard try reader.time(object, "fastverify_revocations") == Self.version else { throw .unknownSnapshot }
            freshness = try reader.time(object, "fresh_at")
        }
        var rules: Int64 = 0
        var announced: Int64?
        while announced == nil, !lines.isAtEnd {
            try lines.next { (line, reader) throws(RevocationError) in
                announced = try reader.time(try reader.object(line), "rules")
                guard announced == nil else { return }
                try add(try reader.rule(line))
                rules += 1
            }
        }
        guard announced == rules, lines.isAtEnd else {
            throw RevocationLineError(line: lines.number, reason: .incompleteSnapshot)
        }
        if let freshness { markFresh(at: freshness) }
    }

    public func restore(_ snapshot: [UInt8]) throws(RevocationLineError) {
        try snapshot.span.bytes.withUnsafeBytes { bytes throws(RevocationLineError) in try restore(bytes) }
    }

    /// Applies events, one JSON object a line; empty lines are skipped. Returns their number.
    @discardableResult
    public func apply(lines text: [UInt8]) throws(RevocationLineError) -> Int {
        try text.span.bytes.withUnsafeBytes { bytes throws(RevocationLineError) in
            var lines = RevocationLines(bytes)
            var events = 0
            while !lines.isAtEnd {
                try lines.next { (line, reader) throws(RevocationError) in
                    guard !line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }) else { return }
                    try add(try reader.rule(line))
                    events += 1
                }
            }
            return events
        }
    }
}

/// The lines of a text, one after the other.
private struct RevocationLines: ~Copyable {
    private var rest: Slice<UnsafeRawBufferPointer>
    private var reader = RevocationReader()
    /// Of the last line.
    private(set) var number = 0

    init(_ text: UnsafeRawBufferPointer) { rest = text[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func next(
        _ body: (UnsafeRawBufferPointer, inout RevocationReader) throws(RevocationError) -> Void
    ) throws(RevocationLineError) {
        number += 1
        let line = rest.prefix { $0 != UInt8(ascii: "\n") }
        rest = rest[min(line.endIndex + 1, rest.endIndex)...]
        do throws(RevocationError) {
            try body(UnsafeRawBufferPointer(rebasing: line), &reader)
        } catch {
            throw RevocationLineError(line: number, reason: error)
        }
    }
}
