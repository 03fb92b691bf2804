internal import FastVerifyAccess
internal import HTTPTypes
internal import TokenService

/// What a page says when something did not happen. Reasons stay in the log.
enum PageProblem: Error, Equatable {
    case malformed, tooLarge, otherType
    /// It was no page of this service, or none of this session, that sent the form.
    case foreign
    /// Whatever is wrong with a login: unknown users and wrong passwords have the same words.
    case wrongLogin
    case throttled(retryAfter: Int64)
    case unavailable

    init(_ refusal: IssuerRefusal) {
        switch refusal.answer {
        case .invalidGrant: self = .wrongLogin
        case .tooManyRequests(let seconds): self = .throttled(retryAfter: seconds)
        case .invalidScope, .notFound, .invalidRequest, .invalidClient, .unauthorizedClient, .unsupportedGrantType:
            self = .malformed
        }
    }

    init(_ refusal: Refusal) { self = refusal.answer == .forbidden ? .foreign : .malformed }

    /// 401 would need a challenge (RFC 9110 §15.5.2), at which browsers ask for a password of their own; 403 says that the one that was sent
    /// is not enough (§15.5.4).
    var status: HTTPResponse.Status {
        switch self {
        case .malformed: .badRequest
        case .tooLarge: .contentTooLarge
        case .otherType: .unsupportedMediaType
        case .foreign, .wrongLogin: .forbidden
        case .throttled: .tooManyRequests
        case .unavailable: .serviceUnavailable
        }
    }

    /// Seconds.
    var retryAfter: Int64? {
        switch self {
        case .throttled(let seconds): seconds
        case .unavailable: 1
        default: nil
        }
    }

    /// - Parameter site: the origin at which the pages work.
    func sentence(at site: String) -> HTML {
        switch self {
        case .malformed, .otherType: "The service did not understand the request. Nothing has changed."
        case .tooLarge: "That is more than the service reads. Nothing has changed."
        case .foreign: "This was not sent by a page of \(site), or the page was too old. Nothing has changed."
        case .wrongLogin: "The user name or the password is wrong."
        case .throttled(let seconds):
            "Too many attempts. Wait for \(max(1, seconds)) \(seconds <= 1 ? "second" : "seconds"), then try again."
        case .unavailable: "The service cannot reach its database. Try again in a moment."
        }
    }
}
