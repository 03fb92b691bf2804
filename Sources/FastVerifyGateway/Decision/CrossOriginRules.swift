internal import FastVerifyAccess
internal import HTTPTypes

/// What browsers are told about answers of the gateway itself (WHATWG Fetch §3.2): without it a page cannot even read that its token
/// has expired.
struct CrossOriginRules: Sendable {
    /// What becomes of a preflight.
    enum Preflight: Sendable {
        case answered
        case passed
        case refused
    }

    private let configuration: CrossOriginConfiguration
    private let methods: String
    private let fields: String
    /// What of an answer pages may read, besides what they always may.
    private static let exposed = "WWW-Authenticate, DPoP-Nonce, Retry-After, RateLimit, RateLimit-Policy"

    init(_ configuration: CrossOriginConfiguration) {
        self.configuration = configuration
        methods = configuration.methods.joined(separator: ", ")
        fields = configuration.fields.joined(separator: ", ")
    }

    /// The origin of a request as it may be repeated; `nil` where there is none, or not one of ours.
    private func origin(_ request: HTTPRequest) -> String? {
        let origins = request.headerFields[values: .origin]
        guard origins.count == 1 else { return nil }
        if configuration.isOpen { return "*" }
        return WebOrigin(origins[0]).flatMap { configuration.origins.contains($0) ? origins[0] : nil }
    }

    private func common(_ origin: String?) -> [(name: String, value: String)] {
        // Without it a cache could give one origin's answer to another.
        let vary = configuration.isOpen ? [] : [(name: "Vary", value: "Origin")]
        guard let origin else { return vary }
        let credentials =
            configuration.allowsCredentials ? [(name: "Access-Control-Allow-Credentials", value: "true")] : []
        return vary + [(name: "Access-Control-Allow-Origin", value: origin)] + credentials
    }

    /// For an answer that is no preflight's.
    func denialFields(_ request: HTTPRequest) -> [(name: String, value: String)] {
        let origin = origin(request)
        let common = common(origin)
        return origin == nil ? common : common + [(name: "Access-Control-Expose-Headers", value: Self.exposed)]
    }

    func preflight(_ request: HTTPRequest) -> Preflight {
        let method = HTTPField.Name("Access-Control-Request-Method")!
        let wanted = request.headerFields[values: method]
        guard origin(request) != nil, wanted.count == 1, configuration.methods.contains(wanted[0]) else {
            return .refused
        }
        return configuration.preflight == .pass ? .passed : .answered
    }

    func preflightFields(_ request: HTTPRequest) -> [(name: String, value: String)] {
        common(origin(request)) + [
            (name: "Access-Control-Allow-Methods", value: methods),
            (name: "Access-Control-Allow-Headers", value: fields),
            (name: "Access-Control-Max-Age", value: "\(configuration.maximumAge)"),
        ]
    }

    /// 204 for the client; nginx is told in `X-Auth-Status`, since its auth_request takes it for consent.
    static func answered(for reader: AnswerBook.Reader) -> PreparedAnswer {
        let fields = [("Cache-Control", "no-store")]
        return reader == .nginx ? PreparedAnswer(403, fields + [("X-Auth-Status", "204")]) : PreparedAnswer(204, fields)
    }
}
