public import HTTPTypes

/// What a proof must be for: the method and the URI of the request that it came with.
public struct RequestTarget: Sendable, Hashable {
    /// As it stands in the request; methods are compared with their case (RFC 9110 §9.1).
    public let method: String
    public let uri: TargetURI

    public init(method: String, uri: TargetURI) {
        self.method = method
        self.uri = uri
    }

    /// Where a trusted proxy has received a request, if that differs from where it arrived here. Whoever makes one has made sure
    /// that the peer is that proxy, and that the proxy overwrites what clients send in these fields.
    public struct External: Sendable, Hashable {
        /// `X-Forwarded-Proto`, or `proto` of `Forwarded` (RFC 7239).
        public var scheme: String?
        /// `X-Forwarded-Host`, or `host` of `Forwarded`.
        public var authority: String?
        /// The path that the client asked for, where the proxy changes it: `X-Original-URI` and the like.
        public var path: String?

        public init(scheme: String? = nil, authority: String? = nil, path: String? = nil) {
            self.scheme = scheme
            self.authority = authority
            self.path = path
        }
    }

    /// The target of a request; `nil` where it has no scheme, host or path, or no proof could name them: fail closed.
    public init?(_ request: HTTPRequest, external: External = External()) {
        guard let scheme = external.scheme ?? request.scheme, let authority = external.authority ?? request.authority,
            let path = external.path ?? request.path,
            let uri = TargetURI(scheme: scheme, authority: authority, path: path)
        else { return nil }
        self.init(method: request.method.rawValue, uri: uri)
    }
}
