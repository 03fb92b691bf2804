internal import FastVerifyAccess
internal import Foundation
internal import FastVerifyHummingbird
internal import HTTPTypes
internal import Hummingbird
internal import TokenService

/// The parameters of a request to an OAuth endpoint (RFC 6749 §3.2, application/x-www-form-urlencoded).
struct OAuthForm {
    static let longest = 64 << 10
    private let body: [UInt8]

    /// - Throws: `OAuthError.invalidRequest` for another type of body, or too much of it.
    init(_ request: inout Request) async throws(OAuthError) {
        let type = request.only(.contentType)?.prefix { $0 != ";" }.lowercased()
        guard type == "application/x-www-form-urlencoded" else { throw .invalidRequest }
        guard let body = await request.body(upTo: Self.longest) else { throw .invalidRequest }
        self.body = body
    }

    /// A parameter; `nil` where it is absent or empty (RFC 6749 §3.1).
    ///
    /// - Throws: `invalidRequest` where it is repeated, or no UTF-8.
    func value(_ name: String) throws(OAuthError) -> String? {
        let values = FormParameters.values(of: name, in: body)
        guard values.count <= 1 else { throw .invalidRequest }
        guard let bytes = values.first, !bytes.isEmpty else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .invalidRequest }
        return text
    }

    func required(_ name: String) throws(OAuthError) -> String {
        guard let value = try value(name) else { throw .invalidRequest }
        return value
    }

    var scopes: [String] {
        get throws(OAuthError) { try value("scope")?.split(separator: " ").map(String.init) ?? [] }
    }

    /// Who the client says it is, and by what it shows it. Two ways in one request are none (RFC 6749 §2.3).
    func client(_ request: Request) throws(OAuthError) -> ClientCredential {
        let assertion = try value("client_assertion")
        let (id, secret) = (try value("client_id"), try value("client_secret"))
        let basic = try BasicCredential.read(request)
        guard [assertion != nil, secret != nil, basic != nil].count(where: { $0 }) <= 1 else { throw .invalidRequest }
        let type = try value("client_assertion_type")
        guard type == nil || type == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" else {
            throw .invalidRequest
        }
        if let assertion {
            guard type != nil else { throw .invalidRequest }
            return .assertion(assertion)
        }
        if let basic {
            guard id == nil || id == basic.id else { throw .invalidRequest }
            return .secret(id: basic.id, secret: basic.secret)
        }
        guard let id else { throw .invalidClient(usedBasic: false) }
        return secret.map { .secret(id: id, secret: $0) } ?? .unauthenticated(id: id)
    }
}

/// `client_secret_basic`: id and secret, each written as in a form, then as RFC 7617 has it.
struct BasicCredential {
    let id: String
    let secret: String

    /// `nil` where there is no `Authorization` field.
    static func read(_ request: Request) throws(OAuthError) -> BasicCredential? {
        let fields = request.headers[values: .authorization]
        guard let field = fields.first else { return nil }
        let parts = field.split(separator: " ", omittingEmptySubsequences: true)
        guard fields.count == 1, parts.count == 2, parts[0].lowercased() == "basic",
            let data = Data(base64Encoded: String(parts[1])), let text = String(validating: data, as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { throw .invalidClient(usedBasic: true) }
        func decoded(_ part: Substring) throws(OAuthError) -> String {
            guard let bytes = FormParameters.values(of: "v", in: Array("v=\(part)".utf8)).first, !part.contains("&"),
                let text = String(validating: bytes, as: UTF8.self)
            else { throw .invalidClient(usedBasic: true) }
            return text
        }
        return BasicCredential(
            id: try decoded(text[..<colon]), secret: try decoded(text[text.index(after: colon)...]))
    }
}
