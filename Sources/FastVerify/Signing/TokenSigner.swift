internal import CCrypto

/// Why no token was made.
public enum SigningError: Error, Sendable, Hashable {
    /// The backend failed, or the signature that it made was not good: a fault of the machine or of a library. Nothing left the house.
    case signingFailed
    /// A claim of this name has no JSON form, or is one that the signer sets itself.
    case invalidClaim(String)
    /// `exp` would not be after `iat`, or is past what a number of seconds can say.
    case invalidLifetime
}

/// A token and what its issuer remembers of it.
public struct IssuedToken: Sendable {
    public let text: String
    /// `jti`.
    public let tokenID: String
    /// `iat`, in seconds since 1970; `nbf` is the same.
    public let issuedAt: Int64
    public let expiration: Int64
}

/// Issues tokens in the name of one issuer: adds `iss`, `iat`, `nbf`, `exp`, `jti`, `kid` and `typ`, signs, and hands nothing out whose signature
/// the verifier's kernel does not find good: a fault while signing can give a private key away (Boneh, DeMillo, Lipton 1997). Safe to share between threads.
public final class TokenSigner: Sendable {
    public let key: SigningKey
    public let issuer: String
    /// Seconds from `iat` to `exp`, unless a call says otherwise.
    public let lifetime: Int64
    private let header: String
    private let clock: UnixClock
    nonisolated(unsafe) private let check: OpaquePointer

    /// - Parameters:
    ///   - type: `typ`; `at+jwt` is an access token (RFC 9068 §2.1), which no one takes for another kind of token.
    /// - Throws: `invalidLifetime` unless `lifetime` is positive; `signingFailed` where the key cannot be prepared for verification.
    public convenience init(
        _ key: SigningKey, issuer: String, lifetime: Int64 = 900, type: String = "at+jwt", clock: UnixClock = .system
    ) throws(SigningError) {
        try self.init(
            key, verifiedBy: key.verificationKey, issuer: issuer, lifetime: lifetime, type: type, clock: clock)
    }

    init(
        _ key: SigningKey, verifiedBy verificationKey: VerificationKey, issuer: String, lifetime: Int64 = 900,
        type: String = "at+jwt", clock: UnixClock = .system
    ) throws(SigningError) {
        guard lifetime > 0 else { throw .invalidLifetime }
        var check: OpaquePointer?
        guard fv_prepare(KernelChoice.automatic.row(for: key.scheme), verificationKey.handle, &check) == FV_KEY_OK,
            let check
        else { throw .signingFailed }
        self.check = check
        self.key = key
        self.issuer = issuer
        self.lifetime = lifetime
        self.clock = clock
        header = Base64URL.encode(Array(key.header(type: type).utf8))
    }

    deinit { fv_prepared_key_free(check) }

    /// - Parameters:
    ///   - tokenID: `jti`, never used before; `nil` draws one.
    ///   - lifetime: seconds; `nil` is the signer's.
    public func token(
        _ claims: TokenClaims, tokenID: String? = nil, lifetime: Int64? = nil
    ) throws(SigningError) -> IssuedToken {
        let issuedAt = clock.now
        let (expiration, overflow) = issuedAt.addingReportingOverflow(lifetime ?? self.lifetime)
        guard !overflow, expiration > issuedAt else { throw .invalidLifetime }
        let tokenID = tokenID ?? Self.tokenID()
        var members: [(String, TokenClaims.Value)] = [("iss", .string(issuer))]
        if let subject = claims.subject { members.append(("sub", .string(subject))) }
        if let first = claims.audience.first {
            members.append(
                (
                    "aud",
                    claims.audience.count == 1 ? .string(first) : .array(claims.audience.map(TokenClaims.Value.string))
                ))
        }
        members += [
            ("exp", .integer(expiration)), ("nbf", .integer(issuedAt)), ("iat", .integer(issuedAt)),
            ("jti", .string(tokenID)),
        ]
        if let client = claims.clientID { members.append(("client_id", .string(client))) }
        if !claims.scopes.isEmpty { members.append(("scope", .string(claims.scopes.joined(separator: " ")))) }
        for (name, value) in claims.others.sorted(by: { $0.key < $1.key }) {
            guard !Self.reserved.contains(name) else { throw .invalidClaim(name) }
            members.append((name, value))
        }
        var texts: [String] = []
        for (name, value) in members {
            guard let text = value.json else { throw .invalidClaim(name) }
            texts.append("\(JSONText.quoted(name)):\(text)")
        }
        let input = header + "." + Base64URL.encode(Array("{\(texts.joined(separator: ","))}".utf8))
        let signature = try signature(of: Array(input.utf8))
        return IssuedToken(
            text: input + "." + Base64URL.encode(signature), tokenID: tokenID, issuedAt: issuedAt,
            expiration: expiration)
    }

    private static let reserved: Set = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "scope"]

    private func signature(of input: [UInt8]) throws(SigningError) -> [UInt8] {
        guard let signature = key.sign(input), isGood(signature, of: input) else { throw .signingFailed }
        return signature
    }

    /// By the kernel that verifies tokens.
    func isGood(_ signature: [UInt8], of input: [UInt8]) -> Bool {
        var verdict: UInt8 = 0
        input.withUnsafeBufferPointer { input in
            signature.withUnsafeBufferPointer { signature in
                var job = fv_job(
                    key: check, input: input.baseAddress, input_count: input.count, signature: signature.baseAddress,
                    signature_count: signature.count)
                fv_verify(fv_prepared_key_kernel(check), &job, 1, &verdict)
            }
        }
        return verdict == 1
    }

    /// 128 random bits in base64url, for a `jti`, or any other name that is never given twice.
    public static func tokenID() -> String {
        var generator = SystemRandomNumberGenerator()
        let words = [generator.next(), generator.next()]
        return Base64URL.encode(words.withUnsafeBytes { Array($0) })
    }
}
