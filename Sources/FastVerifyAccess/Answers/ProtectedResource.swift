public import FastVerify

/// What a protected resource says of itself, so that clients find the authorization servers it trusts (RFC 9728).
///
/// Serve `json` at `wellKnownPath` as application/json, and name `metadataURL` in the `ProtectionSpace`.
public struct ProtectedResource: Sendable {
    /// Why a text identifies no resource (RFC 9728 §1.2).
    public enum InvalidIdentifier: Error, Sendable {
        /// Not `https`, nor `http` on the own machine.
        case notSecure
        /// No host, or user information before it.
        case noHost
        case fragment
        /// A character that a URL has to escape.
        case notURL
    }

    /// The resource identifier: a URL.
    public let resource: String
    /// Issuers whose tokens are accepted.
    public var authorizationServers: [String] = []
    public var scopesSupported: [String] = []
    /// How a token may be sent, of `header`, `body` and `query`.
    public var bearerMethodsSupported = ["header"]
    public var jwksURI: String?
    public var resourceName: String?
    public var documentation: String?
    public var policyURI: String?
    public var termsOfServiceURI: String?
    /// RFC 8705.
    public var tokensAreBoundToCertificates = false
    /// RFC 9449.
    public var proofAlgorithms: [Algorithm] = []
    public var requiresProof = false
    /// Members beyond these: name and JSON text, which is copied as it is.
    public var more: [(name: String, json: String)] = []

    private let origin: Substring
    private let path: Substring
    private let query: Substring

    public init(_ resource: String, authorizationServers: [String] = [], scopes: [String] = [])
        throws(InvalidIdentifier)
    {
        guard resource.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) }) else {
            throw .notURL
        }
        guard !resource.utf8.contains(UInt8(ascii: "#")) else { throw .fragment }
        guard let scheme = resource.utf8.firstIndex(of: UInt8(ascii: ":")).map({ resource[..<$0] }),
            resource[scheme.endIndex...].hasPrefix("://")
        else { throw .notURL }
        let rest = resource[scheme.endIndex...].dropFirst(3)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.isEmpty, !authority.contains("@"), !authority.hasPrefix(":") else { throw .noHost }
        let isLocal = ["localhost", "127.0.0.1", "[::1]"].contains { host in
            authority == host || authority.hasPrefix(host + ":")
        }
        guard scheme.utf8.equalsIgnoringCase("https") || isLocal && scheme.utf8.equalsIgnoringCase("http") else {
            throw .notSecure
        }
        self.resource = resource
        self.authorizationServers = authorizationServers
        scopesSupported = scopes
        origin = resource[..<authority.endIndex]
        let path = rest[authority.endIndex...].prefix { $0 != "?" }
        self.path = path == "/" ? "" : path
        query = rest[path.endIndex...]
    }

    /// Where the document stands: the well-known string goes between host and path (RFC 9728 §3.1).
    public var wellKnownPath: String { "/.well-known/oauth-protected-resource\(path)" }
    public var metadataURL: String { "\(origin)\(wellKnownPath)\(query)" }

    /// The document (RFC 9728 §2).
    public var json: String {
        func list(_ strings: [String]) -> String? {
            strings.isEmpty ? nil : "[" + strings.map(JSONText.quoted).joined(separator: ",") + "]"
        }
        let members: [(String, String?)] =
            [
                ("resource", JSONText.quoted(resource)),
                ("authorization_servers", list(authorizationServers)),
                ("jwks_uri", jwksURI.map(JSONText.quoted)),
                ("scopes_supported", list(scopesSupported)),
                ("bearer_methods_supported", list(bearerMethodsSupported)),
                ("resource_name", resourceName.map(JSONText.quoted)),
                ("resource_documentation", documentation.map(JSONText.quoted)),
                ("resource_policy_uri", policyURI.map(JSONText.quoted)),
                ("resource_tos_uri", termsOfServiceURI.map(JSONText.quoted)),
                ("tls_client_certificate_bound_access_tokens", tokensAreBoundToCertificates ? "true" : nil),
                ("dpop_signing_alg_values_supported", list(proofAlgorithms.map(\.name))),
                ("dpop_bound_access_tokens_required", requiresProof ? "true" : nil),
            ] + more.map { ($0.name, Optional($0.json)) }
        let present = members.compactMap { name, value in value.map { "\(JSONText.quoted(name)):\($0)" } }
        return "{" + present.joined(separator: ",") + "}"
    }
}
