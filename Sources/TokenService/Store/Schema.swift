/// The tables, and how an older database gets them. Names of types mean the same to both databases: TEXT, and BIGINT for numbers, times in
/// seconds since 1970 and truth.
enum Schema {
    /// Each list brings a database from the version that is its index to the next. Never changed once released; new ones are added.
    static let migrations: [[String]] = [
        [
            // Counters that both databases count alike; `UPDATE … RETURNING` also is the lock of what they count.
            "CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL)",
            """
            CREATE TABLE users (
                id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, password TEXT NOT NULL, roles TEXT NOT NULL,
                permissions TEXT NOT NULL, tenant TEXT, plan TEXT, version BIGINT NOT NULL, disabled BIGINT NOT NULL,
                created_at BIGINT NOT NULL)
            """,
            """
            CREATE TABLE clients (
                id TEXT PRIMARY KEY, secret TEXT, keys TEXT, grants TEXT NOT NULL, scopes TEXT NOT NULL,
                audiences TEXT NOT NULL, disabled BIGINT NOT NULL, created_at BIGINT NOT NULL)
            """,
            """
            CREATE TABLE assertions (
                client_id TEXT NOT NULL, token_id TEXT NOT NULL, expires_at BIGINT NOT NULL,
                PRIMARY KEY (client_id, token_id))
            """,
            """
            CREATE TABLE sessions (
                id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id), client_id TEXT, scopes TEXT NOT NULL,
                user_version BIGINT NOT NULL, device TEXT NOT NULL, address_class TEXT NOT NULL, label TEXT NOT NULL,
                created_at BIGINT NOT NULL, last_used_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
                idle_seconds BIGINT NOT NULL, ended_at BIGINT, end_reason TEXT)
            """,
            "CREATE INDEX sessions_of_user ON sessions (user_id)",
            """
            CREATE TABLE refresh_tokens (
                digest TEXT PRIMARY KEY, session_id TEXT NOT NULL REFERENCES sessions (id), generation BIGINT NOT NULL,
                created_at BIGINT NOT NULL, used_at BIGINT, uses BIGINT NOT NULL)
            """,
            "CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id)",
            """
            CREATE TABLE signing_keys (
                kid TEXT PRIMARY KEY, algorithm TEXT NOT NULL, sealed TEXT NOT NULL, public_jwk TEXT NOT NULL,
                created_at BIGINT NOT NULL, activates_at BIGINT NOT NULL, retires_at BIGINT NOT NULL,
                leaves_at BIGINT NOT NULL)
            """,
            "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
            """
            CREATE TABLE revocations (
                number BIGINT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, not_before BIGINT NOT NULL,
                event TEXT NOT NULL, expires_at BIGINT)
            """,
            "CREATE INDEX revocations_by_name ON revocations (kind, name)",
            "CREATE INDEX revocations_by_end ON revocations (expires_at)",
            """
            CREATE TABLE audit (
                number BIGINT PRIMARY KEY, entry TEXT NOT NULL, chain TEXT NOT NULL)
            """,
            "INSERT INTO counters (name, value) VALUES ('keys', 0), ('revocations', 0), ('audit', 0), ('statuses', 0)",
        ],
        [
            // Tokens that are alive, where they have a status; see `StatusRegister`.
            """
            CREATE TABLE statuses (
                number BIGINT PRIMARY KEY, token_id TEXT NOT NULL, subject TEXT NOT NULL, session_id TEXT, tenant TEXT,
                kid TEXT, issued_at BIGINT NOT NULL, expires_at BIGINT NOT NULL)
            """,
            "CREATE INDEX statuses_of_token ON statuses (token_id)",
            "CREATE INDEX statuses_of_subject ON statuses (subject)",
            "CREATE INDEX statuses_of_session ON statuses (session_id)",
            "CREATE INDEX statuses_by_end ON statuses (expires_at)",
        ],
    ]

    /// Brings the database to the newest version. Several processes may do so at once.
    ///
    /// - Throws: `unexpected` for a database of a newer program.
    static func migrate(_ store: some Store) async throws {
        for attempt in 1... {
            do {
                return try await store.transaction { try migrate($0) }
            } catch StoreError.conflict where attempt < 5 {
                // PostgreSQL lets two create the same table, and refuses the second when the first is committed.
                continue
            }
        }
    }

    private static func migrate(_ transaction: any SQLTransaction) throws(StoreError) {
        try transaction.run(
            "CREATE TABLE IF NOT EXISTS schema_version (one BIGINT PRIMARY KEY, version BIGINT NOT NULL)", [])
        try transaction.run(
            "INSERT INTO schema_version (one, version) VALUES (1, 0) ON CONFLICT (one) DO NOTHING", [])
        // Locks the row, so that others wait here.
        let rows = try transaction.run("UPDATE schema_version SET version = version RETURNING version", [])
        guard let version = try rows.first?.integer(0) else { throw .unexpected("no version of the schema") }
        guard version <= migrations.count else { throw .unexpected("the database belongs to a newer program") }
        guard version < migrations.count else { return }
        for migration in migrations[Int(version)...] {
            for statement in migration { try transaction.run(statement, []) }
        }
        try transaction.run("UPDATE schema_version SET version = $1", [.integer(Int64(migrations.count))])
    }
}

extension SQLTransaction {
    /// The next number of a counter. Whoever counts the same waits until this transaction has ended, so numbers have no gaps and
    /// become visible in their order.
    func next(_ counter: String) throws(StoreError) -> Int64 {
        let rows = try run("UPDATE counters SET value = value + 1 WHERE name = $1 RETURNING value", [.text(counter)])
        guard let row = rows.first else { throw .unexpected("no counter \(counter)") }
        return try row.integer(0)
    }
}
