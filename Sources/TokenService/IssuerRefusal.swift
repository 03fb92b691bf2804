/// Why no token was given out. A client hears the words of RFC 6749 §5.2 only; the reason goes to logs and to the audit log.
public struct IssuerRefusal: Error, Sendable, Hashable {
    public enum Answer: Sendable, Hashable {
        case invalidRequest, invalidClient, invalidGrant, unauthorizedClient, unsupportedGrantType, invalidScope
        /// Seconds to wait.
        case tooManyRequests(retryAfter: Int64)
        /// 404 for what is not the caller's, whether or not it exists.
        case notFound
    }

    public let answer: Answer
    /// Known at compile time, so it holds nothing that a client sent.
    public let reason: String

    init(_ answer: Answer, _ reason: StaticString) {
        self.answer = answer
        self.reason = "\(reason)"
    }

    init(_ reason: RefreshRotation.Reason) {
        answer = reason == .scope ? .invalidScope : .invalidGrant
        self.reason = "refresh_\(reason.rawValue)"
    }
}
