public import FastVerify
internal import FastVerifyAccess

/// Issues tokens to users and clients, and takes them back: login, refresh, logout, sessions. Several instances may share a store.
///
///     let issuer = try await TokenIssuer(store, sealing: key, rules: IssuerRules(issuer: "https://id.example", audience: "orders"))
///     let grant = try await issuer.login(name: "alice", password: password, from: device)
///     let next = try await issuer.refresh(grant.refreshToken, from: device)
///
/// Whatever changes something does so in one transaction of the store, its entry in the audit log included; a token is handed out when it is
/// committed. Safe to share between threads. Errors are `IssuerRefusal`, `StoreError` and, where a key fails, `SigningError`.
public final class TokenIssuer: Sendable {
    /// `client_id` of tokens of a login that no registered client asked for: RFC 9068 §2.2 knows no token without. No client can be registered under it.
    public static let ownClientID = "first-party"

    public let rules: IssuerRules
    public let keys: KeyRing
    public let auditLog: AuditLog
    let store: any Store
    let clock: UnixClock
    let revocations = RevocationLog()
    /// Where tokens have a status.
    let statuses: StatusListPublication?
    let passwords: PasswordHashing
    let ending: SessionEnding
    let rotation: RefreshRotation
    /// Of what this issuer has signed, for whomever.
    let verifier: Verifier
    let secret: SigningKey
    let throttle: LoginThrottle

    /// Migrates the database, reads the secrets or makes them, and makes the first signing key.
    ///
    /// - Parameters:
    ///   - sealing: what keys in the store are encrypted with.
    public init(
        _ store: any Store, sealing: SealingKey, rules: IssuerRules, clock: UnixClock = .system
    ) async throws {
        try await Schema.migrate(store)
        let secret = try await ServiceSecret.load(store, sealing)
        self.store = store
        self.secret = secret
        self.rules = rules
        self.clock = clock
        auditLog = AuditLog(MessageAuthentication(secret, purpose: "audit"))
        passwords = try PasswordHashing(rules.passwordCost)
        ending = SessionEnding(
            issuer: rules.issuer, audit: auditLog, revocations: revocations, longestLife: rules.accessLifetime + 300)
        rotation = RefreshRotation(
            successorKey: MessageAuthentication(secret, purpose: "refresh"), grace: rules.refreshGrace,
            devices: rules.devices, ending: ending)
        keys = KeyRing(
            store, sealing, auditLog, revocations, issuer: rules.issuer, algorithm: rules.algorithm,
            rotation: rules.rotation, clock: clock)
        statuses = rules.statusListAge.map { [keys, revocations] in
            StatusListPublication(keys, revocations, issuer: rules.issuer, timeToLive: $0)
        }
        throttle = LoginThrottle(rules.limits)
        var policy = ClaimPolicy(
            issuer: .exactly(rules.issuer), audience: .dangerouslyAny, algorithms: AlgorithmSet([rules.algorithm]))
        policy.types = [.accessToken]
        verifier = Verifier(policy, keys: keys.source, clock: clock)
        try await keys.refresh()
    }

    /// What a client gets.
    public struct Grant: Sendable {
        public let accessToken: IssuedToken
        public let refreshToken: String
        public let sessionID: String
        public let userID: String
        public let scopes: [String]
        /// Of the access token, in seconds.
        public let expiresIn: Int64
        /// Seconds until the session ends for good.
        public let sessionExpiresIn: Int64
    }

    // MARK: Login

