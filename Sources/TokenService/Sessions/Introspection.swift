public import FastVerify
internal import FastVerifyAccess

/// What is known of a token (RFC 7662 §2.2).
public enum Introspection: Sendable, Hashable {
    /// Expired, taken back, of somebody else, or no token at all: which of these is nobody's business.
    case inactive
    /// The members of the answer, as JSON.
    case active(json: String)
}

extension TokenIssuer {
    /// Looks at an access token or a refresh token. What was taken back is looked up in the store, so it is inactive at once in all instances.
    public func introspect(_ text: String) async throws -> Introspection {
        if let token = RefreshToken(text) { return try await introspect(token) }
        guard let token = try await verifiedToken(text) else { return .inactive }
        // The claims as they were signed, with `active` before them.
        let payload = String(decoding: token.payload, as: UTF8.self)
        return .active(json: "{\"active\":true,\"token_type\":\"Bearer\",\(payload.drop { $0 != "{" }.dropFirst())")
    }

    /// An access token of this issuer that is good at this moment. Asks the store, where nothing is late; `nil` for any other text.
    public func verifiedToken(_ text: String) async throws -> VerifiedToken? {
        guard let token = try? verifier.verify(text), let id = token.tokenID, let issuedAt = token.claims.issuedAt
        else {
            return nil
        }
        let (session, subject, tenant) = (token.claims["sid"]?.string, token.subject, token.claims["tenant"]?.string)
        let kid = token.keyID
        let isTakenBack = try await store.read { [revocations] transaction in
            if let session, let found = try Session.withID(session, in: transaction), found.endedAt != nil {
                return true
            }
            return try revocations.isRevoked(
                tokenID: id, subject: subject, session: session, tenant: tenant, kid: kid, issuedAt: issuedAt,
                in: transaction)
        }
        return isTakenBack ? nil : token
    }

    private func introspect(_ token: RefreshToken) async throws -> Introspection {
        let now = clock.now
        let found = try await store.read { transaction -> (Session, Int64)? in
            let rows = try transaction.run(
                "SELECT session_id, uses FROM refresh_tokens WHERE digest = $1", [.text(token.digest)])
            guard let row = rows.first, let session = try Session.withID(row.text(0), in: transaction) else {
                return nil
            }
            return (session, try row.integer(1))
        }
        guard let (session, uses) = found, uses == 0, session.isAlive(at: now) else { return .inactive }
        var members: [(String, TokenClaims.Value)] = [
            ("active", true), ("token_type", "refresh_token"), ("iss", .string(rules.issuer)),
            ("sub", .string(session.userID)), ("sid", .string(session.id)),
            ("exp", .integer(min(session.expiresAt, session.lastUsedAt + session.idleSeconds))),
            ("iat", .integer(session.createdAt)),
        ]
        if !session.scopes.isEmpty { members.append(("scope", .string(Words.write(session.scopes)))) }
        if let client = session.clientID { members.append(("client_id", .string(client))) }
        let texts = members.compactMap { name, value in value.json.map { "\(JSONText.quoted(name)):\($0)" } }
        return .active(json: "{\(texts.joined(separator: ","))}")
    }
}
