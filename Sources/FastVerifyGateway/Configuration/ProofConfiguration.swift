internal import FastVerify
internal import FastVerifyAccess
internal import HTTPTypes

/// `dpop`: tokens that are bound to a key, and the proofs that come with them (RFC 9449).
struct ProofConfiguration: Sendable, Hashable {
    enum Mode: String, Sendable, Hashable, CaseIterable {
        /// Bound tokens need their proof, others none.
        case allowed
        /// Tokens that are not bound to a key are refused.
        case required
    }

    let mode: Mode
    /// For how long a nonce is current; `nil` asks for none.
    let nonceLifetime: Int64?
    /// What clients reach: scheme and authority of `htu`. Without it `https` and the host that the request names.
    let origin: Origin?
    let algorithms: [Algorithm]
    let maximumAge: Int64

    struct Origin: Sendable, Hashable {
        let scheme: String
        let authority: String
    }

    init?(_ value: ConfigurationValue) {
        // The mode alone will do.
        let members = value.isScalar ? nil : value.mapping("allowed, required, or mode, nonce, origin")
        guard value.isScalar || members != nil else { return nil }
        let named = value.isScalar ? value : members?.optional("mode")
        mode = named?.choice(Mode.self) ?? .allowed
        let hour = Duration.seconds(3600)
        nonceLifetime = members?.optional("nonce")?.duration(.seconds(1)...hour)?.components.seconds
        origin = members?.optional("origin").flatMap(Self.origin)
        let names = members?.optional("algorithms")
        if let names, names.list().isEmpty { names.report("expected at least an algorithm") }
        algorithms = names?.list().compactMap(Self.algorithm) ?? [.es256, .edDSA]
        maximumAge = members?.optional("maximum_age")?.duration(.seconds(1)...hour)?.components.seconds ?? 60
        members?.finish()
    }

    private static func algorithm(_ value: ConfigurationValue) -> Algorithm? {
        guard let name = value.text("an algorithm such as ES256") else { return nil }
        guard let algorithm = Algorithm(name: name), !algorithm.isSymmetric else {
            value.report("'\(name)' is not an algorithm with a public key")
            return nil
        }
        return algorithm
    }

    private static func origin(_ value: ConfigurationValue) -> Origin? {
        guard let text = value.text("an origin such as https://api.example") else { return nil }
        guard WebOrigin(text) != nil, let colon = text.firstIndex(of: ":") else {
            value.report("expected an origin such as https://api.example, without a path")
            return nil
        }
        return Origin(scheme: String(text[..<colon]), authority: String(text[colon...].dropFirst(3)))
    }
}

/// `mtls`: tokens that are bound to the client's certificate (RFC 8705).
struct CertificateConfiguration: Sendable, Hashable {
    /// Who says which certificate the client has.
    enum Origin: String, Sendable, Hashable, CaseIterable {
        /// `Client-Cert` (RFC 9440).
        case clientCert = "client_cert"
        /// `X-Forwarded-Client-Cert`.
        case envoy
        /// A field with percent-encoded PEM.
        case nginx
        /// The TLS connection to the listener; over gRPC the one that Envoy describes (`include_peer_certificate`).
        case connection
    }

    let origin: Origin
    let field: HTTPField.Name
    /// Envoys in a row that add their own element.
    let hops: Int
    /// Whether tokens that are not bound to a certificate are refused.
    let isRequired: Bool
    let line: Int

    init?(_ value: ConfigurationValue) {
        guard let members = value.mapping("from, and field or hops, required") else { return nil }
        line = value.line
        let origin = members.required("from", "client_cert, envoy, nginx or connection")?.choice(Origin.self)
        let field = members.optional("field")
        self.field = field.flatMap(DemandConfiguration.fieldName) ?? HTTPField.Name("X-SSL-Client-Cert")!
        let hops = members.optional("hops")
        self.hops = hops?.number(1...16) ?? 1
        isRequired = members.optional("required")?.flag() ?? false
        members.finish()
        guard let origin else { return nil }
        self.origin = origin
        if origin != .nginx { field?.report("only nginx lets you name the field") }
        if origin != .envoy { hops?.report("only envoy counts hops") }
    }

    /// `nil` where the connection tells.
    var forwarded: ForwardedCertificate? {
        switch origin {
        case .clientCert: .clientCert
        case .envoy: .envoy(hops: hops)
        case .nginx: .escapedPEM(field)
        case .connection: nil
        }
    }
}
