internal import FastVerify
internal import FastVerifyAccess
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import TokenService

/// What a client of `/api` hears when it gets nothing: problem details (RFC 9457) with the error of RFC 6749 where it has one. Details are
/// words of this program alone, so nothing that was sent comes back.
enum AuthProblem: Error, Equatable {
    case badRequest, unauthorized, forbidden, notFound, invalidScope, unavailable
    case tooManyRequests(retryAfter: Int64)
    /// The request is not as the API describes it.
    case malformed(String)
    /// It is, but a value in it cannot be had.
    case unprocessable(String)
    /// Something is there already.
    case conflict(String)
    case tooLarge, unsupportedMediaType
    case methodNotAllowed(allow: String)

    init(_ refusal: IssuerRefusal) {
        switch refusal.answer {
        // A wrong password, an unknown user, a refresh token that is no good: one answer.
        case .invalidGrant: self = .unauthorized
        case .invalidScope: self = .invalidScope
        case .notFound: self = .notFound
        case .tooManyRequests(let seconds): self = .tooManyRequests(retryAfter: seconds)
        case .invalidRequest, .invalidClient, .unauthorizedClient, .unsupportedGrantType: self = .badRequest
        }
    }

    init(_ invalid: TokenIssuer.InvalidRecord) {
        switch invalid {
        case .emptyName: self = .unprocessable("A name is needed.")
        case .nameTaken: self = .conflict("The name is taken.")
        case .noSuchUser, .noSuchClient: self = .notFound
        case .passwordLength: self = .unprocessable("A password has 8 to 256 characters.")
        case .invalidWord: self = .unprocessable("A word has white space, a quote or a backslash, or is empty.")
        case .invalidKeys: self = .unprocessable("The keys are no JWK Set of public keys.")
        }
    }

    private var code: (HTTPResponse.Status, StaticString?) {
        switch self {
        case .badRequest, .malformed: (.badRequest, "invalid_request")
        case .unauthorized: (.unauthorized, "invalid_grant")
        case .forbidden: (.forbidden, nil)
        case .notFound: (.notFound, nil)
        case .invalidScope: (.badRequest, "invalid_scope")
        case .unavailable: (.serviceUnavailable, nil)
        case .tooManyRequests: (.tooManyRequests, nil)
        case .unprocessable: (.unprocessableContent, nil)
        case .conflict: (.conflict, nil)
        case .tooLarge: (.contentTooLarge, nil)
        case .unsupportedMediaType: (.unsupportedMediaType, nil)
        case .methodNotAllowed: (.methodNotAllowed, nil)
        }
    }

    private var detail: String? {
        switch self {
        case .malformed(let words), .unprocessable(let words), .conflict(let words): words
        case .tooLarge: "The body is longer than \(JSONBody.longest) bytes."
        case .unsupportedMediaType: "The body is JSON, and its Content-Type says so."
        default: nil
        }
    }

    var response: Response {
        let (status, error) = code
        var fields: HTTPFields = [.contentType: "application/problem+json", .cacheControl: "no-store"]
        switch self {
        case .tooManyRequests(let seconds): fields[.retryAfter] = "\(seconds)"
        case .unavailable: fields[.retryAfter] = "1"
        case .methodNotAllowed(let allow): fields[.allow] = allow
        default: break
        }
        var member = error.map { ",\"error\":\"\($0)\"" } ?? ""
        if let detail { member += ",\"detail\":\(JSONText.quoted(detail))" }
        let body = "{\"type\":\"about:blank\",\"title\":\"\(status.reasonPhrase)\",\"status\":\(status.code)\(member)}"
        return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }
}

extension IssuerContext {
    /// What a handler answers; problem details where it throws.
    func answer(_ body: () async throws -> Response) async -> Response {
        do {
            return try await body()
        } catch let problem as AuthProblem {
            return problem.response
        } catch let refusal as IssuerRefusal {
            logger.info("Request refused", metadata: ["reason": "\(refusal.reason)"])
            return AuthProblem(refusal).response
        } catch let refusal as Refusal {
            logger.info("Request refused", metadata: ["reason": "\(refusal.reason)"])
            return AuthProblem.forbidden.response
        } catch let invalid as TokenIssuer.InvalidRecord {
            return AuthProblem(invalid).response
        } catch {
            logger.error("Request failed", metadata: ["error": "\(error)"])
            return AuthProblem.unavailable.response
        }
    }
}
