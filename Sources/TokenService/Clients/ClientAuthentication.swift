internal import FastVerify
internal import FastVerifyAccess

/// How a client shows who it is (RFC 6749 §2.3, RFC 7523 §2.2).
public enum ClientCredential: Sendable, Hashable {
    /// `client_secret_basic` or `client_secret_post`.
    case secret(id: String, secret: String)
    /// `private_key_jwt`: a token of its own about itself.
    case assertion(String)
    /// Only a name, which anybody may say.
    case unauthenticated(id: String)
}

extension TokenIssuer {
    /// The longest that an assertion may still live; its `jti` is remembered as long.
    private static let longestAssertion: Int64 = 600

    /// The client that a request comes from.
    ///
    /// - Parameters:
    ///   - endpoint: the URL that the request came to, which assertions may name instead of the issuer.
    ///   - address: where the request came from.
    /// - Throws: `invalidClient` whatever is wrong.
    public func authenticate(
        _ credential: ClientCredential, at endpoint: String, from address: String? = nil
    ) async throws -> Client {
        do {
            return try await identify(credential, at: endpoint)
        } catch let refusal as IssuerRefusal where refusal.answer == .invalidClient {
            try await note(refusal, of: credential, from: address)
            throw refusal
        }
    }

    /// Into the audit log, unless an address has others refused so often that it would fill it.
    private func note(_ refusal: IssuerRefusal, of credential: ClientCredential, from address: String?) async throws {
        guard throttle.mayNote(address: address ?? "unknown") else { return }
        let now = clock.now
        try await store.transaction { [auditLog] transaction in
            // A name that no client has is the sender's text.
            let client = try credential.claimedID.flatMap { try Client.withID($0, in: transaction) }
            let entry = AuditEntry(
                at: now, .clientRefused, actor: client?.id, origin: address, detail: refusal.reason)
            try auditLog.append(entry, in: transaction)
        }
    }

    private func identify(_ credential: ClientCredential, at endpoint: String) async throws -> Client {
        switch credential {
        case .secret(let id, let secret):
            let client = try await client(id)
            let expected = client?.secretDigest ?? ""
            guard MessageAuthentication.equals(ClientSecret.digest(secret).utf8, expected.utf8), let client else {
                throw IssuerRefusal(.invalidClient, "client_secret")
            }
            return client
        case .assertion(let text):
            return try await authenticate(assertion: text, at: endpoint)
        case .unauthenticated(let id):
            guard let client = try await client(id), !client.isConfidential else {
                throw IssuerRefusal(.invalidClient, "client_unauthenticated")
            }
            return client
        }
    }

    private func client(_ id: String) async throws -> Client? {
        let client = try await store.read { try Client.withID(id, in: $0) }
        return client?.isDisabled == true ? nil : client
    }

    /// RFC 7523 §3: `iss` and `sub` are the client, `aud` is this server, `exp` is near, `jti` has never been seen.
    private func authenticate(assertion text: String, at endpoint: String) async throws -> Client {
        // Nothing of it is believed yet; it says whose keys to take.
        guard let id = Self.subject(ofUnverified: text), let client = try await client(id), let keys = client.keys
        else {
            throw IssuerRefusal(.invalidClient, "assertion_client")
        }
        let keySet: KeySet
        do throws(KeyError) {
            keySet = KeySet(try JWKSet(json: Array(keys.utf8), secrets: .refused))
        } catch {
            throw StoreError.unexpected("keys of a client that cannot be read")
        }
        let asymmetric = Algorithm.allCases.filter { !$0.name.hasPrefix("HS") }
        var policy = ClaimPolicy(
            issuer: .exactly(id), audience: .oneOf([rules.issuer, endpoint]), algorithms: AlgorithmSet(asymmetric))
        policy.requiredClaims = ["iss", "sub", "aud", "exp", "jti"]
        let verifier = Verifier(policy, keys: KeySource(keySet), clock: clock)
        let now = clock.now
        guard let token = try? verifier.verify(text), token.subject == id, let tokenID = token.tokenID,
            tokenID.utf8.count <= 256, let expiration = token.expiration, expiration <= now + Self.longestAssertion
        else { throw IssuerRefusal(.invalidClient, "assertion_refused") }
        let isNew = try await store.transaction { transaction in
            try transaction.run("DELETE FROM assertions WHERE expires_at < $1", [.integer(now - 300)])
            let rows = try transaction.run(
                """
                INSERT INTO assertions (client_id, token_id, expires_at) VALUES ($1, $2, $3)
                ON CONFLICT (client_id, token_id) DO NOTHING RETURNING client_id
                """, [.text(id), .text(tokenID), .integer(expiration)])
            return !rows.isEmpty
        }
        guard isNew else { throw IssuerRefusal(.invalidClient, "assertion_replayed") }
        return client
    }

    fileprivate static func subject(ofUnverified text: String) -> String? {
        guard text.utf8.count <= 16 << 10 else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let payload = Base64URL.decode(String(parts[1])) else { return nil }
        return try? withUnverifiedClaims(payload) { $0.subject }
    }
}

extension ClientCredential {
    /// Who it says that it is; anybody may say so.
    fileprivate var claimedID: String? {
        switch self {
        case .secret(let id, _), .unauthenticated(let id): id
        case .assertion(let text): TokenIssuer.subject(ofUnverified: text)
        }
    }
}
