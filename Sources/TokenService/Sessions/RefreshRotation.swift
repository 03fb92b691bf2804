internal import FastVerify
internal import FastVerifyAccess

/// What a refresh token is exchanged for, decided in one transaction (RFC 9700 §4.14.2, OAuth 2.1 §4.3.1).
///
/// A token is used once. Whoever sends it again within the grace period, while its successor is unused, is taken for the same
/// client whose answer got lost, or for its other tab, and gets the same successor. Anybody later has stolen it, or was stolen from;
/// which of the two is not known, so the whole session ends.
struct RefreshRotation: Sendable {
    enum Outcome: Sendable {
        /// The session goes on with this token; `isRetry` where it was given out before.
        case successor(RefreshToken, Session, User, isRetry: Bool)
        case refused(Reason)
    }

    /// For logs; a client hears `invalid_grant`.
    enum Reason: String, Sendable {
        case unknown, ended, expired, idle, reused, device, address, user, client, scope
    }

    let successorKey: MessageAuthentication
    /// Seconds in which a used token may come again.
    let grace: Int64
    let devices: DevicePolicy
    let ending: SessionEnding

    /// The first token of a session.
    func begin(_ session: Session, in transaction: any SQLTransaction) throws(StoreError) -> RefreshToken {
        let token = RefreshToken.random()
        try session.insert(in: transaction)
        try insert(token, session.id, generation: 0, at: session.createdAt, in: transaction)
        return token
    }

    /// - Parameters:
    ///   - clientID: the client that sends it; the session must be that client's.
    ///   - scopes: what is asked for; none is all that the session has.
    func rotate(
        _ token: RefreshToken, clientID: String?, scopes: [String], device: Device, at now: Int64,
        in transaction: any SQLTransaction
    ) throws(StoreError) -> Outcome {
        // Whoever sends a token of this session waits here until this transaction has ended.
        guard let session = try Session.locked(of: token, in: transaction) else { return .refused(.unknown) }
        // A question that nobody should have asked uses nothing up.
        if let reason = try refusal(of: session, clientID, scopes, now, in: transaction) { return .refused(reason) }
        guard let user = try user(of: session, in: transaction) else {
            try ending.end(session, .user, at: now, by: nil, device, in: transaction)
            return .refused(.user)
        }
        let successor = token.successor(successorKey)
        let used = try transaction.run(
            """
            UPDATE refresh_tokens SET uses = uses + 1, used_at = COALESCE(used_at, $1) WHERE digest = $2
            RETURNING generation, uses, used_at
            """, [.integer(now), .text(token.digest)])
        guard let row = used.first else { return .refused(.unknown) }
        let isRetry = try row.integer(1) > 1
        if isRetry, try !mayRetry(successor, usedAt: row.integer(2), now, in: transaction) {
            try ending.end(session, .reuse, at: now, by: nil, device, in: transaction)
            return .refused(.reused)
        }
        if let reason = try change(of: device, from: session, at: now, in: transaction) { return .refused(reason) }
        if !isRetry {
            try insert(successor, session.id, generation: row.integer(0) + 1, at: now, in: transaction)
        }
        try Session.touch(session.id, at: now, addressClass: device.addressClass, in: transaction)
        return .successor(successor, session, user, isRetry: isRetry)
    }

    func refusal(
        of session: Session, _ clientID: String?, _ scopes: [String], _ now: Int64, in transaction: any SQLTransaction
    ) throws(StoreError) -> Reason? {
        if session.endedAt != nil { return .ended }
        if let lapse = session.lapse(at: now) {
            _ = try Session.end(session.id, lapse, at: now, in: transaction)
            return lapse == .idle ? .idle : .expired
        }
        if session.clientID != clientID { return .client }
        return Set(scopes).isSubset(of: session.scopes) ? nil : .scope
    }

    private func mayRetry(
        _ successor: RefreshToken, usedAt: Int64, _ now: Int64, in transaction: any SQLTransaction
    ) throws(StoreError) -> Bool {
        guard now - usedAt <= grace else { return false }
        let rows = try transaction.run(
            "SELECT uses FROM refresh_tokens WHERE digest = $1", [.text(successor.digest)])
        return try rows.first?.integer(0) == 0
    }

    func change(
        of device: Device, from session: Session, at now: Int64, in transaction: any SQLTransaction
    ) throws(StoreError) -> Reason? {
        let changes: [(Bool, DevicePolicy.Response, Session.End, AuditEntry.Action, Reason)] = [
            (device.digest != session.device, devices.fingerprintChange, .device, .deviceChanged, .device),
            (device.addressClass != session.addressClass, devices.addressChange, .address, .addressChanged, .address),
        ]
        for (isChanged, response, end, action, reason) in changes where isChanged && response != .ignore {
            let entry = AuditEntry(
                at: now, action, actor: session.userID, object: session.id, origin: device.address,
                detail: response.rawValue)
            // Revocations are counted before entries of the audit log, everywhere: who counts has others wait.
            if response == .endSession { try ending.end(session, end, at: now, by: nil, device, in: transaction) }
            try ending.audit.append(entry, in: transaction)
            if response == .endSession { return reason }
        }
        return nil
    }

    private func insert(
        _ token: RefreshToken, _ sessionID: String, generation: Int64, at now: Int64, in transaction: any SQLTransaction
    ) throws(StoreError) {
        try transaction.run(
            """
            INSERT INTO refresh_tokens (digest, session_id, generation, created_at, used_at, uses)
            VALUES ($1, $2, $3, $4, NULL, 0)
            """, [.text(token.digest), .text(sessionID), .integer(generation), .integer(now)])
    }
}

/// Ends sessions, and with them the access tokens that they have brought forth.
struct SessionEnding: Sendable {
    let issuer: String
    let audit: AuditLog
    let revocations: RevocationLog
    /// Longer than any access token lives.
    let longestLife: Int64

    /// - Parameter actor: who wants it; `nil` where nobody does.
    /// - Returns: whether it was open.
    @discardableResult
    func end(
        _ session: Session, _ reason: Session.End, at now: Int64, by actor: String?, _ device: Device?,
        in transaction: any SQLTransaction
    ) throws(StoreError) -> Bool {
        guard try Session.end(session.id, reason, at: now, in: transaction) else { return false }
        // Clocks of instances differ; no token of an ended session is good, whenever it was issued.
        let until = now + 2 * longestLife
        let event = RevocationEvent(issuer: issuer, .session(session.id, issuedBefore: until), expiration: until)
        try revocations.append(event, in: transaction)
        let action: AuditEntry.Action = reason == .logout ? .logout : reason == .reuse ? .refreshReused : .sessionEnded
        try audit.append(
            AuditEntry(
                at: now, action, actor: actor, object: session.id, origin: device?.address, detail: reason.rawValue),
            in: transaction)
        return true
    }
}
