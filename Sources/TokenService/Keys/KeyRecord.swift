internal import FastVerify

/// A signing key as the store has it.
struct KeyRecord: Sendable, Hashable {
    var kid: String
    var algorithm: String
    /// base64url of `SealingKey.seal`.
    var sealed: String
    var publicJWK: String
    var createdAt: Int64
    /// Signs from here on, published before.
    var activatesAt: Int64
    /// Signs no more; the next one does.
    var retiresAt: Int64
    /// The last token that it signed has expired: published no more.
    var leavesAt: Int64

    enum State: String, Sendable { case next, current, retired, gone }

    /// Of several keys that could sign, the youngest does; see `KeyRingPlan.current`.
    func state(at now: Int64) -> State {
        if now >= leavesAt { return .gone }
        if now >= retiresAt { return .retired }
        return now >= activatesAt ? .current : .next
    }
}

extension KeyRecord {
    private static let columns = "kid, algorithm, sealed, public_jwk, created_at, activates_at, retires_at, leaves_at"

    static func all(in transaction: any SQLTransaction) throws(StoreError) -> [KeyRecord] {
        try transaction.run("SELECT \(columns) FROM signing_keys ORDER BY activates_at, created_at", [])
            .map { row throws(StoreError) in
                KeyRecord(
                    kid: try row.text(0), algorithm: try row.text(1), sealed: try row.text(2),
                    publicJWK: try row.text(3), createdAt: try row.integer(4), activatesAt: try row.integer(5),
                    retiresAt: try row.integer(6), leavesAt: try row.integer(7))
            }
    }

    func insert(in transaction: any SQLTransaction) throws(StoreError) {
        try transaction.run(
            "INSERT INTO signing_keys (\(Self.columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            [
                .text(kid), .text(algorithm), .text(sealed), .text(publicJWK), .integer(createdAt),
                .integer(activatesAt), .integer(retiresAt), .integer(leavesAt),
            ])
    }

    static func delete(_ kid: String, in transaction: any SQLTransaction) throws(StoreError) {
        try transaction.run("DELETE FROM signing_keys WHERE kid = $1", [.text(kid)])
    }
}
