internal import FastVerify

/// Whoever holds the refresh token of an open session, and has shown it without using it up: somebody who looks at pages, of which two may be
/// open at once, neither to be told of a successor.
public struct Presence: Sendable, Hashable {
    public let session: Session
    public let user: User
    /// When it was asked for, by the issuer's clock.
    public let at: Int64
}

extension TokenIssuer {
    /// Who holds a refresh token; `nil` where its session is over, or never was.
    ///
    /// The rules are those of `refresh`, with one difference: nobody uses the tokens of pages up. So one that was used has been in
    /// other hands, and its session ends at once, without a period of grace. Mostly this writes nothing.
    public func presence(refreshToken text: String, from device: Device) async throws -> Presence? {
        guard let token = RefreshToken(text) else { return nil }
        let now = clock.now
        let found = try await store.read { [rotation] transaction in
            try rotation.glance(token, device: device, at: now, in: transaction)
        }
        switch found {
        case .present(let presence): return presence
        case .absent: return nil
        case .undecided: break
        }
        return try await store.transaction { [rotation] transaction in
            try rotation.look(token, device: device, at: now, in: transaction)
        }
    }

    /// Ends all sessions of a user but one, with the access tokens that they have brought forth. The number of sessions.
    @discardableResult
    public func endOtherSessions(
        than id: String, of userID: String, from device: Device? = nil
    ) async throws -> Int {
        let now = clock.now
        return try await store.transaction { [ending] transaction in
            // All rows are taken before any of them writes to a log, for whose end others wait with a row of theirs.
            let sessions = try Session.open(of: userID, in: transaction).map(\.id).filter { $0 != id }.sorted()
                .compactMap { try Session.locked($0, in: transaction) }
            return try sessions.count {
                try ending.end($0, .elsewhere, at: now, by: userID, device, in: transaction)
            }
        }
    }
}

extension RefreshRotation {
    enum Glance: Sendable {
        case present(Presence)
        case absent
        /// Something is to be written, or is about to change.
        case undecided
    }

    /// Seconds between two notes that a page was looked at.
    private static let notes: Int64 = 300

    /// Reads only, and answers wherever `look` would write nothing.
    func glance(
        _ token: RefreshToken, device: Device, at now: Int64, in transaction: any SQLTransaction
    ) throws(StoreError) -> Glance {
        guard let (id, uses) = try holding(token, in: transaction),
            let session = try Session.withID(id, in: transaction),
            session.endedAt == nil, session.clientID == nil
        else { return .absent }
        guard uses == 0, session.isAlive(at: now),
            session.device == device.digest || devices.fingerprintChange == .ignore,
            session.addressClass == device.addressClass, now - session.lastUsedAt <= Self.notes,
            let user = try user(of: session, in: transaction)
        else { return .undecided }
        return .present(Presence(session: session, user: user, at: now))
    }

    /// What `rotate` does, without a successor.
    func look(
        _ token: RefreshToken, device: Device, at now: Int64, in transaction: any SQLTransaction
    ) throws(StoreError) -> Presence? {
        guard let session = try Session.locked(of: token, in: transaction),
            let (_, uses) = try holding(token, in: transaction),
            try refusal(of: session, nil, [], now, in: transaction) == nil
        else { return nil }
        guard let user = try user(of: session, in: transaction) else {
            try ending.end(session, .user, at: now, by: nil, device, in: transaction)
            return nil
        }
        guard uses == 0 else {
            try ending.end(session, .reuse, at: now, by: nil, device, in: transaction)
            return nil
        }
        guard try change(of: device, from: session, at: now, in: transaction) == nil else { return nil }
        try Session.touch(session.id, at: now, addressClass: device.addressClass, in: transaction)
        return Presence(session: session, user: user, at: now)
    }

    private func holding(
        _ token: RefreshToken, in transaction: any SQLTransaction
    ) throws(StoreError) -> (session: String, uses: Int64)? {
        let rows = try transaction.run(
            "SELECT session_id, uses FROM refresh_tokens WHERE digest = $1", [.text(token.digest)])
        return try rows.first.map { row throws(StoreError) in (try row.text(0), try row.integer(1)) }
    }

    /// `nil` for one that has changed since the login, or may not log in any more.
    func user(of session: Session, in transaction: any SQLTransaction) throws(StoreError) -> User? {
        guard let user = try UserRecord.withID(session.userID, in: transaction)?.user, !user.isDisabled,
            user.version == session.userVersion
        else { return nil }
        return user
    }
}
