internal import FastVerifyAccess
internal import HTTPTypes

/// The answers of a protection space, made ready: nobody's bad token costs a string.
struct AnswerBook: Sendable {
    /// Who understands the answer.
    enum Reader: Int, Sendable, CaseIterable {
        /// Hands the answer on to the client as it is: Traefik, Caddy, Envoy, HAProxy's script.
        case client
        /// nginx's auth_request knows 2xx, 401 and 403, and calls everything else an error of its own. The status for the
        /// client stands in `X-Auth-Status`.
        case nginx
    }

    private let space: ProtectionSpace
    /// By reader and `position`; first those for a bearer token, then those for one that came with a proof.
    private let common: [[PreparedAnswer]]
    private static let kinds: [Refusal.Answer] = [
        .noCredentials, .invalidRequest, .invalidToken, .forbidden, .unavailable, .invalidProof,
    ]

    init(_ space: ProtectionSpace) {
        self.space = space
        common = Reader.allCases.map { reader in
            CredentialScheme.allCases.flatMap { scheme in
                Self.kinds.map { Self.make(space, $0, scheme, for: reader) }
            }
        }
    }

    func answer(
        _ answer: Refusal.Answer, for reader: Reader, presenting scheme: CredentialScheme = .bearer
    ) -> PreparedAnswer {
        let position =
            switch answer {
            case .noCredentials: 0
            case .invalidRequest: 1
            case .invalidToken: 2
            case .forbidden: 3
            case .unavailable: 4
            case .invalidProof: 5
            default: -1
            }
        guard position >= 0 else { return Self.make(space, answer, scheme, for: reader) }
        return common[reader.rawValue][position + (scheme == .bearer ? 0 : Self.kinds.count)]
    }

    private static func make(
        _ space: ProtectionSpace, _ answer: Refusal.Answer, _ scheme: CredentialScheme, for reader: Reader
    ) -> PreparedAnswer {
        var response = space.response(to: Refusal(answer, "prepared"), presenting: scheme)
        let status = UInt16(response.status.code)
        // nginx 1.22 hands one such field on; as a list it says the same (RFC 9110 §5.3).
        let challenges = response.fields[values: .wwwAuthenticate]
        if challenges.count > 1, reader == .nginx {
            response.fields[.wwwAuthenticate] = challenges.joined(separator: ", ")
        }
        var fields = response.fields.map { ($0.name.canonicalName, $0.value) }
        fields.append(("X-Content-Type-Options", "nosniff"))
        guard reader == .nginx else { return PreparedAnswer(status, fields, body: Array(response.body.utf8)) }
        fields.append(("X-Auth-Status", "\(status)"))
        let known: UInt16 =
            switch status {
            case 400, 401: 401
            default: 403
            }
        return PreparedAnswer(known, fields, body: Array(response.body.utf8))
    }
}
