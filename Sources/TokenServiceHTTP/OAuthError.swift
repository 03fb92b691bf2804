internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import TokenService

/// What a client of an OAuth endpoint hears when it gets nothing (RFC 6749 §5.2). The reason stays in the log.
enum OAuthError: Error, Equatable {
    case invalidRequest, invalidGrant, unauthorizedClient, unsupportedGrantType, invalidScope
    /// 401 with a challenge where the client tried `Authorization`.
    case invalidClient(usedBasic: Bool)
    case slowDown(retryAfter: Int64)
    case unavailable

    init(_ refusal: IssuerRefusal, usedBasic: Bool) {
        switch refusal.answer {
        case .invalidRequest, .notFound: self = .invalidRequest
        case .invalidClient: self = .invalidClient(usedBasic: usedBasic)
        case .invalidGrant: self = .invalidGrant
        case .unauthorizedClient: self = .unauthorizedClient
        case .unsupportedGrantType: self = .unsupportedGrantType
        case .invalidScope: self = .invalidScope
        case .tooManyRequests(let seconds): self = .slowDown(retryAfter: seconds)
        }
    }

    private var code: (HTTPResponse.Status, StaticString) {
        switch self {
        case .invalidRequest: (.badRequest, "invalid_request")
        case .invalidClient: (.unauthorized, "invalid_client")
        case .invalidGrant: (.badRequest, "invalid_grant")
        case .unauthorizedClient: (.badRequest, "unauthorized_client")
        case .unsupportedGrantType: (.badRequest, "unsupported_grant_type")
        case .invalidScope: (.badRequest, "invalid_scope")
        case .slowDown: (.tooManyRequests, "slow_down")
        case .unavailable: (.serviceUnavailable, "temporarily_unavailable")
        }
    }

    var response: Response {
        let (status, error) = code
        var fields: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        switch self {
        case .invalidClient(usedBasic: true):
            fields[.wwwAuthenticate] = "Basic realm=\"token service\", charset=\"UTF-8\""
        case .slowDown(let seconds): fields[.retryAfter] = "\(seconds)"
        case .unavailable: fields[.retryAfter] = "1"
        default: break
        }
        return Response(
            status: status, headers: fields,
            body: ResponseBody(byteBuffer: ByteBuffer(string: "{\"error\":\"\(error)\"}")))
    }
}
