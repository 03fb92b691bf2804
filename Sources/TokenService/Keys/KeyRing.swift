internal import FastVerify

/// The signing keys of an issuer: which one signs, which ones are published. Several instances share them through the store; a key is
/// in clear only inside a `SigningKey`. Safe to share between threads.
public final class KeyRing: Sendable {
    private struct Snapshot: Sendable {
        /// Counts the changes of the ring, in all instances.
        var version: Int64 = -1
        var records: [KeyRecord] = []
        var signers: [String: TokenSigner] = [:]
        var keySet = KeySetDocument(jwks: [])
    }

    private let store: any Store
    private let sealing: SealingKey
    private let audit: AuditLog
    private let revocations: RevocationLog
    let algorithm: Algorithm
    private let issuer: String
    private let rotation: KeyRotation
    private let clock: UnixClock
    private let snapshot = WaitingLock(Snapshot())
    /// For verifiers in this process.
    let source = KeySource(KeySet([]))

    init(
        _ store: any Store, _ sealing: SealingKey, _ audit: AuditLog, _ revocations: RevocationLog, issuer: String,
        algorithm: Algorithm, rotation: KeyRotation, clock: UnixClock
    ) {
        self.store = store
        self.sealing = sealing
        self.audit = audit
        self.revocations = revocations
        self.issuer = issuer
        self.algorithm = algorithm
        self.rotation = rotation
        self.clock = clock
    }

    /// What signs now. It is in memory; nothing waits.
    ///
    /// - Throws: `KeyError.refused` before the first `refresh`.
    func signer() throws -> TokenSigner {
        let now = clock.now
        let signer = snapshot.withLock { snapshot in
            KeyRingPlan.current(snapshot.records, now: now).flatMap { snapshot.signers[$0.kid] }
        }
        guard let signer else { throw KeyError.refused("no signing key") }
        return signer
    }

    /// The key set for verifiers: keys that sign, will sign, or have signed what is still alive.
    public var keySet: KeySetDocument { snapshot.withLock { $0.keySet } }

    /// What the operator wants to see: `kid`, algorithm, state and times.
    public var keys: [(kid: String, algorithm: String, state: String, activatesAt: Int64, retiresAt: Int64)] {
        let now = clock.now
        return snapshot.withLock { snapshot in
            let current = KeyRingPlan.current(snapshot.records, now: now)?.kid
            return snapshot.records.filter { $0.state(at: now) != .gone }.map { record in
                let state = record.state(at: now)
                // A younger key has taken over early.
                let shown = state == .current && record.kid != current ? .retired : state
                return (record.kid, record.algorithm, shown.rawValue, record.activatesAt, record.retiresAt)
            }
        }
    }

    /// Seconds until there is something to do.
    public var pause: Int64 {
        let now = clock.now
        return snapshot.withLock { max(1, KeyRingPlan.nextMoment($0.records, rotation, after: now) - now) }
    }

    // MARK: Rotation

    /// Does what is due, and takes over what other instances have done. To be called at start, after `pause`, and after announcements.
    public func refresh() async throws {
        var ring = try await store.read { transaction in
            let rows = try transaction.run("SELECT value FROM counters WHERE name = 'keys'", [])
            return (try rows.first?.integer(0) ?? 0, try KeyRecord.all(in: transaction))
        }
        if !KeyRingPlan(ring.1, rotation, now: clock.now).isEmpty {
            ring = try await store.transaction { [self] transaction in
                // Whoever counts has the ring to itself; what was read before may have changed meanwhile.
                let version = try transaction.next("keys")
                try carryOut(KeyRingPlan(KeyRecord.all(in: transaction), rotation, now: clock.now), in: transaction)
                return (version, try KeyRecord.all(in: transaction))
            }
        }
        try take(ring.1, version: ring.0)
    }

    /// Takes a key back at once: it leaves the key set, another signs, and everything that it has signed is revoked.
    ///
    /// - Returns: false where no such key is published.
    public func revoke(_ kid: String, by actor: AuditActor) async throws -> Bool {
        let ring = try await store.transaction { [self] transaction -> (Int64, [KeyRecord])? in
            let version = try transaction.next("keys")
            let now = clock.now
            let records = try KeyRecord.all(in: transaction)
            guard records.contains(where: { $0.kid == kid && $0.state(at: now) != .gone }) else { return nil }
            try KeyRecord.delete(kid, in: transaction)
            // All that it signed until now; what is signed in this very second by another instance included.
            let event = RevocationEvent(
                issuer: issuer, .key(kid, issuedBefore: now + rotation.afterlife),
                expiration: now + 2 * rotation.afterlife)
            try revocations.append(event, in: transaction)
            try carryOut(KeyRingPlan(KeyRecord.all(in: transaction), rotation, now: now), in: transaction)
            try audit.append(AuditEntry(at: now, .keyRevoked, by: actor, object: kid), in: transaction)
            return (version, try KeyRecord.all(in: transaction))
        }
        guard let ring else { return false }
        try take(ring.1, version: ring.0)
        return true
    }

