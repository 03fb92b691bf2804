internal import FastVerify

/// What was taken back, numbered without gaps, in the lines that `RevocationFeed` follows. Shared by all instances through the store.
struct RevocationLog: Sendable {
    /// Names the numbering; a database that is restored from a backup gets another.
    static let setting = "revocation_log"

    /// Is in force for every verifier when the feed has brought it there; the announcement of the commit sees to that.
    func append(_ event: RevocationEvent, in transaction: any SQLTransaction) throws(StoreError) {
        let number = try transaction.next("revocations")
        let (kind, name, notBefore) = event.target.columns
        try transaction.run(
            """
            INSERT INTO revocations (number, kind, name, not_before, event, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
            """,
            [
                .integer(number), .text(kind), .text(name), .integer(notBefore), .text(event.json),
                .integer(event.expiration),
            ])
        try transaction.announce()
    }

    /// Where the log is now.
    struct Position: Sendable, Hashable {
        var log: String
        var number: Int64

        /// `LOG:SEQ`, the `id` of an event and what `since` asks for.
        var text: String { "\(log):\(number)" }

        init(log: String, number: Int64) {
            self.log = log
            self.number = number
        }

        init?(_ text: some StringProtocol) {
            guard let colon = text.lastIndex(of: ":"), let number = Int64(text[text.index(after: colon)...]),
                number >= 0
            else { return nil }
            self.init(log: String(text[..<colon]), number: number)
        }
    }

    func position(in transaction: any SQLTransaction) throws(StoreError) -> Position {
        let rows = try transaction.run(
            "SELECT settings.value, counters.value FROM settings, counters WHERE settings.name = $1 AND counters.name = 'revocations'",
            [.text(Self.setting)])
        guard let row = rows.first else { throw .unexpected("the revocation log has no name") }
        return Position(log: try row.text(0), number: try row.integer(1))
    }

    /// Lines after a position of this log, at most `limit`; `nil` where it is another log's, or events in between are forgotten.
    func lines(
        after position: Position, limit: Int, in transaction: any SQLTransaction
    ) throws(StoreError) -> (lines: [String], position: Position)? {
        let now = try self.position(in: transaction)
        guard position.log == now.log, position.number <= now.number else { return nil }
        let rows = try transaction.run(
            "SELECT number, event FROM revocations WHERE number > $1 ORDER BY number LIMIT $2",
            [.integer(position.number), .integer(Int64(limit))])
        var last = position.number
        var lines: [String] = []
        for row in rows {
            let number = try row.integer(0)
            // Expired ones are forgotten, and a follower counts.
            guard number == last + 1 else { return nil }
            last = number
            lines.append("{\"seq\":\(number),\(try row.text(1).dropFirst())")
        }
        guard last == now.number || rows.count == limit else { return nil }
        return (lines, Position(log: now.log, number: last))
    }

    /// Everything that still matters, as a snapshot.
    func snapshot(at now: Int64, in transaction: any SQLTransaction) throws(StoreError) -> (
        lines: [String], position: Position
    ) {
        let position = try position(in: transaction)
        let rows = try transaction.run(
            "SELECT event FROM revocations WHERE expires_at IS NULL OR expires_at > $1 ORDER BY number", [.integer(now)]
        )
        let head = RevocationFeedLine.snapshotHead(log: position.log, sequence: position.number, freshAt: now)
        return (
            [head] + (try rows.map { row throws(StoreError) in try row.text(0) }) + ["{\"rules\":\(rows.count)}"],
            position
        )
    }

    /// Forgets events that no living token can meet.
    func prune(at now: Int64, in transaction: any SQLTransaction) throws(StoreError) {
        try transaction.run(
            "DELETE FROM revocations WHERE expires_at IS NOT NULL AND expires_at <= $1", [.integer(now)])
    }
}

extension RevocationLog {
    /// Whether a rule of the log is about a token of this issuer. Verifiers have a `RevocationSet`; introspection asks here, where
    /// nothing is late.
    func isRevoked(
        tokenID: String, subject: String?, session: String?, tenant: String?, kid: String?, issuedAt: Int64,
        in transaction: any SQLTransaction
    ) throws(StoreError) -> Bool {
        let names: [(RevocationEvent.Target, String?)] = [
            (.token(id: ""), tokenID), (.subject("", issuedBefore: 0), subject),
            (.session("", issuedBefore: 0), session),
            (.tenant("", issuedBefore: 0), tenant), (.key("", issuedBefore: 0), kid),
            (.everything(issuedBefore: 0), ""),
        ]
        for (target, name) in names {
            guard let name else { continue }
            let rows = try transaction.run(
                "SELECT 1 FROM revocations WHERE kind = $1 AND name = $2 AND not_before > $3 LIMIT 1",
                [.text(target.columns.kind), .text(name), .integer(issuedAt)])
            if !rows.isEmpty { return true }
        }
        return false
    }
}

extension RevocationEvent.Target {
    /// A token counts as taken back whenever it was issued.
    fileprivate var columns: (kind: String, name: String, notBefore: Int64) {
        switch self {
        case .token(let id): ("jti", id, .max)
        case .subject(let name, let time): ("sub", name, time)
        case .session(let name, let time): ("sid", name, time)
        case .tenant(let name, let time): ("tenant", name, time)
        case .key(let name, let time): ("kid", name, time)
        case .everything(let time): ("iss", "", time)
        }
    }
}
