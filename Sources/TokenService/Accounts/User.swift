internal import FastVerify

/// Somebody who logs in.
public struct User: Sendable, Hashable {
    public var id: String
    /// What the user logs in as; unique, in the spelling that `normalized` gives it.
    public var name: String
    public var roles: [String]
    public var permissions: [String]
    public var tenant: String?
    public var plan: String?
    /// Every change of what the user may do raises it, and ends all sessions of before.
    public var version: Int64
    public var isDisabled: Bool
    public var createdAt: Int64

    /// Names that differ in case or white space around them alone are one name.
    static func normalized(_ name: String) -> String {
        var name = Substring(name.lowercased())
        while name.first?.isWhitespace == true { name.removeFirst() }
        while name.last?.isWhitespace == true { name.removeLast() }
        return String(name)
    }

    /// The claims that tokens of the user have besides those of every token.
    var claims: [String: TokenClaims.Value] {
        var claims: [String: TokenClaims.Value] = ["ver": .integer(version)]
        if !roles.isEmpty { claims["roles"] = .array(roles.map(TokenClaims.Value.string)) }
        if !permissions.isEmpty { claims["permissions"] = .array(permissions.map(TokenClaims.Value.string)) }
        if let tenant { claims["tenant"] = .string(tenant) }
        if let plan { claims["plan"] = .string(plan) }
        return claims
    }
}

/// A user with what only the login looks at.
struct UserRecord: Sendable {
    var user: User
    /// Its hash.
    var password: String

    private static let columns =
        "id, name, password, roles, permissions, tenant, plan, version, disabled, created_at"

    private init(_ row: SQLRow) throws(StoreError) {
        user = User(
            id: try row.text(0), name: try row.text(1), roles: try Words.read(row.text(3)),
            permissions: try Words.read(row.text(4)), tenant: try row.optionalText(5), plan: try row.optionalText(6),
            version: try row.integer(7), isDisabled: try row.integer(8) != 0, createdAt: try row.integer(9))
        password = try row.text(2)
    }

    static func named(_ name: String, in transaction: any SQLTransaction) throws(StoreError) -> UserRecord? {
        try one("name = $1", .text(User.normalized(name)), transaction)
    }

    static func withID(_ id: String, in transaction: any SQLTransaction) throws(StoreError) -> UserRecord? {
        try one("id = $1", .text(id), transaction)
    }

    private static func one(
        _ condition: String, _ value: SQLValue, _ transaction: any SQLTransaction
    ) throws(StoreError) -> UserRecord? {
        try transaction.run("SELECT \(columns) FROM users WHERE \(condition)", [value]).first
            .map { row throws(StoreError) in try UserRecord(row) }
    }

    static func all(in transaction: any SQLTransaction) throws(StoreError) -> [User] {
        try transaction.run("SELECT \(columns) FROM users ORDER BY name", [])
            .map { row throws(StoreError) in try UserRecord(row).user }
    }

    static func page(
        after name: String?, limit: Int, in transaction: any SQLTransaction
    ) throws(StoreError) -> [User] {
        try transaction.run(
            "SELECT \(columns) FROM users WHERE name > $1 ORDER BY name LIMIT $2",
            [.text(name ?? ""), .integer(Int64(limit))]
        ).map { row throws(StoreError) in try UserRecord(row).user }
    }

    /// - Throws: `conflict` where the name is taken.
    static func insert(_ user: User, password: String, in transaction: any SQLTransaction) throws(StoreError) {
        try transaction.run(
            "INSERT INTO users (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            [
                .text(user.id), .text(user.name), .text(password), .text(Words.write(user.roles)),
                .text(Words.write(user.permissions)), .text(user.tenant), .text(user.plan), .integer(user.version),
                .integer(user.isDisabled ? 1 : 0), .integer(user.createdAt),
            ])
    }

    /// What an operator changes; counts the version up.
    static func update(_ user: User, in transaction: any SQLTransaction) throws(StoreError) {
        try transaction.run(
            """
            UPDATE users SET roles = $1, permissions = $2, tenant = $3, plan = $4, disabled = $5, version = version + 1
            WHERE id = $6
            """,
            [
                .text(Words.write(user.roles)), .text(Words.write(user.permissions)), .text(user.tenant),
                .text(user.plan), .integer(user.isDisabled ? 1 : 0), .text(user.id),
            ])
    }
}

/// Lists of words in one column, separated by spaces, as `scope` has them (RFC 6749 §3.3).
enum Words {
    static func read(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }
    static func write(_ words: [String]) -> String { words.joined(separator: " ") }

    /// Whether each can stand in such a list: printable ASCII without space, quote and backslash.
    static func areValid(_ words: [String]) -> Bool {
        words.allSatisfy { word in
            !word.isEmpty && word.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
        }
    }
}
