/// Verifies tokens that carry their own key, by which somebody proves to hold it (RFC 7800 §3, RFC 9449 §4). What such a token
/// says, it says about nobody: it is worth something only with the thumbprint that a verified token or its issuer vouches
/// for. A path of its own, so that `Verifier` never meets a key from a header.
///
/// The order is that of `Verifier`, cheapest check first, the signature before the claims. Immutable but for the cache of
/// prepared keys; safe to share between threads.
package final class PossessionVerifier: Sendable {
    /// The `typ` that is asked for.
    private let type: TokenType
    private let algorithms: AlgorithmSet
    private let tokenBytes: Int
    private let keyBits: Int
    private let cache: PossessionKeyCache
    private let idle = IdleBatches(maxMembers: 64)

    /// - Parameters:
    ///   - algorithms: Of which symmetric ones are left out.
    ///   - tokenBytes: Characters of the longest token.
    ///   - keyBits: Of the longest key; importing one of 8,192 bits takes a millisecond.
    ///   - cachedKeys: Keys that stay prepared.
    package init(type: TokenType, algorithms: AlgorithmSet, tokenBytes: Int, keyBits: Int, cachedKeys: Int) {
        self.type = type
        self.algorithms = algorithms.intersection(.asymmetric)
        self.tokenBytes = tokenBytes
        self.keyBits = keyBits
        cache = PossessionKeyCache(capacity: cachedKeys)
    }

    /// Lends the claims of a valid token to `body`, with the thumbprint of its key.
    ///
    /// With `expected`, a token under another key is refused before the key is imported, and after a valid signature the key
    /// stays prepared. Without, nobody vouches for the key yet, and it does not: strangers could drive out all others.
    package func verify<T>(
        _ text: UnsafeRawBufferPointer, expected: SHA256Digest?,
        _ body: (borrowing ClaimSet, SHA256Digest) -> T
    ) throws(VerificationError) -> T {
        try idle.withBatch { batch throws(VerificationError) in
            batch.arena.reset()
            let token = try CompactToken(text, limit: tokenBytes)
            let known = cache.find(token.header)
            let key = if let known { known } else { try read(token.header, expected, &batch) }
            if let expected, key.thumbprint != expected { throw .keyMismatch }
            let claims = try batch.scan(batch.decode(token.payload))
            let signature = try batch.decode(token.signature, size: key.signatureSize)
            guard key.verifies(token.signingInput, signature) else { throw .badSignature }
            if known == nil, expected != nil { cache.insert(key) }
            return body(ClaimSet(claims, ownedBy: claims), key.thumbprint)
        }
    }

    private func read(
        _ header: UnsafeRawBufferPointer, _ expected: SHA256Digest?, _ batch: inout VerificationBatch
    ) throws(VerificationError) -> PossessionKey {
        let object = try batch.scanner.scan(batch.decode(header), into: &batch.arena, malformed: .malformedHeader)
        let checked = try JOSEHeader(object)
        guard algorithms.contains(checked.algorithm) else { throw .algorithmNotAllowed }
        guard type.matches(checked.type) else { throw .wrongType }
        let name: StaticString = "jwk"
        let member = object.member(named: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        guard let member, member.kind == .object else { throw .malformedHeader }
        let jwk = try batch.scanner.scan(
            UnsafeRawBufferPointer(start: member.bytes, count: member.count), into: &batch.arena,
            malformed: .malformedHeader)
        guard let thumbprint = jwk.thumbprint else { throw .keyMismatch }
        if let expected, thumbprint != expected { throw .keyMismatch }
        return try PossessionKey(
            jwk, thumbprint: thumbprint, header: header, algorithm: checked.algorithm, maxBits: keyBits)
    }

    /// Keys that stay prepared, for metrics and tests.
    package var cachedKeys: Int { cache.count }
}
