/// What a fetch may lead to and what it takes for an answer.
public struct KeyFetchRules: Sendable, Hashable {
    /// Hosts that an issuer's metadata may name for its keys.
    public enum KeysHosts: Sendable, Hashable {
        /// Any. Large issuers keep keys elsewhere: those of https://accounts.google.com are at www.googleapis.com. The
        /// metadata comes from the issuer over TLS, who decides about its keys anyhow; what a `jwks_uri` could be abused
        /// for, reaching into the verifier's own network, the `AddressRule` prevents for every host.
        case any
        /// The issuer's own scheme, host and port.
        case sameOrigin
        /// These names, in lower case, besides the issuer's own origin.
        case oneOf(Set<String>)
    }

    public var keysHosts: KeysHosts
    /// Media types of a key set, in lower case. `application/json` and RFC 7517 §8.5's `application/jwk-set+json`; a server
    /// that sends keys as something else, `text/plain` from a file store for instance, has to be named here. Metadata must
    /// be `application/json`.
    public var contentTypes: Set<String>
    /// Permits `http`: for tests, and for a sidecar on the loopback interface. Whoever can change what goes over such a
    /// connection can make every token valid.
    public var allowsInsecureHTTP: Bool
    public var limits: FetchLimits

    public init(
        keysHosts: KeysHosts = .any,
        contentTypes: Set<String> = ["application/json", "application/jwk-set+json"],
        allowsInsecureHTTP: Bool = false, limits: FetchLimits = .standard
    ) {
        self.keysHosts = keysHosts
        self.contentTypes = contentTypes
        self.allowsInsecureHTTP = allowsInsecureHTTP
        self.limits = limits
    }

    public static let standard = KeyFetchRules()

    func allowsScheme(of url: EndpointURL) -> Bool { url.scheme == .https || allowsInsecureHTTP }

    /// Whether an issuer's metadata at `document` may send us to `url`.
    func allowsKeys(at url: EndpointURL, namedBy document: EndpointURL) -> Bool {
        guard allowsScheme(of: url), document.scheme == .http || url.scheme == .https else { return false }
        switch keysHosts {
        case .any: return true
        case .sameOrigin: return url.hasOrigin(of: document)
        case .oneOf(let hosts): return url.hasOrigin(of: document) || hosts.contains(url.host)
        }
    }
}
