public import FastVerify
public import HTTPTypes

/// Verifies DPoP proofs (RFC 9449 §4.3).
///
///     let proofs = ProofVerifier()
///     let accepted = try proofs.verify(field, for: target, token: text, boundTo: thumbprint)
///
/// A proof under another key than the token's is refused before any key is imported. A client's first proof with a key of
/// P-256 pays for importing and preparing it, the next are a look-up in a cache; `fastverify-bench proof` measures both.
/// Safe to share between threads.
public final class ProofVerifier: Sendable {
    public let policy: ProofPolicy
    /// The nonces that proofs must carry; none are asked for where this is `nil`.
    public let nonces: ProofNonces?
    public let replays: ReplayWindow
    private let signatures: PossessionVerifier
    private let clock: UnixClock
    private let maximumAge: Int64
    private let futureLeeway: Int64

    public init(
        _ policy: ProofPolicy = ProofPolicy(), replays: ReplayWindow = ReplayWindow(), nonces: ProofNonces? = nil,
        clock: UnixClock = .system
    ) {
        self.policy = policy
        self.replays = replays
        self.nonces = nonces
        self.clock = clock
        maximumAge = min(max(1, policy.maximumAge), 3600)
        futureLeeway = min(max(0, policy.futureLeeway), 300)
        signatures = PossessionVerifier(
            type: "dpop+jwt", algorithms: policy.algorithms, tokenBytes: policy.proofBytes, keyBits: policy.keyBits,
            cachedKeys: policy.cachedKeys)
    }

    /// Checks the proof that came with an access token, at a protected resource (RFC 9449 §7).
    ///
    /// - Parameters:
    ///   - fields: The values of all `DPoP` fields; there must be exactly one.
    ///   - token: The text of the access token, which has been verified.
    ///   - thumbprint: `jkt` of its `cnf`.
    /// - Throws: `invalidProof` for all faults but a missing or old nonce, which is `nonceRequired`.
    public func verify(
        _ fields: [String], for target: RequestTarget, token: String, boundTo thumbprint: SHA256Digest
    ) throws(Refusal) -> AcceptedProof {
        var token = token
        let digest = token.withUTF8 { SHA256Digest(of: UnsafeRawBufferPointer($0)) }
        return try verify(fields, for: target, tokenDigest: digest, thumbprint)
    }

    /// Checks the proof that came to a token endpoint, where the key is not known yet (RFC 9449 §5). The token that is issued
    /// is to be bound to the thumbprint.
    public func verify(_ fields: [String], for target: RequestTarget) throws(Refusal) -> AcceptedProof {
        try verify(fields, for: target, tokenDigest: nil, nil)
    }

    private func verify(
        _ fields: [String], for target: RequestTarget, tokenDigest: SHA256Digest?, _ expected: SHA256Digest?
    ) throws(Refusal) -> AcceptedProof {
        guard let field = fields.first else { throw Refusal(.invalidProof, "proof_missing") }
        guard fields.count == 1 else { throw Refusal(.invalidProof, "proof_repeated") }
        var proof = field
        let result = proof.withUTF8 { text in
            Result { () throws(VerificationError) in
                try signatures.verify(UnsafeRawBufferPointer(text), expected: expected) { claims, thumbprint in
                    Result { () throws(Refusal) in try check(claims, of: thumbprint, for: target, tokenDigest) }
                }
            }
        }
        switch result {
        case .success(let checked): return try checked.get()
        case .failure(let error): throw Refusal(.invalidProof, Self.reason(error))
        }
    }

    /// The claims of a proof whose signature is valid. The replay window comes last, so that it holds only proofs that were
    /// accepted.
    private func check(
        _ claims: borrowing ClaimSet, of thumbprint: SHA256Digest, for target: RequestTarget,
        _ tokenDigest: SHA256Digest?
    ) throws(Refusal) -> AcceptedProof {
        guard let tokenID = claims.tokenID, 1...max(1, policy.tokenIDBytes) ~= tokenID.utf8.count else {
            throw Refusal(.invalidProof, "proof_without_jti")
        }
        guard claims["htm"]?.equals(target.method) ?? false else {
            throw Refusal(.invalidProof, "proof_of_other_method")
        }
        guard let uri = claims["htu"], target.uri.isSame(as: uri) else {
            throw Refusal(.invalidProof, "proof_of_other_uri")
        }
        guard let issuedAt = claims.issuedAt else { throw Refusal(.invalidProof, "proof_without_iat") }
        let now = clock.now
        guard issuedAt <= now.addingSaturated(futureLeeway) else { throw Refusal(.invalidProof, "proof_from_future") }
        guard issuedAt >= now.addingSaturated(-maximumAge) else { throw Refusal(.invalidProof, "proof_too_old") }
        if let tokenDigest {
            let digest = claims["ath"]?.string.flatMap { SHA256Digest(base64URL: $0) }
            guard digest == tokenDigest else { throw Refusal(.invalidProof, "proof_of_other_token") }
        }
        let nextNonce = try checkNonce(claims)
        var name = tokenID
        switch name.withUTF8({
            replays.insert(key: thumbprint, tokenID: UnsafeRawBufferPointer($0), issuedAt: issuedAt)
        }) {
        case .fresh: return AcceptedProof(thumbprint: thumbprint, nextNonce: nextNonce)
        case .replayed: throw Refusal(.invalidProof, "proof_replayed")
        case .forgotten: throw Refusal(.invalidProof, "proof_too_old_for_window")
        }
    }

    /// The nonce to send along, if the proof's is the last one.
    private func checkNonce(_ claims: borrowing ClaimSet) throws(Refusal) -> String? {
        guard let nonces else { return nil }
        guard let nonce = claims["nonce"] else { throw Refusal(.nonceRequired(nonces.current), "proof_without_nonce") }
        switch nonces.verdict(nonce) {
        case .current: return nil
        case .previous: return nonces.current
        case .unknown: throw Refusal(.nonceRequired(nonces.current), "proof_with_old_nonce")
        }
    }

    private static func reason(_ error: VerificationError) -> StaticReason {
        switch error {
        case .tokenTooLarge, .tooComplex: "proof_too_large"
        case .unsupportedAlgorithm, .algorithmNotAllowed: "proof_algorithm"
        case .wrongType: "proof_type"
        case .keyMismatch, .keyNotFound, .ambiguousKey: "proof_key"
        case .signatureLength, .badSignature: "proof_signature"
        default: "proof_malformed"
        }
    }

    /// Clients whose keys are prepared now.
    public var preparedKeys: Int { signatures.cachedKeys }
}

extension Int64 {
    func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}

extension HTTPField.Name {
    /// RFC 9449 §4.1.
    public static let dpop = Self("DPoP")!
}
