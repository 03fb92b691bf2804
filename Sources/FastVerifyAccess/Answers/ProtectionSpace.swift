public import FastVerify

/// What a server tells clients about how to get in (protection space, RFC 9110 §11.5).
public struct ProtectionSpace: Sendable {
    /// Names the space to users and clients.
    public let realm: String
    /// The schemes that challenges offer, in this order.
    public let schemes: [CredentialScheme]
    /// URL of the metadata of the resource (RFC 9728 §5.1).
    public let resourceMetadata: String?
    /// Algorithms of DPoP proofs that are taken (RFC 9449 §7.1).
    public let proofAlgorithms: [Algorithm]
    /// Seconds after which a client may try again when the server cannot decide.
    public let retryAfter: Int64

    public init(
        realm: String, schemes: [CredentialScheme] = [.bearer], resourceMetadata: String? = nil,
        proofAlgorithms: [Algorithm] = [.es256, .edDSA], retryAfter: Int64 = 1
    ) {
        self.realm = realm
        self.schemes = schemes.isEmpty ? [.bearer] : schemes
        self.resourceMetadata = resourceMetadata
        self.proofAlgorithms = proofAlgorithms
        self.retryAfter = max(0, retryAfter)
    }

    /// This space, with `DPoP` among its schemes and these algorithms for proofs.
    func offeringProofs(_ algorithms: AlgorithmSet) -> ProtectionSpace {
        ProtectionSpace(
            realm: realm, schemes: schemes.contains(.dpop) ? schemes : [.dpop] + schemes,
            resourceMetadata: resourceMetadata,
            proofAlgorithms: Algorithm.allCases.filter { algorithms.contains($0) && !$0.isSymmetric },
            retryAfter: retryAfter)
    }

    /// `WWW-Authenticate` values for a refusal: one a scheme, the error in that of the scheme which the client used. Empty
    /// where no credentials would help.
    func challenges(_ refusal: Refusal, _ presented: CredentialScheme?) -> [String] {
        var parameters: [(String, String)] = []
        var scheme = presented ?? .bearer
        var isAlone = false
        switch refusal.answer {
        case .noCredentials: break
        case .invalidRequest: parameters = [("error", "invalid_request")]
        case .invalidToken: parameters = [("error", "invalid_token")]
        case .insufficientScope(let scopes):
            parameters = [("error", "insufficient_scope")]
            let scopes = QuotedString.words(scopes)
            if !scopes.isEmpty { parameters.append(("scope", scopes)) }
            isAlone = true
        case .insufficientAuthentication(let contexts, let maxAge):
            parameters = [("error", "insufficient_user_authentication")]
            let contexts = QuotedString.words(contexts)
            if !contexts.isEmpty { parameters.append(("acr_values", contexts)) }
            if let maxAge { parameters.append(("max_age", "\(maxAge)")) }
            isAlone = true
        case .invalidProof: (parameters, scheme) = ([("error", "invalid_dpop_proof")], .dpop)
        case .nonceRequired: (parameters, scheme) = ([("error", "use_dpop_nonce")], .dpop)
        case .forbidden, .tooManyRequests, .unavailable: return []
        }
        if !schemes.contains(scheme), scheme != .dpop { scheme = schemes[0] }
        let offered = isAlone || !schemes.contains(scheme) ? [scheme] : schemes
        return offered.map { challenge($0, parameters: $0 == scheme ? parameters : []) }
    }

    private func challenge(_ scheme: CredentialScheme, parameters: [(String, String)]) -> String {
        var all = [("realm", realm)] + parameters
        if scheme == .dpop, !proofAlgorithms.isEmpty {
            all.append(("algs", proofAlgorithms.map(\.name).joined(separator: " ")))
        }
        if let resourceMetadata { all.append(("resource_metadata", resourceMetadata)) }
        return "\(scheme.rawValue) " + all.map { "\($0.0)=\(QuotedString.quoted($0.1))" }.joined(separator: ", ")
    }
}
