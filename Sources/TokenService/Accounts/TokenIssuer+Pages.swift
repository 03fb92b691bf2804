// Users and clients as an operator leafs through them, in the order of names that is the database's own.
extension TokenIssuer {
    /// - Parameter name: after which the page begins; `nil` is the beginning.
    public func users(after name: String?, limit: Int) async throws -> [User] {
        try await store.read { try UserRecord.page(after: name, limit: limit, in: $0) }
    }

    public func user(withID id: String) async throws -> User? {
        try await store.read { try UserRecord.withID(id, in: $0)?.user }
    }

    public func user(named name: String) async throws -> User? {
        try await store.read { try UserRecord.named(name, in: $0)?.user }
    }

    /// - Parameter id: after which the page begins; `nil` is the beginning.
    public func clients(after id: String?, limit: Int) async throws -> [Client] {
        try await store.read { try Client.page(after: id, limit: limit, in: $0) }
    }

    public func client(withID id: String) async throws -> Client? {
        try await store.read { try Client.withID(id, in: $0) }
    }
}
