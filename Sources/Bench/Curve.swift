import CCrypto
import FastVerify

/// A curve of ECDSA with its names, its only JOSE algorithm and its object identifier.
struct Curve {
    let type: fv_key_type
    let algorithm: Algorithm
    let hashBits: Int
    private let jwk: String
    private let wycheproof: String
    private let identifier: [UInt8]

    private static var all: [Curve] {
        [
            Curve(
                type: FV_KEY_P256, algorithm: .es256, hashBits: 256, jwk: "P-256", wycheproof: "secp256r1",
                identifier: [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]),
            Curve(
                type: FV_KEY_P384, algorithm: .es384, hashBits: 384, jwk: "P-384", wycheproof: "secp384r1",
                identifier: [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22]),
            Curve(
                type: FV_KEY_P521, algorithm: .es512, hashBits: 512, jwk: "P-521", wycheproof: "secp521r1",
                identifier: [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23]),
            Curve(
                type: FV_KEY_SECP256K1, algorithm: .es256k, hashBits: 256, jwk: "secp256k1", wycheproof: "secp256k1",
                identifier: [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a]),
        ]
    }

    private init(
        type: fv_key_type, algorithm: Algorithm, hashBits: Int, jwk: String, wycheproof: String, identifier: [UInt8]
    ) {
        self.type = type
        self.algorithm = algorithm
        self.hashBits = hashBits
        self.jwk = jwk
        self.wycheproof = wycheproof
        self.identifier = identifier
    }

    init?(wycheproof name: String) {
        guard let curve = Self.all.first(where: { $0.wycheproof == name }) else { return nil }
        self = curve
    }

    init?(jwk name: String) {
        guard let curve = Self.all.first(where: { $0.jwk == name }) else { return nil }
        self = curve
    }

    init?(type: fv_key_type) {
        guard let curve = Self.all.first(where: { $0.type == type }) else { return nil }
        self = curve
    }

    /// A SubjectPublicKeyInfo (RFC 5480) around any encoding of a point.
    func pem(_ point: [UInt8]) -> [UInt8] {
        let ecPublicKey: [UInt8] = [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]
        let der = DER.wrap(0x30, DER.wrap(0x30, ecPublicKey + identifier) + DER.wrap(0x03, [0] + point))
        return DER.publicKeyPEM(der)
    }
}
