/// The other end of the connection that a request came by: a client, or the last proxy before this server.
public struct ConnectionPeer: Sendable, Hashable {
    /// Its IP address as text; `nil` for a socket file, and where the server does not know.
    public var address: String?
    /// Whether the connection is encrypted up to here.
    public var isSecure: Bool
    /// With which it has authenticated the connection; verified by the TLS layer.
    public var certificate: ClientCertificate?

    public init(address: String? = nil, isSecure: Bool = false, certificate: ClientCertificate? = nil) {
        self.address = address
        self.isSecure = isSecure
        self.certificate = certificate
    }
}
