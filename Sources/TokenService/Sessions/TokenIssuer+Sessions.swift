internal import FastVerify
internal import FastVerifyAccess

// What ends: sessions, all sessions of a user, single tokens.
extension TokenIssuer {
    /// Ends the session of a refresh token, used or not. Silent about tokens that nobody knows (RFC 7009 §2.2).
    public func logout(refreshToken text: String, clientID: String? = nil, from device: Device? = nil) async throws {
        guard let token = RefreshToken(text) else { return }
        let now = clock.now
        try await store.transaction { [ending] transaction in
            guard let session = try Session.locked(of: token, in: transaction), session.clientID == clientID else {
                return
            }
            try ending.end(session, .logout, at: now, by: session.userID, device, in: transaction)
        }
    }

    /// A user's sessions that can still be refreshed, the last used first.
    public func sessions(of userID: String) async throws -> [Session] {
        let now = clock.now
        return try await store.read { try Session.open(of: userID, in: $0).filter { $0.isAlive(at: now) } }
    }

    /// Ends one session of a user.
    ///
    /// - Throws: `notFound` where the user has no such open session.
    public func endSession(_ id: String, of userID: String, from device: Device? = nil) async throws {
        let now = clock.now
        let isEnded = try await store.transaction { [ending] transaction in
            guard let session = try Session.locked(id, in: transaction), session.userID == userID else { return false }
            return try ending.end(session, .elsewhere, at: now, by: userID, device, in: transaction)
        }
        guard isEnded else { throw IssuerRefusal(.notFound, "no_session") }
    }

    /// Ends all sessions of a user, and what access tokens they have brought forth. The number of sessions.
    @discardableResult
    public func endAllSessions(of userID: String, by actor: AuditActor) async throws -> Int {
        let now = clock.now
        return try await store.transaction { [self] transaction in
            try endAll(of: userID, by: actor, at: now, in: transaction)
        }
    }

    func endAll(
        of userID: String, by actor: AuditActor, at now: Int64, in transaction: any SQLTransaction
    ) throws(StoreError) -> Int {
        // What was issued in this second, too: tokens of the next one are good again.
        try endAll(
            "user_id = $3", userID, .subject(userID, issuedBefore: now + 1), by: actor, at: now, in: transaction)
    }

    /// Ends all open sessions that a condition on `$3` is true of. One rule takes back the access tokens of all.
    func endAll(
        _ condition: StaticString, _ name: String, _ rule: RevocationEvent.Target, by actor: AuditActor, at now: Int64,
        in transaction: any SQLTransaction
    ) throws(StoreError) -> Int {
        let sessions = try transaction.run(
            "UPDATE sessions SET ended_at = $1, end_reason = $2 WHERE ended_at IS NULL AND \(condition) RETURNING id",
            [.integer(now), .text(Session.End.operatorEnded.rawValue), .text(name)])
        let event = RevocationEvent(
            issuer: rules.issuer, rule, expiration: now + 2 * ending.longestLife)
        try revocations.append(event, in: transaction)
        for session in sessions {
            let entry = AuditEntry(
                at: now, .sessionEnded, by: actor, object: try session.text(0),
                detail: Session.End.operatorEnded.rawValue)
            try auditLog.append(entry, in: transaction)
        }
        return sessions.count
    }

    /// Takes back one access token that this issuer has signed, as RFC 7009 wants it: nothing happens for any other text.
    ///
    /// - Parameter clientID: whose token it must be; `nil` for a user's own.
    public func revoke(accessToken text: String, clientID: String?) async throws {
        guard let token = try? verifier.verify(text), token.claims.clientID == clientID ?? Self.ownClientID,
            let id = token.tokenID,
            let expiration = token.expiration
        else { return }
        let (now, subject) = (clock.now, token.subject)
        try await store.transaction { [self] transaction in
            let event = RevocationEvent(issuer: rules.issuer, .token(id: id), expiration: expiration)
            try revocations.append(event, in: transaction)
            try auditLog.append(
                AuditEntry(at: now, .tokenRevoked, actor: clientID ?? subject, tokenID: id), in: transaction)
        }
    }
}