    /// - Parameters:
    ///   - clientID: of the application that the user logs in with; a refresh must come from it.
    ///   - scopes: none asks for all that users get.
    public func login(
        name: String, password: String, clientID: String? = nil, scopes: [String] = [], from device: Device
    ) async throws -> Grant {
        try throttle.check(name: User.normalized(name), address: device.address)
        guard Set(scopes).isSubset(of: rules.userScopes) else { throw IssuerRefusal(.invalidScope, "login_scope") }
        let scopes = scopes.isEmpty ? rules.userScopes : scopes
        let record = try await store.read { try UserRecord.named(name, in: $0) }
        let verdict = await passwords.check(Array(password.utf8), against: record?.password)
        guard let record, verdict != .wrong, !record.user.isDisabled else {
            let now = clock.now
            let entry = AuditEntry(
                at: now, .loginFailed, actor: record?.user.id, origin: device.address,
                detail: record == nil ? "unknown_user" : verdict == .wrong ? "wrong_password" : "disabled")
            try await store.transaction { [auditLog] in try auditLog.append(entry, in: $0) }
            throw IssuerRefusal(.invalidGrant, "login_failed")
        }
        // Made before the transaction, which holds up all others.
        let hash = verdict == .rightButOutdated ? try await passwords.hash(Array(password.utf8)) : nil
        let signer = try keys.signer()
        let now = clock.now
        let session = Session(
            id: TokenSigner.tokenID(), userID: record.user.id, clientID: clientID, scopes: scopes, label: device.label,
            createdAt: now, lastUsedAt: now, expiresAt: now + rules.sessionLifetime, idleSeconds: rules.sessionIdle,
            userVersion: record.user.version, device: device.digest, addressClass: device.addressClass)
        let tokenID = TokenSigner.tokenID()
        let (token, place) = try await store.transaction { [self] transaction in
            if let hash {
                // Not where it was changed meanwhile.
                try transaction.run(
                    "UPDATE users SET password = $1 WHERE id = $2 AND password = $3",
                    [.text(hash), .text(record.user.id), .text(record.password)])
            }
            let token = try rotation.begin(session, in: transaction)
            // Last, for whoever writes to the log waits for the end of this transaction.
            let entry = AuditEntry(
                at: now, .login, actor: record.user.id, object: session.id, origin: device.address, tokenID: tokenID)
            try auditLog.append(entry, in: transaction)
            return (token, try statusPlace(tokenID, signer, record.user, session, now, transaction))
        }
        return try grant(signer, record.user, session, scopes, tokenID, place, token)
    }

    // MARK: Refresh

    /// Exchanges a refresh token for an access token and the next refresh token; see `RefreshRotation`.
    public func refresh(
        _ text: String, clientID: String? = nil, scopes: [String] = [], from device: Device
    ) async throws -> Grant {
        guard let token = RefreshToken(text) else { throw IssuerRefusal(.unknown) }
        let signer = try keys.signer()
        let tokenID = TokenSigner.tokenID()
        let now = clock.now
        let (outcome, place) = try await store.transaction { [self] transaction in
            let outcome = try rotation.rotate(
                token, clientID: clientID, scopes: scopes, device: device, at: now, in: transaction)
            switch outcome {
            case .successor(_, let session, let user, let isRetry):
                let entry = AuditEntry(
                    at: now, .refresh, actor: user.id, object: session.id, origin: device.address, tokenID: tokenID,
                    detail: isRetry ? "retry" : nil)
                try auditLog.append(entry, in: transaction)
                return (outcome, try statusPlace(tokenID, signer, user, session, now, transaction))
            case .refused(.unknown): break
            case .refused(let reason):
                let entry = AuditEntry(at: now, .refreshRefused, origin: device.address, detail: reason.rawValue)
                try auditLog.append(entry, in: transaction)
            }
            return (outcome, nil)
        }
        switch outcome {
        case .refused(let reason): throw IssuerRefusal(reason)
        case .successor(let next, let session, let user, _):
            return try grant(signer, user, session, scopes.isEmpty ? session.scopes : scopes, tokenID, place, next)
        }
    }

    private func statusPlace(
        _ tokenID: String, _ signer: TokenSigner, _ user: User, _ session: Session, _ now: Int64,
        _ transaction: any SQLTransaction
    ) throws(StoreError) -> StatusRegister.Place? {
        try statusPlace(
            tokenID: tokenID, subject: user.id, session: session, tenant: user.tenant, kid: signer.key.keyID, at: now,
            in: transaction)
    }

    private func grant(
        _ signer: TokenSigner, _ user: User, _ session: Session, _ scopes: [String], _ tokenID: String,
        _ place: StatusRegister.Place?, _ refresh: RefreshToken
    ) throws -> Grant {
        var others = user.claims.merging(statusClaim(place)) { claim, _ in claim }
        others["sid"] = .string(session.id)
        let claims = TokenClaims(
            subject: user.id, audience: [rules.audience], clientID: session.clientID ?? Self.ownClientID,
            scopes: scopes, others: others)
        let issued = try signer.token(claims, tokenID: tokenID, lifetime: rules.accessLifetime)
        return Grant(
            accessToken: issued, refreshToken: refresh.text, sessionID: session.id, userID: user.id, scopes: scopes,
            expiresIn: issued.expiration - issued.issuedAt, sessionExpiresIn: session.expiresAt - issued.issuedAt)
    }
}
