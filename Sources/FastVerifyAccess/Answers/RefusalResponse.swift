internal import FastVerify
public import HTTPTypes

/// What a client gets that does not pass: the same bytes for the same answer, whatever the reason.
public struct RefusalResponse: Sendable, Hashable {
    public var status: HTTPResponse.Status
    /// `Content-Length` is left to the server.
    public var fields: HTTPFields
    /// Problem details (RFC 9457), ASCII.
    public var body: String
}

extension ProtectionSpace {
    /// The answer to a request that does not pass (RFC 6750 §3, RFC 9449 §7.1, RFC 9470 §3).
    ///
    /// - Parameter scheme: that of the credential, where there was one.
    public func response(to refusal: Refusal, presenting scheme: CredentialScheme? = nil) -> RefusalResponse {
        var fields: HTTPFields = [.contentType: "application/problem+json", .cacheControl: "no-store"]
        for challenge in challenges(refusal, scheme) {
            fields.append(HTTPField(name: .wwwAuthenticate, value: challenge))
        }
        switch refusal.answer {
        case .tooManyRequests(let seconds): fields[.retryAfter] = "\(max(0, seconds))"
        case .unavailable: fields[.retryAfter] = "\(retryAfter)"
        case .nonceRequired(let nonce): fields[.dpopNonce] = nonce
        default: break
        }
        let problem = refusal.answer.problem
        return RefusalResponse(status: problem.status, fields: fields, body: problem.body)
    }
}

extension Refusal.Answer {
    /// The status of the answer.
    public var status: HTTPResponse.Status { problem.status }

    /// Words and numbers of this file alone: nothing of a request, a token or a key can get into a body.
    fileprivate var problem: (status: HTTPResponse.Status, body: String) {
        func problem(_ status: HTTPResponse.Status, _ error: StaticString?, _ detail: StaticString) -> (
            HTTPResponse.Status, String
        ) {
            let code = error.map { ",\"error\":\"\($0)\"" } ?? ""
            let title = "\"type\":\"about:blank\",\"title\":\"\(status.reasonPhrase)\",\"status\":\(status.code)"
            return (status, "{\(title)\(code),\"detail\":\"\(detail)\"}")
        }
        return switch self {
        case .noCredentials: problem(.unauthorized, nil, "This resource needs an access token.")
        case .invalidRequest: problem(.badRequest, "invalid_request", "The request's credentials are malformed.")
        case .invalidToken: problem(.unauthorized, "invalid_token", "The access token is not valid here.")
        case .insufficientScope:
            problem(.forbidden, "insufficient_scope", "The access token lacks a scope that this resource needs.")
        case .insufficientAuthentication:
            problem(
                .unauthorized, "insufficient_user_authentication",
                "This resource needs a stronger or more recent login.")
        case .forbidden: problem(.forbidden, nil, "The access token does not allow this.")
        case .invalidProof: problem(.unauthorized, "invalid_dpop_proof", "The proof of possession is not valid here.")
        case .nonceRequired: problem(.unauthorized, "use_dpop_nonce", "The proof of possession needs a new nonce.")
        case .tooManyRequests: problem(.tooManyRequests, nil, "Too many requests.")
        case .unavailable: problem(.serviceUnavailable, nil, "Access cannot be decided now.")
        }
    }
}

extension HTTPField.Name {
    /// RFC 9449 §8.
    public static let dpopNonce = Self("DPoP-Nonce")!
}
