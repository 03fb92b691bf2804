internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import TokenService

/// What a client of `/api/auth` hears when it gets nothing: problem details (RFC 9457) with the error of RFC 6749 where it has one.
enum AuthProblem: Error, Equatable {
    case badRequest, unauthorized, forbidden, notFound, invalidScope, unavailable
    case tooManyRequests(retryAfter: Int64)

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

    private var code: (HTTPResponse.Status, StaticString?) {
        switch self {
        case .badRequest: (.badRequest, "invalid_request")
        case .unauthorized: (.unauthorized, "invalid_grant")
        case .forbidden: (.forbidden, nil)
        case .notFound: (.notFound, nil)
        case .invalidScope: (.badRequest, "invalid_scope")
        case .unavailable: (.serviceUnavailable, nil)
        case .tooManyRequests: (.tooManyRequests, nil)
        }
    }

    var response: Response {
        let (status, error) = code
        var fields: HTTPFields = [.contentType: "application/problem+json", .cacheControl: "no-store"]
        switch self {
        case .tooManyRequests(let seconds): fields[.retryAfter] = "\(seconds)"
        case .unavailable: fields[.retryAfter] = "1"
        default: break
        }
        let member = error.map { ",\"error\":\"\($0)\"" } ?? ""
        let body = "{\"type\":\"about:blank\",\"title\":\"\(status.reasonPhrase)\",\"status\":\(status.code)\(member)}"
        return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }
}

/// Bodies that are one JSON object.
enum JSONBody {
    static let longest = 16 << 10

    static func read<T: Decodable>(_ type: T.Type, of request: inout Request) async throws -> T {
        guard let value = try await readIfAny(type, of: &request) else { throw AuthProblem.badRequest }
        return value
    }

    /// `nil` for an empty body.
    static func readIfAny<T: Decodable>(_ type: T.Type, of request: inout Request) async throws -> T? {
        let bytes: [UInt8]
        do {
            bytes = try await Array(request.collectBody(upTo: longest).readableBytesView)
        } catch {
            throw AuthProblem.badRequest
        }
        guard !bytes.isEmpty else { return nil }
        // A type that forms cannot have, so that no other site can send it without asking.
        let type = request.only(.contentType)?.prefix { $0 != ";" }.lowercased()
        guard type == "application/json", let value = try? JSONDecoder().decode(T.self, from: Data(bytes)) else {
            throw AuthProblem.badRequest
        }
        return value
    }
}
