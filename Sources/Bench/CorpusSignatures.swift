import CCrypto
import FastVerify

/// What of a corpus the signature alone decides.
extension Corpus {
    /// Tokens that anybody who checks nothing but signatures must accept or refuse as the whole verifier does.
    var signatureCases: [Case] {
        cases.filter { [nil, .badSignature, .signatureLength].contains($0.expected) }
    }

    /// A good signature with the modulus or the group's order added to its number: another text that stays valid
    /// where the number's size is not looked at. `nil` where there is none: ECDSA and HMAC have no room, and few RSA
    /// signatures have.
    static func unreduced(_ signature: [UInt8], _ material: KeyMaterial) -> [UInt8]? {
        switch material {
        case .rsa(let n, _):
            let (sum, carry) = sum(signature.reversed(), n.reversed())
            return carry ? nil : sum.reversed()
        case .edwards(let type, _):
            let half = signature.count / 2
            let (sum, carry) = sum(Array(signature[half...]), type == FV_KEY_ED448 ? order448 : order25519)
            return carry ? nil : signature[..<half] + sum
        case .point, .secret, .pem: return nil
        }
    }

    /// Numbers in little-endian order; the result is as long as the first.
    private static func sum(_ a: [UInt8], _ b: [UInt8]) -> (sum: [UInt8], carry: Bool) {
        var carry: UInt16 = 0
        let sum = a.enumerated().map { place, digit in
            let digits = UInt16(digit) + (place < b.count ? UInt16(b[place]) : 0) + carry
            carry = digits >> 8
            return UInt8(digits & 255)
        }
        return (sum, carry != 0)
    }

    /// RFC 8032 §5.1: 2^252 + 27742317777372353535851937790883648493.
    private static let order25519: [UInt8] =
        [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
        ] + [UInt8](repeating: 0, count: 15) + [0x10]

    /// RFC 8032 §5.2: 2^446 - 13818066809895115352007386748515426880336692474882178609894547503885.
    private static let order448: [UInt8] =
        [
            0xf3, 0x44, 0x58, 0xab, 0x92, 0xc2, 0x78, 0x23, 0x55, 0x8f, 0xc5, 0x8d, 0x72, 0xc2, 0x6c, 0x21, 0x90, 0x36,
            0xd6, 0xae, 0x49, 0xdb, 0x4e, 0xc4, 0xe9, 0x23, 0xca, 0x7c,
        ] + [UInt8](repeating: 0xff, count: 27) + [0x3f]
}
