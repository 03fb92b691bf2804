internal import FastVerify

/// An application that asks for tokens in its own name, or that users log in with.
public struct Client: Sendable, Hashable {
    public enum Grant: String, Sendable, CaseIterable {
        case clientCredentials = "client_credentials"
        case refreshToken = "refresh_token"
    }

    public var id: String
    public var grants: Set<Grant>
    /// What it may ask for, and gets where it asks for nothing.
    public var scopes: [String]
    /// Of tokens in its own name; the first where it does not ask.
    public var audiences: [String]
    public var isDisabled: Bool
    public var createdAt: Int64
    /// The digest of its secret; `nil` where it authenticates by a key, or not at all.
    var secretDigest: String?
    /// Its public keys, a JWK Set, for `private_key_jwt`.
    var keys: String?

    public enum Authentication: String, Sendable { case secret, keys, none }

    /// How it shows who it is.
    public var authentication: Authentication { secretDigest != nil ? .secret : keys != nil ? .keys : .none }

    /// Whether it can show who it is (RFC 6749 §2.1).
    public var isConfidential: Bool { secretDigest != nil || keys != nil }
}

extension Client {
    private static let columns = "id, secret, keys, grants, scopes, audiences, disabled, created_at"

    private init(_ row: SQLRow) throws(StoreError) {
        id = try row.text(0)
        secretDigest = try row.optionalText(1)
        keys = try row.optionalText(2)
        grants = Set(Words.read(try row.text(3)).compactMap(Grant.init))
        scopes = Words.read(try row.text(4))
        audiences = Words.read(try row.text(5))
        isDisabled = try row.integer(6) != 0
        createdAt = try row.integer(7)
    }

    static func withID(_ id: String, in transaction: any SQLTransaction) throws(StoreError) -> Client? {
        try transaction.run("SELECT \(columns) FROM clients WHERE id = $1", [.text(id)])
            .first.map { row throws(StoreError) in try Client(row) }
    }

    static func all(in transaction: any SQLTransaction) throws(StoreError) -> [Client] {
        try transaction.run("SELECT \(columns) FROM clients ORDER BY id", [])
            .map { row throws(StoreError) in try Client(row) }
    }

    static func page(
        after id: String?, limit: Int, in transaction: any SQLTransaction
    ) throws(StoreError) -> [Client] {
        try transaction.run(
            "SELECT \(columns) FROM clients WHERE id > $1 ORDER BY id LIMIT $2",
            [.text(id ?? ""), .integer(Int64(limit))]
        ).map { row throws(StoreError) in try Client(row) }
    }

    /// - Throws: `conflict` where the id is taken.
    func insert(in transaction: any SQLTransaction) throws(StoreError) {
        try transaction.run(
            "INSERT INTO clients (\(Self.columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            [
                .text(id), .text(secretDigest), .text(keys), .text(Words.write(grants.map(\.rawValue).sorted())),
                .text(Words.write(scopes)), .text(Words.write(audiences)), .integer(isDisabled ? 1 : 0),
                .integer(createdAt),
            ])
    }
}

/// A client's secret: made here, shown once, kept as a digest. It has 256 random bits, so a plain digest cannot be guessed back.
struct ClientSecret {
    /// Tells scanners for leaked secrets what they have found.
    static let prefix = "fvc_"

    static func random() -> String {
        prefix + Base64URL.encode(RandomSecret.bytes())
    }

    static func digest(_ secret: String) -> String { Base64URL.encode(SHA256Digest(of: Array(secret.utf8)).bytes) }
}
