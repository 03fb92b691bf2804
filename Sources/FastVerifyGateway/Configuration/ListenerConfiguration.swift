/// Where the gateway listens, and for whom.
public struct ListenerConfiguration: Sendable, Hashable {
    public enum Address: Sendable, Hashable {
        case network(host: String, port: Int)
        /// A socket in the file system, `unix:/run/fastverify.sock`.
        case file(String)
    }

    /// Who may say what the original request was.
    public enum Peers: Sendable, Hashable {
        /// Whoever can connect: for loopback and socket files, where only proxies can.
        case anyone
        /// These address blocks; connections from elsewhere are closed unread.
        case blocks([String])
    }

    public struct TLS: Sendable, Hashable {
        /// PEM files.
        public let certificate: String
        public let key: String
        /// PEM file with those who may certify clients; `nil` asks for no certificate.
        public let clientRoots: String?
        /// Whether a client without a certificate is turned away.
        public let needsClientCertificate: Bool
    }

    private enum ClientCertificateRule: String, CaseIterable { case optional, required }

    public let address: Address
    public let peers: Peers
    public let tls: TLS?

    init(_ address: Address, peers: Peers = .anyone, tls: TLS? = nil) {
        self.address = address
        self.peers = peers
        self.tls = tls
    }

    init?(_ value: ConfigurationValue) {
        if value.isScalar {
            guard let address = Self.address(value) else { return nil }
            self.init(address)
            if !isPrivate { Self.demandPeers(value) }
            return
        }
        guard let members = value.mapping("an address, or address, peers, tls") else { return nil }
        let address = members.required("address", "host:port or unix:/path").flatMap(Self.address)
        let blocks = members.optional("peers")?.texts("an address block such as 10.0.0.0/8")
        let tls = members.optional("tls").flatMap { value -> TLS? in
            guard let members = value.mapping("certificate, key, client_roots") else { return nil }
            let certificate = members.required("certificate", "a PEM file")?.text("a PEM file")
            let key = members.required("key", "a PEM file")?.text("a PEM file")
            let roots = members.optional("client_roots")?.text("a PEM file")
            let needed = members.optional("client_certificate")
            let choice = needed?.choice(ClientCertificateRule.self) ?? .required
            members.finish()
            if roots == nil { needed?.report("means nothing without client_roots") }
            guard let certificate, let key else { return nil }
            return TLS(
                certificate: certificate, key: key, clientRoots: roots,
                needsClientCertificate: roots != nil && choice == .required)
        }
        members.finish()
        for block in blocks ?? [] where !PeerRule.isBlock(block) {
            value.report("'\(block)' is not an address block: expected e.g. 10.0.0.0/8 or fd00::/8")
        }
        guard let address else { return nil }
        self.init(address, peers: blocks.map(Peers.blocks) ?? .anyone, tls: tls)
        if blocks == nil, !isPrivate { Self.demandPeers(value) }
    }

    /// Whoever reaches an auth endpoint can say what the original request was and reads the identity in a token of his; that
    /// is what proxies are trusted with.
    private static func demandPeers(_ value: ConfigurationValue) {
        value.report("others than this machine can connect here: say which, peers: [10.0.0.0/8]")
    }

    /// Whether only this machine can connect.
    var isPrivate: Bool {
        switch address {
        case .network(let host, _): host == "localhost" || host == "::1" || host.hasPrefix("127.")
        case .file: true
        }
    }

    private static func address(_ value: ConfigurationValue) -> Address? {
        guard let text = value.text("host:port or unix:/path") else { return nil }
        guard let address = Address(text) else {
            value.report("expected host:port, [v6]:port or unix:/path, found '\(text)'")
            return nil
        }
        return address
    }
}

extension ListenerConfiguration.Address {
    init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            // sun_path has room for 107 bytes and a NUL.
            guard path.hasPrefix("/"), path.utf8.count < 108 else { return nil }
            self = .file(path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self = .network(host: host, port: Int(port))
    }
}

extension ListenerConfiguration.Address: CustomStringConvertible {
    public var description: String {
        switch self {
        case .network(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .file(let path): "unix:\(path)"
        }
    }
}
