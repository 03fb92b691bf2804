internal import FastVerify

/// A refusal as a GraphQL response tells it (GraphQL §7.1.2): a message that says no more than the HTTP answer would, and a code in
/// `extensions`, by the names that GraphQL servers have in common.
public struct GraphQLAccessError: Error, Sendable, Hashable {
    public enum Code: String, Sendable, Hashable {
        case unauthenticated = "UNAUTHENTICATED"
        case forbidden = "FORBIDDEN"
        case badRequest = "BAD_REQUEST"
        case rateLimited = "RATE_LIMITED"
        case unavailable = "SERVICE_UNAVAILABLE"
    }

    public let code: Code
    /// Scopes that would do, where the refusal names some.
    public let scopes: [String]
    /// For logs.
    public let refusal: Refusal

    public init(_ refusal: Refusal) {
        self.refusal = refusal
        switch refusal.answer {
        case .insufficientScope(let scopes): self.scopes = scopes
        default: scopes = []
        }
        code =
            switch refusal.answer {
            case .noCredentials, .invalidToken, .invalidProof, .nonceRequired, .insufficientAuthentication:
                .unauthenticated
            case .insufficientScope, .forbidden: .forbidden
            case .invalidRequest: .badRequest
            case .tooManyRequests: .rateLimited
            case .unavailable: .unavailable
            }
    }

    /// What the client reads.
    public var message: String {
        switch code {
        case .unauthenticated: "Not authenticated"
        case .forbidden: "Not allowed"
        case .badRequest: "Malformed credentials"
        case .rateLimited: "Too many requests"
        case .unavailable: "Try again later"
        }
    }

    /// One element of `errors`, as JSON. `path` leads to the field: names, and positions in lists.
    public func json(path: [PathElement] = []) -> String {
        var text = "{\"message\":\(JSONText.quoted(message))"
        if !path.isEmpty { text += ",\"path\":[\(path.map(\.json).joined(separator: ","))]" }
        text += ",\"extensions\":{\"code\":\"\(code.rawValue)\""
        if !scopes.isEmpty { text += ",\"scopes\":[\(scopes.map(JSONText.quoted).joined(separator: ","))]" }
        return text + "}}"
    }

    /// A step of the way to a field.
    public enum PathElement: Sendable, Hashable {
        case name(String)
        case position(Int)

        fileprivate var json: String {
            switch self {
            case .name(let name): JSONText.quoted(name)
            case .position(let position): String(position)
            }
        }
    }
}
