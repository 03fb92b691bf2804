internal import FastVerify
internal import FastVerifyAccess

// What an operator does with users.
extension TokenIssuer {
    /// Why a user or a client was not added or changed; for operators.
    public enum InvalidRecord: Error, Sendable, Hashable {
        case emptyName, nameTaken, noSuchUser, noSuchClient
        /// Fewer than 8 code points (NIST SP 800-63B §3.1.1.2) or more than 1,024 bytes.
        case passwordLength
        /// A word of a list is empty, or has white space, quotes or backslashes.
        case invalidWord
        case invalidKeys
    }

    /// - Throws: `InvalidRecord`, `StoreError`.
    public func addUser(
        name: String, password: String, roles: [String] = [], permissions: [String] = [], tenant: String? = nil,
        plan: String? = nil, by actor: AuditActor = "operator"
    ) async throws -> User {
        let user = User(
            id: TokenSigner.tokenID(), name: User.normalized(name), roles: roles, permissions: permissions,
            tenant: tenant,
            plan: plan, version: 1, isDisabled: false, createdAt: clock.now)
        guard !user.name.isEmpty else { throw InvalidRecord.emptyName }
        guard Words.areValid(roles + permissions) else { throw InvalidRecord.invalidWord }
        let hash = try await passwords.hash(Self.checked(password))
        do {
            try await store.transaction { [auditLog] transaction in
                try UserRecord.insert(user, password: hash, in: transaction)
                try auditLog.append(
                    AuditEntry(at: user.createdAt, .userAdded, by: actor, object: user.id), in: transaction)
            }
        } catch StoreError.conflict {
            throw InvalidRecord.nameTaken
        }
        return user
    }

    /// Changes what a user may do. Sessions of before end, for their tokens say what no longer holds.
    ///
    /// - Throws: `noSuchUser`, `invalidWord`.
    public func changeUser(
        named name: String, by actor: AuditActor = "operator", _ change: @escaping @Sendable (inout User) -> Void
    ) async throws -> User {
        let now = clock.now
        return try await store.transaction { [self] transaction in
            guard var user = try UserRecord.named(name, in: transaction)?.user else { throw InvalidRecord.noSuchUser }
            let (id, name) = (user.id, user.name)
            change(&user)
            (user.id, user.name) = (id, name)
            guard Words.areValid(user.roles + user.permissions) else { throw InvalidRecord.invalidWord }
            try UserRecord.update(user, in: transaction)
            user.version += 1
            _ = try endAll(of: id, by: actor, at: now, in: transaction)
            try auditLog.append(AuditEntry(at: now, .userChanged, by: actor, object: id), in: transaction)
            return user
        }
    }

    /// Sets a password; sessions of before end.
    public func setPassword(
        _ password: String, ofUserNamed name: String, by actor: AuditActor = "operator"
    ) async throws {
        let hash = try await passwords.hash(Self.checked(password))
        let now = clock.now
        try await store.transaction { [self] transaction in
            guard let id = try UserRecord.named(name, in: transaction)?.user.id else { throw InvalidRecord.noSuchUser }
            try transaction.run(
                "UPDATE users SET password = $1, version = version + 1 WHERE id = $2", [.text(hash), .text(id)])
            _ = try endAll(of: id, by: actor, at: now, in: transaction)
            try auditLog.append(AuditEntry(at: now, .passwordChanged, by: actor, object: id), in: transaction)
        }
    }

    public func users() async throws -> [User] { try await store.read { try UserRecord.all(in: $0) } }

    private static func checked(_ password: String) throws -> [UInt8] {
        let bytes = Array(password.utf8)
        guard password.unicodeScalars.count >= 8, bytes.count <= PasswordHashing.longestPassword else {
            throw InvalidRecord.passwordLength
        }
        return bytes
    }
}
