internal import FastVerify

/// Why a request does not pass: what its client may learn, and what only logs and metrics do.
///
/// All bad tokens share one answer, so that nobody can tell an expired token from a forged one (RFC 6750 §3.1).
public struct Refusal: Error, Sendable, Hashable {
    /// What the client is told.
    public enum Answer: Sendable, Hashable {
        /// No credentials of a kind that is accepted here: 401 and a challenge without an error (RFC 6750 §3.1).
        case noCredentials
        /// Malformed, repeated or mixed credentials: 400 `invalid_request`.
        case invalidRequest
        /// 401 `invalid_token`.
        case invalidToken
        /// 403 `insufficient_scope`, with the scopes that would do.
        case insufficientScope([String])
        /// 401 `insufficient_user_authentication`: a stronger or newer login is needed (RFC 9470 §3); `maxAge` in seconds.
        case insufficientAuthentication(contexts: [String], maxAge: Int64?)
        /// 403 without a Bearer error: the identity is known and may not do this, whatever its scopes.
        case forbidden
        /// 401 `invalid_dpop_proof` (RFC 9449 §7.1).
        case invalidProof
        /// 401 `use_dpop_nonce` with a nonce to use (RFC 9449 §9).
        case nonceRequired(String)
        /// 429; seconds until the next request can pass.
        case tooManyRequests(retryAfter: Int64)
        /// 503: the verifier cannot decide now, and fails closed.
        case unavailable
    }

    public let answer: Answer
    /// One word for logs and metric labels: never from the request, never sent.
    public let reason: StaticReason

    public init(_ answer: Answer, _ reason: StaticReason) {
        self.answer = answer
        self.reason = reason
    }
}

/// A reason known when the program was compiled, so that no label can grow with requests. Written like the names of
/// `VerificationError`: `bad_signature`.
public struct StaticReason: Sendable, Hashable, CustomStringConvertible, ExpressibleByStringLiteral {
    public let description: String

    public init(stringLiteral value: StaticString) { description = "\(value)" }

    init(_ error: VerificationError) { description = error.name }
}

extension Refusal.Answer {
    /// A name for logs and metric labels: RFC 6750's where it has one, and nothing from a request.
    public var name: String {
        switch self {
        case .noCredentials: "no_credentials"
        case .invalidRequest: "invalid_request"
        case .invalidToken: "invalid_token"
        case .insufficientScope: "insufficient_scope"
        case .insufficientAuthentication: "insufficient_user_authentication"
        case .forbidden: "forbidden"
        case .invalidProof: "invalid_dpop_proof"
        case .nonceRequired: "use_dpop_nonce"
        case .tooManyRequests: "too_many_requests"
        case .unavailable: "unavailable"
        }
    }
}
