/// What one line of a feed of revocations says. A feed is a log: a snapshot as `RevocationSet` writes it, then events and
/// heartbeats, each a JSON object (RFC 8259) on a line of its own.
///
///     {"fastverify_revocations":1,"log":"a7","seq":41,"fresh_at":1800000000}      a snapshot of all up to event 41
///     {"iss":"https://id.example","jti":"f9…","exp":1800000900}      its rules
///     {"rules":1}      its end
///     {"seq":42,"iss":"https://id.example","sub":"alice","not_before":1800000000}      an event
///     {"seq":42,"fresh_at":1800000030}      a heartbeat: nothing since event 42
///
/// `seq` numbers the events one by one; `log` names the numbering, and is another whenever numbers begin anew. Both may be
/// left out. Members that are not known are ignored.
package struct RevocationFeedLine: Sendable, Hashable {
    package enum Content: Sendable, Hashable {
        case snapshot
        /// Has been applied.
        case rule
        /// Of a snapshot with so many rules.
        case end(rules: Int64)
        case heartbeat
        /// Nothing that is understood, or a rule that the set cannot take.
        case refused(RevocationError)
    }

    package let content: Content
    /// The number of the event, or of the last event that a snapshot or a heartbeat takes in; 0 where there was none yet.
    package var sequence: Int64?
    package var log: String?
    /// NumericDate up to which a snapshot or a heartbeat takes in everything.
    package var freshAt: Int64?

    /// The first line of a snapshot.
    package static func snapshotHead(log: String, sequence: Int64, freshAt: Int64) -> String {
        """
        {"fastverify_revocations":\(RevocationSet.version),"log":\(JSONText.quoted(log)),"seq":\(sequence),"fresh_at":\(freshAt)}
        """
    }

    package init(_ content: Content, sequence: Int64? = nil, log: String? = nil, freshAt: Int64? = nil) {
        self.content = content
        self.sequence = sequence
        self.log = log
        self.freshAt = freshAt
    }
}

/// Reads the lines of a feed and applies their rules. One thread at a time, as only its owner can; allocates nothing for a rule.
package struct RevocationFeedReader: ~Copyable, @unchecked Sendable {
    package static let longestLine = RevocationReader.longestLine
    private static let longestLog = 64

    private var reader = RevocationReader()

    package init() {}

    /// Rules of the line are in force when this returns, unless it says `refused`.
    package mutating func apply(_ line: UnsafeRawBufferPointer, to set: RevocationSet) -> RevocationFeedLine {
        var sequence: Int64?
        do throws(RevocationError) {
            let object = try reader.object(line)
            sequence = try number(object, "seq")
            let freshAt = try reader.time(object, "fresh_at")
            let log = try log(object)
            let content = try content(object, isNumbered: sequence != nil || freshAt != nil, set)
            return RevocationFeedLine(content, sequence: sequence, log: log, freshAt: freshAt)
        } catch {
            return RevocationFeedLine(.refused(error), sequence: sequence)
        }
    }

    private mutating func content(
        _ object: JSONObject, isNumbered: Bool, _ set: RevocationSet
    ) throws(RevocationError) -> RevocationFeedLine.Content {
        if object.member(.iss) != nil {
            try set.add(try reader.rule(object))
            return .rule
        }
        if let version = try reader.time(object, "fastverify_revocations") {
            guard version == RevocationSet.version else { throw .unknownSnapshot }
            return .snapshot
        }
        if let rules = try number(object, "rules") { return .end(rules: rules) }
        guard isNumbered else { throw .malformedEvent }
        return .heartbeat
    }

    /// An integer from 0 on.
    private func number(_ object: JSONObject, _ name: StaticString) throws(RevocationError) -> Int64? {
        guard let value = RevocationReader.member(object, name) else { return nil }
        guard value.isInteger, let number = value.floor, number >= 0 else { throw .malformedEvent }
        return number
    }

    /// A name of letters, digits, `-`, `.`, `_` and `~`: it is sent back in a URL.
    private func log(_ object: JSONObject) throws(RevocationError) -> String? {
        guard let value = RevocationReader.member(object, "log") else { return nil }
        guard let name = value.string, (1...Self.longestLog).contains(name.utf8.count),
            name.utf8.allSatisfy(Self.isUnreserved)
        else { throw .malformedEvent }
        return name
    }

    /// RFC 3986 §2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
