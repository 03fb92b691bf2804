import CCrypto
import FastVerify

/// The few encodings of X.690 that public keys need.
enum DER {
    static func wrap(_ tag: UInt8, _ body: [UInt8]) -> [UInt8] {
        precondition(body.count < 65_536)
        let high = UInt8(body.count >> 8)
        let low = UInt8(body.count & 255)
        let length: [UInt8] = body.count < 128 ? [low] : body.count < 256 ? [0x81, low] : [0x82, high, low]
        return [tag] + length + body
    }

    /// An unsigned number in big-endian order.
    static func integer(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array(bytes.drop { $0 == 0 })
        return wrap(0x02, digits.first.map { $0 < 0x80 } ?? false ? digits : [0] + digits)
    }

    static func publicKeyPEM(_ der: [UInt8]) -> [UInt8] {
        let lines = ["-----BEGIN PUBLIC KEY-----"] + lines(of: der) + ["-----END PUBLIC KEY-----", ""]
        return Array(lines.joined(separator: "\n").utf8)
    }

    /// Base64 in lines of 64 characters, with padding.
    private static func lines(of bytes: [UInt8]) -> [String] {
        let text = Base64URL.encode(bytes).map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
        let padded = text + [Character](repeating: "=", count: (4 - text.count % 4) % 4)
        return stride(from: 0, to: padded.count, by: 64).map { String(padded[$0..<min($0 + 64, padded.count)]) }
    }
}

extension KeyMaterial {
    /// The key as SubjectPublicKeyInfo (RFC 3279, 5480, 8410); `nil` for secrets.
    var publicKeyPEM: [UInt8]? {
        switch self {
        case .rsa(let n, let e):
            let rsaEncryption: [UInt8] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00]
            let key = DER.wrap(0x30, DER.integer(n) + DER.integer(e))
            return DER.publicKeyPEM(DER.wrap(0x30, DER.wrap(0x30, rsaEncryption) + DER.wrap(0x03, [0] + key)))
        case .point(let type, let x, let y): return Curve(type: type)?.pem([4] + x + y)
        case .edwards(let type, let x):
            let identifier: [UInt8] = [0x06, 0x03, 0x2b, 0x65, type == FV_KEY_ED448 ? 0x71 : 0x70]
            return DER.publicKeyPEM(DER.wrap(0x30, DER.wrap(0x30, identifier) + DER.wrap(0x03, [0] + x)))
        case .pem(let text): return text
        case .secret: return nil
        }
    }
}
