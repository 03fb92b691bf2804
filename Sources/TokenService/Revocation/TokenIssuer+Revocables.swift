internal import FastVerify
internal import FastVerifyAccess

// What an operator takes back by its name.
extension TokenIssuer {
    public enum Revocable: Sendable, Hashable {
        /// One access token, by its `jti`; whether it was ever issued is not known.
        case token(id: String)
        /// One session, and the access tokens that it has brought forth.
        case session(id: String)
        /// All sessions and access tokens of a user, until now.
        case user(id: String)
        /// All sessions and access tokens of a tenant's users, until now.
        case tenant(String)
        /// A signing key at once, and all that it has signed: see `KeyRing.revoke`.
        case key(kid: String)
    }

    /// - Returns: false where there is no such user or key, or no such open session.
    public func revoke(_ target: Revocable, by actor: AuditActor) async throws -> Bool {
        if case .key(let kid) = target { return try await keys.revoke(kid, by: actor) }
        let now = clock.now
        return try await store.transaction { [self] transaction in
            switch target {
            case .token(let id): try revoke(tokenID: id, by: actor, at: now, in: transaction)
            case .session(let id):
                guard let session = try Session.locked(id, in: transaction) else { return false }
                return try end(session, by: actor, at: now, in: transaction)
            case .user(let id):
                guard try UserRecord.withID(id, in: transaction) != nil else { return false }
                _ = try endAll(of: id, by: actor, at: now, in: transaction)
            case .tenant(let name): try revoke(tenant: name, by: actor, at: now, in: transaction)
            case .key: break
            }
            return true
        }
    }

    /// Ends one session of a user in an operator's name.
    ///
    /// - Returns: false where the user has no such open session.
    public func endSession(_ id: String, of userID: String, by actor: AuditActor) async throws -> Bool {
        let now = clock.now
        return try await store.transaction { [self] transaction in
            guard let session = try Session.locked(id, in: transaction), session.userID == userID else { return false }
            return try end(session, by: actor, at: now, in: transaction)
        }
    }

    private func end(
        _ session: Session, by actor: AuditActor, at now: Int64, in transaction: any SQLTransaction
    ) throws(StoreError) -> Bool {
        let place = actor.address.map { Device(fingerprint: "", address: $0) }
        return try ending.end(session, .operatorEnded, at: now, by: actor.name, place, in: transaction)
    }

    private func revoke(
        tokenID: String, by actor: AuditActor, at now: Int64, in transaction: any SQLTransaction
    ) throws(StoreError) {
        // It may have been issued by an instance whose clock is ahead.
        let event = RevocationEvent(
            issuer: rules.issuer, .token(id: tokenID), expiration: now + 2 * ending.longestLife)
        try revocations.append(event, in: transaction)
        try auditLog.append(AuditEntry(at: now, .tokenRevoked, by: actor, tokenID: tokenID), in: transaction)
    }

    private func revoke(
        tenant: String, by actor: AuditActor, at now: Int64, in transaction: any SQLTransaction
    ) throws(StoreError) {
        _ = try endAll(
            "user_id IN (SELECT id FROM users WHERE tenant = $3)", tenant, .tenant(tenant, issuedBefore: now + 1),
            by: actor, at: now, in: transaction)
        try auditLog.append(AuditEntry(at: now, .tenantRevoked, by: actor, object: tenant), in: transaction)
    }
}
