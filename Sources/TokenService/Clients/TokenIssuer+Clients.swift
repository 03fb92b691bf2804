public import FastVerify
internal import FastVerifyAccess

extension TokenIssuer {
    /// A token in the client's own name (RFC 6749 §4.4). There is no refresh token: the client can ask again.
    ///
    /// - Parameters:
    ///   - client: authenticated.
    ///   - audience: `resource` (RFC 8707); `nil` is the client's first.
    public func clientToken(
        for client: Client, scopes: [String], audience: String?, from address: String?
    ) async throws -> (token: IssuedToken, scopes: [String]) {
        guard client.isConfidential, client.grants.contains(.clientCredentials) else {
            throw IssuerRefusal(.unauthorizedClient, "client_grant")
        }
        guard Set(scopes).isSubset(of: client.scopes) else { throw IssuerRefusal(.invalidScope, "client_scope") }
        guard let audience = audience ?? client.audiences.first, client.audiences.contains(audience) else {
            throw IssuerRefusal(.invalidRequest, "client_audience")
        }
        let scopes = scopes.isEmpty ? client.scopes : scopes
        let tokenID = TokenSigner.tokenID()
        let signer = try keys.signer()
        let now = clock.now
        let place = try await store.transaction { [self] transaction in
            let entry = AuditEntry(at: now, .clientToken, actor: client.id, origin: address, tokenID: tokenID)
            try auditLog.append(entry, in: transaction)
            return try statusPlace(
                tokenID: tokenID, subject: client.id, kid: signer.key.keyID, at: now, in: transaction)
        }
        let claims = TokenClaims(
            subject: client.id, audience: [audience], clientID: client.id, scopes: scopes, others: statusClaim(place))
        return (try signer.token(claims, tokenID: tokenID, lifetime: rules.accessLifetime), scopes)
    }

    /// Scopes of the issuer's own endpoints. Tokens for those are for the issuer itself, so that an API that gets a client's token for
    /// something else cannot turn to them with it (RFC 9068 §4).
    public static let administration = "issuer:admin"
    public static let revocationReading = "revocations:read"

    private func audiences(for scopes: [String]) -> [String] {
        let own = scopes.filter { $0 == Self.administration || $0 == Self.revocationReading }
        if own.isEmpty { return [rules.audience] }
        return own.count == scopes.count ? [rules.issuer] : [rules.audience, rules.issuer]
    }

    // MARK: Registration

    /// How a new client will show who it is.
    public enum ClientKind: Sendable, Hashable {
        /// By a secret that is made here and returned once.
        case secret
        /// By its private key; a JWK Set with the public ones.
        case keys(String)
        /// It cannot keep a secret.
        case `public`
    }

    /// - Parameter audiences: none: the API's, or the issuer itself for scopes of its own endpoints.
    /// - Returns: the client, and its secret where it has one; nobody can show that again.
    /// - Throws: `InvalidRecord`.
    public func addClient(
        id: String? = nil, _ kind: ClientKind, grants: Set<Client.Grant>, scopes: [String], audiences: [String],
        by actor: AuditActor = "operator"
    ) async throws -> (client: Client, secret: String?) {
        guard Words.areValid(scopes + audiences + (id.map { [$0] } ?? [])) else { throw InvalidRecord.invalidWord }
        guard id != Self.ownClientID else { throw InvalidRecord.nameTaken }
        var client = Client(
            id: id ?? TokenSigner.tokenID(), grants: grants, scopes: scopes,
            audiences: audiences.isEmpty ? self.audiences(for: scopes) : audiences, isDisabled: false,
            createdAt: clock.now)
        var secret: String?
        switch kind {
        case .secret:
            let made = ClientSecret.random()
            client.secretDigest = ClientSecret.digest(made)
            secret = made
        case .keys(let json):
            // Public keys only, and at least one.
            guard let set = try? JWKSet(json: Array(json.utf8), secrets: .refused), !set.keys.isEmpty else {
                throw InvalidRecord.invalidKeys
            }
            client.keys = json
        case .public: break
        }
        let added = client
        do {
            try await store.transaction { [auditLog] transaction in
                try added.insert(in: transaction)
                try auditLog.append(
                    AuditEntry(at: added.createdAt, .clientAdded, by: actor, object: added.id), in: transaction)
            }
        } catch StoreError.conflict {
            throw InvalidRecord.nameTaken
        }
        return (added, secret)
    }

    /// Switches a client off or on. Its tokens of before are taken back when it is switched off.
    public func setClient(_ id: String, isDisabled: Bool, by actor: AuditActor = "operator") async throws {
        let now = clock.now
        try await store.transaction { [self] transaction in
            let found = try transaction.run(
                "UPDATE clients SET disabled = $1 WHERE id = $2 RETURNING id",
                [.integer(isDisabled ? 1 : 0), .text(id)])
            guard !found.isEmpty else { throw InvalidRecord.noSuchClient }
            if isDisabled {
                let event = RevocationEvent(
                    issuer: rules.issuer, .subject(id, issuedBefore: now + 1), expiration: now + 2 * ending.longestLife)
                try revocations.append(event, in: transaction)
            }
            let entry = AuditEntry(
                at: now, .clientChanged, by: actor, object: id, detail: isDisabled ? "disabled" : "enabled")
            try auditLog.append(entry, in: transaction)
        }
    }

    public func clients() async throws -> [Client] { try await store.read { try Client.all(in: $0) } }
}
