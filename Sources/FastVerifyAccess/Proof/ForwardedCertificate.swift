internal import FastVerify
public import HTTPTypes

/// The field in which a trusted proxy, which ends the TLS connection, hands on the client's certificate.
public enum ForwardedCertificate: Sendable, Hashable {
    /// `Client-Cert` (RFC 9440 §2.2): a byte sequence of RFC 8941, the DER encoding in base64 between colons.
    case clientCert
    /// `X-Forwarded-Client-Cert` of Envoy: a list of elements of `Key=Value` pairs, of which `Hash`, `Cert` and `Chain` are read.
    ///
    /// Each proxy that appends (`APPEND_FORWARD`) adds an element for its own peer at the end. `hops` says how many trusted
    /// proxies do: the client's element is the one that the first of them has added, the `hops`-th from the end. What stands
    /// before it, the client may have written. With `SANITIZE_SET` it is 1.
    case envoy(hops: Int)
    /// A field with the PEM text, percent-encoded, as nginx's `$ssl_client_escaped_cert` writes it; `ssl-client-cert` of
    /// ingress-nginx is one.
    case escapedPEM(HTTPField.Name)

    /// The certificate that a request was forwarded with; `nil` where the proxy says that there was none.
    ///
    /// `isFromTrustedProxy` is the caller's word that the peer of this connection is a proxy that overwrites the field in
    /// every request, also where a client has no certificate. Without it the field is not looked at: anybody may write it.
    /// - Throws: `invalidRequest` for a field that is repeated or not what it should be.
    public func certificate(
        in fields: HTTPFields, isFromTrustedProxy: Bool
    ) throws(Refusal) -> ClientCertificate? {
        guard isFromTrustedProxy else { return nil }
        let values = fields[values: name]
        guard let value = values.first, !(values.count == 1 && value.isEmpty) else { return nil }
        // Only Envoy's is a list.
        guard values.count == 1 || isList else { throw Refusal(.invalidRequest, "certificate_repeated") }
        guard values.reduce(0, { $0 + $1.utf8.count }) <= ClientCertificate.largest * 4 else {
            throw Refusal(.invalidRequest, "certificate_too_large")
        }
        guard let certificate = parse(values) else { throw Refusal(.invalidRequest, "certificate_malformed") }
        return certificate
    }

    /// The field.
    public var name: HTTPField.Name {
        switch self {
        case .clientCert: HTTPField.Name("Client-Cert")!
        case .envoy: HTTPField.Name("X-Forwarded-Client-Cert")!
        case .escapedPEM(let name): name
        }
    }

    private var isList: Bool { if case .envoy = self { true } else { false } }

    private func parse(_ values: [String]) -> ClientCertificate? {
        switch self {
        case .clientCert: return Self.byteSequence(values[0]).flatMap { ClientCertificate(der: $0) }
        case .escapedPEM: return Self.unescaped(Array(values[0].utf8)[...]).flatMap { ClientCertificate(pem: $0) }
        case .envoy(let hops):
            guard hops > 0, let elements = ForwardedElement.list(values.joined(separator: ",")), elements.count >= hops
            else { return nil }
            return Self.certificate(of: elements[elements.count - hops])
        }
    }

    /// RFC 8941 §4.2.7, with parameters refused, for RFC 9440 knows none.
    private static func byteSequence(_ value: String) -> [UInt8]? {
        let bytes = Array(value.utf8)
        guard bytes.count >= 2, bytes.first == UInt8(ascii: ":"), bytes.last == UInt8(ascii: ":") else { return nil }
        let body = bytes.dropFirst().dropLast()
        return body.contains { ClientCertificate.isSpace($0) } ? nil : ClientCertificate.base64(body)
    }

    /// What an element says about the certificate, and all of it must agree.
    private static func certificate(of element: ForwardedElement) -> ClientCertificate? {
        var found: [ClientCertificate?] = []
        for (key, value) in element.pairs {
            switch key {
            case "hash": found.append(digest(value).map { ClientCertificate(thumbprint: $0) })
            case "cert", "chain": found.append(unescaped(value[...]).flatMap { ClientCertificate(pem: $0) })
            default: break
            }
        }
        guard let first = found.first, let certificate = first, found.allSatisfy({ $0 == certificate }) else {
            return nil
        }
        return certificate
    }

    /// 64 hexadecimal digits.
    private static func digest(_ text: [UInt8]) -> SHA256Digest? {
        guard text.count == 64 else { return nil }
        let digits = text.compactMap(TargetURI.hexValue)
        guard digits.count == 64 else { return nil }
        return SHA256Digest(bytes: stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
    }

    /// Percent-encoding undone. A plus sign is one: base64 has it, and neither proxy means a space by it.
    private static func unescaped(_ bytes: ArraySlice<UInt8>) -> String? {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var position = bytes.startIndex
        while position < bytes.endIndex {
            var byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "%") {
                guard position + 2 <= bytes.endIndex, let high = TargetURI.hexValue(bytes[position]),
                    let low = TargetURI.hexValue(bytes[position + 1])
                else { return nil }
                byte = high << 4 | low
                position += 2
            }
            guard byte < 0x80 else { return nil }
            out.append(byte)
        }
        return String(decoding: out, as: UTF8.self)
    }
}
