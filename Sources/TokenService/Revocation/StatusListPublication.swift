internal import CZlib
internal import FastVerify

/// The lists as verifiers fetch them, kept for as long as nothing was taken back and they are fresh. Safe to share between threads.
final class StatusListPublication: Sendable {
    private struct Published {
        let log: RevocationLog.Position
        let issuedAt: Int64
        let token: String
    }

    let register = StatusRegister()
    private let revocations: RevocationLog
    private let keys: KeyRing
    private let issuer: String
    private let timeToLive: Int64
    private let published = WaitingLock([Int64: Published]())

    init(_ keys: KeyRing, _ revocations: RevocationLog, issuer: String, timeToLive: Int64) {
        self.keys = keys
        self.revocations = revocations
        self.issuer = issuer
        self.timeToLive = timeToLive
    }

    func uri(of list: Int64) -> String { "\(issuer)/status-lists/\(list)" }

    /// A Status List Token (§5.1); `nil` where no token refers to the list.
    func token(of list: Int64, at now: Int64, _ store: any Store) async throws -> String? {
        let known = published.withLock { $0[list] }
        let found = try await store.read { [self] transaction -> (RevocationLog.Position, [Int64]?)? in
            guard let lists = try register.lists(in: transaction), lists.contains(list) else { return nil }
            let position = try revocations.position(in: transaction)
            // Tokens that were issued meanwhile have not been taken back, unless the log has grown.
            if let known, known.log == position, now - known.issuedAt < timeToLive, now >= known.issuedAt {
                return (position, nil)
            }
            return (position, try register.revoked(of: list, at: now, in: transaction))
        }
        guard let (position, indices) = found else {
            published.withLock { _ = $0.removeValue(forKey: list) }
            return nil
        }
        guard let indices else { return known?.token }
        let token = try sign(list, indices, now)
        published.withLock { published in
            // Two may do so at the same time.
            if let other = published[list], other.log.log == position.log, other.log.number > position.number { return }
            published[list] = Published(log: position, issuedAt: now, token: token)
        }
        return token
    }

    private func sign(_ list: Int64, _ revoked: [Int64], _ now: Int64) throws -> String {
        var bits = [UInt8](repeating: 0, count: Int(StatusRegister.listSize / 8))
        // The lowest bit of a byte comes first (§4.1).
        for index in revoked { bits[Int(index / 8)] |= 1 << UInt8(index % 8) }
        let key = try keys.signer().key
        // Good for longer than it is fresh, for verifiers whose fetch fails.
        let signer = try TokenSigner(
            key, issuer: issuer, lifetime: max(60, 6 * timeToLive), type: "statuslist+jwt", clock: UnixClock { now })
        let claims = TokenClaims(
            subject: uri(of: list),
            others: [
                "ttl": .integer(timeToLive),
                "status_list": ["bits": 1, "lst": .string(Base64URL.encode(try Self.compressed(bits)))],
            ])
        return try signer.token(claims).text
    }

    /// A zlib stream (RFC 1950).
    private static func compressed(_ bytes: [UInt8]) throws(StoreError) -> [UInt8] {
        var count = compressBound(UInt(bytes.count))
        var result = [UInt8](repeating: 0, count: Int(count))
        guard compress2(&result, &count, bytes, UInt(bytes.count), Z_BEST_COMPRESSION) == Z_OK else {
            throw .unavailable("no memory for a status list")
        }
        return Array(result.prefix(Int(count)))
    }
}

extension TokenIssuer {
    /// The token of a status list, for anybody; `nil` where there is none of this number, or the issuer publishes none.
    public func statusList(_ list: Int64) async throws -> String? {
        try await statuses?.token(of: list, at: clock.now, store)
    }

    /// The URIs of all lists that living tokens refer to (§9.1).
    public func statusLists() async throws -> [String] {
        guard let statuses else { return [] }
        let lists = try await store.read { try statuses.register.lists(in: $0) }
        return lists.map { $0.map(statuses.uri(of:)) } ?? []
    }

    /// Enters a token that is about to be issued, where tokens have a status.
    func statusPlace(
        tokenID: String, subject: String, session: Session? = nil, tenant: String? = nil, kid: String?,
        at now: Int64, in transaction: any SQLTransaction
    ) throws(StoreError) -> StatusRegister.Place? {
        try statuses?.register.enter(
            tokenID: tokenID, subject: subject, session: session, tenant: tenant, kid: kid, issuedAt: now,
            // The signer's clock may be a little later.
            expiresAt: now + rules.accessLifetime + 60, in: transaction)
    }

    /// The claim `status` (§6.1).
    func statusClaim(_ place: StatusRegister.Place?) -> [String: TokenClaims.Value] {
        guard let place, let statuses else { return [:] }
        return [
            "status": ["status_list": ["idx": .integer(place.index), "uri": .string(statuses.uri(of: place.list))]]
        ]
    }
}
