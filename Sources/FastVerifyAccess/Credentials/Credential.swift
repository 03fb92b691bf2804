/// How a credential is presented: the authentication scheme (RFC 9110 §11.1).
public enum CredentialScheme: String, Sendable, Hashable, CaseIterable {
    /// RFC 6750.
    case bearer = "Bearer"
    /// RFC 9449: the token comes with a proof that its sender holds the key it is bound to.
    case dpop = "DPoP"
}

/// An access token as a request presented it; nothing is verified yet. Its text appears in no description.
public struct Credential: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
    /// Where the token stood. One from a cookie was sent by the browser, asked or not: a guard against request forgery
    /// looks at those alone.
    public enum Source: Sendable, Hashable { case authorization, form, cookie, query }

    public let scheme: CredentialScheme
    public let source: Source
    /// As it was sent: a b64token (RFC 6750 §2.1).
    public let token: String

    public init(_ token: String, scheme: CredentialScheme = .bearer, source: Source = .authorization) {
        self.token = token
        self.scheme = scheme
        self.source = source
    }

    public var description: String { "\(scheme.rawValue) token from \(source)" }
    public var debugDescription: String { description }
}

extension Credential: CustomReflectable {
    public var customMirror: Mirror { Mirror(self, children: ["scheme": scheme, "source": source]) }
}
