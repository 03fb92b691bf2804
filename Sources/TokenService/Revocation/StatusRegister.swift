internal import FastVerify

/// Which index of which status list a token has (draft-ietf-oauth-status-list-21 §6), counted over all instances. Whether a token was taken back
/// only the revocation log says; the lists are a view of it.
struct StatusRegister: Sendable {
    /// Statuses of one list: 8 KiB of bits, which a second's logins cannot fill.
    static let listSize: Int64 = 1 << 16

    /// The token's number among all: list and index.
    struct Place: Sendable, Hashable {
        let number: Int64

        var list: Int64 { number / StatusRegister.listSize }
        var index: Int64 { number % StatusRegister.listSize }
    }

    /// Whoever counts waits for the end of this transaction, as with the audit log: to be called after its entry, everywhere.
    func enter(
        tokenID: String, subject: String, session: Session?, tenant: String?, kid: String?, issuedAt: Int64,
        expiresAt: Int64, in transaction: any SQLTransaction
    ) throws(StoreError) -> Place {
        let place = Place(number: try transaction.next("statuses") - 1)
        try transaction.run(
            """
            INSERT INTO statuses (number, token_id, subject, session_id, tenant, kid, issued_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            [
                .integer(place.number), .text(tokenID), .text(subject), .text(session?.id), .text(tenant), .text(kid),
                .integer(issuedAt), .integer(expiresAt),
            ])
        return place
    }

    /// Lists that have a token: from the first that may be alive to the last.
    func lists(in transaction: any SQLTransaction) throws(StoreError) -> ClosedRange<Int64>? {
        let rows = try transaction.run(
            "SELECT counters.value, (SELECT min(number) FROM statuses) FROM counters WHERE name = 'statuses'", [])
        guard let row = rows.first, case let count = try row.integer(0), count > 0 else { return nil }
        let last = Place(number: count - 1)
        let first = try row.optionalInteger(1).map(Place.init) ?? last
        return min(first.list, last.list)...last.list
    }

    /// The indices of a list whose tokens were taken back and have not expired.
    func revoked(of list: Int64, at now: Int64, in transaction: any SQLTransaction) throws(StoreError) -> [Int64] {
        let kinds = try transaction.run("SELECT DISTINCT kind FROM revocations", [])
        var indices: [Int64] = []
        for row in kinds {
            guard let column = Self.columns[try row.text(0)] else { continue }
            // The rules first: there are fewer of them than tokens, and each finds its own by an index.
            let rows = try transaction.run(
                """
                SELECT statuses.number FROM revocations CROSS JOIN statuses
                WHERE revocations.kind = $1 AND \(column) AND statuses.issued_at < revocations.not_before
                    AND statuses.number >= $2 AND statuses.number < $3 AND statuses.expires_at > $4
                """,
                [
                    .text(try row.text(0)), .integer(list * Self.listSize), .integer((list + 1) * Self.listSize),
                    .integer(now),
                ])
            for row in rows { indices.append(Place(number: try row.integer(0)).index) }
        }
        return indices
    }

    /// How a rule of a kind meets its tokens.
    private static let columns = [
        "jti": "statuses.token_id = revocations.name", "sub": "statuses.subject = revocations.name",
        "sid": "statuses.session_id = revocations.name", "tenant": "statuses.tenant = revocations.name",
        "kid": "statuses.kid = revocations.name", "iss": "1 = 1",
    ]

    func prune(at now: Int64, in transaction: any SQLTransaction) throws(StoreError) {
        // Verifiers may be late.
        try transaction.run("DELETE FROM statuses WHERE expires_at < $1", [.integer(now - 300)])
    }
}
