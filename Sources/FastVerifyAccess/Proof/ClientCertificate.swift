public import FastVerify

/// The certificate with which a client has authenticated its connection (RFC 8705). Whether to trust its issuer, the TLS layer
/// has decided; here only its digest counts.
public struct ClientCertificate: Sendable, Hashable {
    /// Bytes of the largest certificate that is read.
    public static let largest = 64 << 10

    /// SHA-256 over the DER encoding: `x5t#S256`.
    public let thumbprint: SHA256Digest

    /// The encoding as the TLS layer has it; `nil` for what is not one DER sequence from the first byte to the last.
    public init?(der: [UInt8]) {
        guard Self.isSequence(der) else { return nil }
        thumbprint = SHA256Digest(of: der)
    }

    /// A digest that a trusted proxy has computed.
    public init(thumbprint: SHA256Digest) { self.thumbprint = thumbprint }

    /// The first `CERTIFICATE` block of PEM text (RFC 7468 §5), which in a chain is the client's. `nil` where there is none, or
    /// something other than white space and further certificates stands around it.
    public init?(pem: String) {
        guard pem.utf8.count <= Self.largest * 2 else { return nil }
        let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
        let text = Array(pem.utf8).drop { Self.isSpace($0) }
        guard text.starts(with: begin.utf8) else { return nil }
        let body = text.dropFirst(begin.utf8.count)
        guard let dash = body.firstIndex(of: UInt8(ascii: "-")), body[dash...].starts(with: end.utf8) else {
            return nil
        }
        let rest = body[dash...].dropFirst(end.utf8.count).drop { Self.isSpace($0) }
        guard rest.isEmpty || rest.starts(with: begin.utf8) else { return nil }
        guard let der = Self.base64(body[..<dash]) else { return nil }
        self.init(der: der)
    }

    /// Base64 with padding (RFC 4648 §4), white space between.
    static func base64(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var characters: [UInt8] = []
        var padding = 0
        for byte in text where !isSpace(byte) {
            switch byte {
            case UInt8(ascii: "="): padding += 1
            case _ where padding > 0: return nil
            case UInt8(ascii: "+"): characters.append(UInt8(ascii: "-"))
            case UInt8(ascii: "/"): characters.append(UInt8(ascii: "_"))
            // The other alphabet is not this one.
            case UInt8(ascii: "-"), UInt8(ascii: "_"): return nil
            default: characters.append(byte)
            }
        }
        guard (characters.count + padding) % 4 == 0, padding <= 2 else { return nil }
        return characters.withUnsafeBytes { Base64URL.decode($0) }
    }

    /// X.690 §8.1, §10.1: one SEQUENCE with a definite, shortest length that covers the rest.
    private static func isSequence(_ der: [UInt8]) -> Bool {
        guard der.count >= 2, der.count <= largest, der[0] == 0x30 else { return false }
        guard der[1] >= 0x80 else { return der.count == 2 + Int(der[1]) }
        let octets = Int(der[1] & 0x7f)
        guard 1...3 ~= octets, der.count >= 2 + octets, der[2] != 0 else { return false }
        let length = der[2..<(2 + octets)].reduce(0) { $0 << 8 | Int($1) }
        return length >= 0x80 && der.count == 2 + octets + length
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0d ~= byte }
}
