internal import FastVerify
public import HTTPTypes

/// How requests reach this server, and so whose word counts about what a client has asked for and who it is.
///
/// By default nobody's: the request itself and its connection are all that is known. Fields that proxies add are read only where
/// they are named here and the peer is one of `proxies`, because anybody may send them.
///
///     Ingress(origin: WebOrigin("https://api.example"))                       // what clients write into their proofs
///     Ingress(proxies: try TrustedProxies("10.0.0.0/8"), certificate: .clientCert, addressIsForwarded: true)
public struct Ingress: Sendable {
    /// Scheme, host and port that clients send their requests to. Where it is `nil`, those of the request: whoever has a proof
    /// that was made for another server can then present it here under that server's name.
    public var origin: WebOrigin?
    /// What a proxy takes from the beginning of paths: `/v1` where `/v1/orders` arrives as `/orders`.
    public var pathPrefix: String
    public var proxies: TrustedProxies
    /// Whether `X-Forwarded-Proto` and `X-Forwarded-Host` of these proxies say what `origin` does not.
    public var originIsForwarded: Bool
    /// The field in which these proxies hand on the client's certificate. Where it is set, that of the connection does not
    /// count, which is the proxy's own.
    public var certificate: ForwardedCertificate?
    /// Whether these proxies append their peer to `X-Forwarded-For`.
    public var addressIsForwarded: Bool

    public init(
        origin: WebOrigin? = nil, pathPrefix: String = "", proxies: TrustedProxies = .none,
        originIsForwarded: Bool = false, certificate: ForwardedCertificate? = nil, addressIsForwarded: Bool = false
    ) {
        self.origin = origin
        self.pathPrefix = pathPrefix
        self.proxies = proxies
        self.originIsForwarded = originIsForwarded
        self.certificate = certificate
        self.addressIsForwarded = addressIsForwarded
    }

    /// What a client has asked for; `nil` where it cannot be told, or no proof could name it.
    public func target(of request: HTTPRequest, from peer: ConnectionPeer) -> RequestTarget? {
        var external = RequestTarget.External()
        if let origin {
            (external.scheme, external.authority) = (origin.scheme, origin.authority)
        } else if originIsForwarded, proxies.trusts(peer.address) {
            guard let scheme = Self.only(Self.forwardedProto, request),
                let host = Self.only(Self.forwardedHost, request)
            else { return nil }
            (external.scheme, external.authority) = (scheme, host)
        } else if peer.isSecure {
            external.scheme = "https"
        }
        if !pathPrefix.isEmpty { external.path = request.path.map { pathPrefix + $0 } }
        return RequestTarget(request, external: external)
    }

    /// The certificate of the client; `nil` where it has none, or where a peer that is no trusted proxy speaks of one.
    ///
    /// - Throws: `invalidRequest` for a field of a trusted proxy that is repeated or not what it should be.
    public func certificate(of request: HTTPRequest, from peer: ConnectionPeer) throws(Refusal) -> ClientCertificate? {
        guard let certificate else { return peer.certificate }
        return try certificate.certificate(
            in: request.headerFields, isFromTrustedProxy: proxies.trusts(peer.address))
    }

    /// The address of the client, in the one spelling of it: that of the peer, or, going back through `X-Forwarded-For` from
    /// its end, the first that is no trusted proxy. What stands before that one, the client may have written. `nil` where the
    /// peer has none.
    public func clientAddress(of request: HTTPRequest, from peer: ConnectionPeer) -> String? {
        guard addressIsForwarded, proxies.trusts(peer.address) else {
            return peer.address.map { IPAddress(peer: $0)?.description ?? $0 }
        }
        var client = peer.address.flatMap { IPAddress(peer: $0)?.description }
        let entries = request.headerFields[values: Self.forwardedFor].joined(separator: ",").utf8
        // A chain of proxies of one's own is short; what is longer, somebody else has written.
        for entry in entries.split(separator: UInt8(ascii: ",")).suffix(16).reversed() {
            guard let address = IPAddress(peer: String(decoding: entry.trimmed, as: UTF8.self)) else { break }
            client = address.description
            guard proxies.trusts(client), proxies != .everyPeer else { break }
        }
        return client
    }

    /// The value of a field that must be there once, and is no list: in a list the client may have written the first.
    private static func only(_ name: HTTPField.Name, _ request: HTTPRequest) -> String? {
        let values = request.headerFields[values: name]
        guard values.count == 1, !values[0].utf8.contains(UInt8(ascii: ",")) else { return nil }
        return values[0]
    }

    private static let forwardedProto = HTTPField.Name("X-Forwarded-Proto")!
    private static let forwardedHost = HTTPField.Name("X-Forwarded-Host")!
    private static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
}
