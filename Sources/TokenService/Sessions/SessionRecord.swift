internal import FastVerify

/// A login on one device, and all refresh tokens that follow from it: the family that ends as a whole.
public struct Session: Sendable, Hashable {
    public var id: String
    public var userID: String
    public var clientID: String?
    public var scopes: [String]
    public var label: String
    public var createdAt: Int64
    public var lastUsedAt: Int64
    /// Whatever happens, it ends here.
    public var expiresAt: Int64
    /// It ends when nobody has refreshed for so many seconds.
    public var idleSeconds: Int64
    public var endedAt: Int64?
    public var endReason: String?
    var userVersion: Int64
    var device: String
    var addressClass: String

    /// Why it is over by the clock alone; `nil` where it is not.
    func lapse(at now: Int64) -> End? {
        now >= expiresAt ? .expired : now - lastUsedAt > idleSeconds ? .idle : nil
    }

    func isAlive(at now: Int64) -> Bool { endedAt == nil && lapse(at: now) == nil }
}

extension Session {
    /// Why a session ended.
    enum End: String {
        case logout, expired, idle, reuse, device, address, user, operatorEnded = "operator", elsewhere
    }

    private static let columns = """
        id, user_id, client_id, scopes, user_version, device, address_class, label, created_at, last_used_at, expires_at, idle_seconds,
        ended_at, end_reason
        """

    private init(_ row: SQLRow) throws(StoreError) {
        id = try row.text(0)
        userID = try row.text(1)
        clientID = try row.optionalText(2)
        scopes = Words.read(try row.text(3))
        userVersion = try row.integer(4)
        device = try row.text(5)
        addressClass = try row.text(6)
        label = try row.text(7)
        createdAt = try row.integer(8)
        lastUsedAt = try row.integer(9)
        expiresAt = try row.integer(10)
        idleSeconds = try row.integer(11)
        endedAt = try row.optionalInteger(12)
        endReason = try row.optionalText(13)
    }

    func insert(in transaction: any SQLTransaction) throws(StoreError) {
        try transaction.run(
            """
            INSERT INTO sessions (\(Self.columns))
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, NULL, NULL)
            """,
            [
                .text(id), .text(userID), .text(clientID), .text(Words.write(scopes)), .integer(userVersion),
                .text(device), .text(addressClass), .text(label), .integer(createdAt), .integer(lastUsedAt),
                .integer(expiresAt), .integer(idleSeconds),
            ])
    }

    /// The session, which nobody else can change until the transaction ends.
    static func locked(_ id: String, in transaction: any SQLTransaction) throws(StoreError) -> Session? {
        try transaction.run(
            "UPDATE sessions SET idle_seconds = idle_seconds WHERE id = $1 RETURNING \(columns)", [.text(id)]
        )
        .first.map { row throws(StoreError) in try Session(row) }
    }

    /// The session of a refresh token, used or not, likewise.
    static func locked(of token: RefreshToken, in transaction: any SQLTransaction) throws(StoreError) -> Session? {
        try transaction.run(
            """
            UPDATE sessions SET idle_seconds = idle_seconds
            WHERE id = (SELECT session_id FROM refresh_tokens WHERE digest = $1) RETURNING \(columns)
            """, [.text(token.digest)]
        )
        .first.map { row throws(StoreError) in try Session(row) }
    }

    static func withID(_ id: String, in transaction: any SQLTransaction) throws(StoreError) -> Session? {
        try transaction.run("SELECT \(columns) FROM sessions WHERE id = $1", [.text(id)])
            .first.map { row throws(StoreError) in try Session(row) }
    }

    /// A user's sessions that have not ended, the last used first.
    static func open(of userID: String, in transaction: any SQLTransaction) throws(StoreError) -> [Session] {
        try transaction.run(
            "SELECT \(columns) FROM sessions WHERE user_id = $1 AND ended_at IS NULL ORDER BY last_used_at DESC, id",
            [.text(userID)]
        ).map { row throws(StoreError) in try Session(row) }
    }

    /// Notes a use, and the network that it came from.
    static func touch(
        _ id: String, at now: Int64, addressClass: String, in transaction: any SQLTransaction
    ) throws(StoreError) {
        try transaction.run(
            "UPDATE sessions SET last_used_at = $1, address_class = $2 WHERE id = $3",
            [.integer(now), .text(addressClass), .text(id)])
    }

    /// Ends it, if it has not ended.
    ///
    /// - Returns: whether it was open.
    static func end(
        _ id: String, _ reason: End, at now: Int64, in transaction: any SQLTransaction
    ) throws(StoreError) -> Bool {
        try !transaction.run(
            "UPDATE sessions SET ended_at = $1, end_reason = $2 WHERE id = $3 AND ended_at IS NULL RETURNING id",
            [.integer(now), .text(reason.rawValue), .text(id)]
        ).isEmpty
    }
}