    /// Brings the next key forward: it is published now and signs from when every verifier can know it, after `KeyRotation.announcement`.
    ///
    /// - Returns: its `kid`; `nil` where the next key is published already.
    public func rotate(by actor: AuditActor) async throws -> String? {
        let ring = try await store.transaction { [self] transaction -> (Int64, [KeyRecord], String?)? in
            let version = try transaction.next("keys")
            let now = clock.now
            let records = try KeyRecord.all(in: transaction)
            guard let current = KeyRingPlan.current(records, now: now),
                !records.contains(where: { $0.activatesAt > now })
            else { return nil }
            let retiresAt = min(current.retiresAt, now + rotation.announcement)
            try transaction.run(
                "UPDATE signing_keys SET retires_at = $1, leaves_at = $2 WHERE kid = $3",
                [.integer(retiresAt), .integer(retiresAt + rotation.afterlife), .text(current.kid)])
            try audit.append(AuditEntry(at: now, .keyRotated, by: actor, object: current.kid), in: transaction)
            try carryOut(KeyRingPlan(KeyRecord.all(in: transaction), rotation, now: now), in: transaction)
            let next = try KeyRecord.all(in: transaction)
            return (version, next, next.first { $0.activatesAt > now }?.kid)
        }
        guard let ring else { return nil }
        try take(ring.1, version: ring.0)
        return ring.2
    }

    private func carryOut(_ plan: KeyRingPlan, in transaction: any SQLTransaction) throws {
        for kid in plan.leaving { try KeyRecord.delete(kid, in: transaction) }
        if let kid = plan.activatesNow {
            try transaction.run(
                "UPDATE signing_keys SET activates_at = $1 WHERE kid = $2", [.integer(clock.now), .text(kid)])
        }
        if !plan.isEmpty { try transaction.announce() }
        guard let activatesAt = plan.newKeyActivatesAt else { return }
        let key = try SigningKey(generate: algorithm, isNamedByThumbprint: true)
        let record = KeyRecord(
            kid: key.keyID ?? "", algorithm: algorithm.name, sealed: Base64URL.encode(try sealing.seal(key)),
            publicJWK: key.publicJWK, createdAt: clock.now, activatesAt: activatesAt,
            retiresAt: activatesAt + rotation.period, leavesAt: activatesAt + rotation.period + rotation.afterlife)
        try record.insert(in: transaction)
        try audit.append(AuditEntry(at: clock.now, .keyAdded, object: record.kid), in: transaction)
    }

    /// Keeps what is newer: two may read at the same time, and the one that has read before a key was revoked must not bring it back.
    private func take(_ records: [KeyRecord], version: Int64) throws {
        let known = snapshot.withLock { $0.signers }
        var signers: [String: TokenSigner] = [:]
        for record in records {
            if let signer = known[record.kid] {
                signers[record.kid] = signer
                continue
            }
            guard let sealed = Base64URL.decode(record.sealed) else {
                throw StoreError.unexpected("a sealed key is no base64url")
            }
            let key = try sealing.open(sealed)
            // A sealed key does not say where it belongs.
            guard key.keyID == record.kid else { throw StoreError.unexpected("a sealed key was exchanged") }
            signers[record.kid] = try TokenSigner(key, issuer: issuer, clock: clock)
        }
        let now = clock.now
        let document = KeySetDocument(jwks: records.filter { $0.state(at: now) != .gone }.map(\.publicJWK))
        let keySet = KeySet(try JWKSet(json: Array(document.json.utf8)))
        snapshot.withLock { snapshot in
            guard version >= snapshot.version else { return }
            // Verifiers look everything up anew when they are given keys.
            if snapshot.keySet != document { source.replace(with: keySet) }
            snapshot = Snapshot(version: version, records: records, signers: signers, keySet: document)
        }
    }
}
