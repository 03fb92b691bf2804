import CCrypto
import COpenSSL
import Foundation
import Testing

@Suite struct PEMTests {
    static let parameters = [FV_PARAMETER_N, FV_PARAMETER_E, FV_PARAMETER_X, FV_PARAMETER_Y]
    static let asymmetric = [FV_RS256, FV_ES256, FV_ES384, FV_ES512, FV_ES256K, FV_ED25519, FV_ED448]

    func refused(_ text: Bytes, _ status: fv_key_status, _ comment: Comment? = nil) {
        #expect(throws: Refused(status), comment) { try Key(pem: text) }
    }
    /// The contents of the first block.
    func contents(_ pem: Bytes) -> Bytes {
        let lines = String(decoding: pem, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("-") }
        return Bytes(Data(base64Encoded: lines.joined())!)
    }

    @Test(arguments: asymmetric) func everyContainerHoldsTheSameKey(_ algorithm: fv_algorithm) throws {
        let signing = try SigningKey(algorithm)
        let key = try signing.publicKey()
        let other = OpenSSLKey(pem: signing.pem())
        let edwards = algorithm == FV_ED25519 || algorithm == FV_ED448
        var texts = [other.publicPEM, other.certificatePEM(hash: edwards ? nil : EVP_sha256())]
        if algorithm == FV_RS256 {
            let n = key.parameter(FV_PARAMETER_N)
            let e = key.parameter(FV_PARAMETER_E)
            texts.append(Bytes(pem("RSA PUBLIC KEY", der(0x30, der(2, [0] + n) + der(2, e))).utf8))
            let absent = der(0x30, hex("06092a864886f70d010101")) + der(3, [0] + der(0x30, der(2, [0] + n) + der(2, e)))
            texts.append(Bytes(pem("PUBLIC KEY", der(0x30, absent)).utf8))
        }
        for text in texts {
            let windows = String(decoding: text, as: UTF8.self).replacingOccurrences(of: "\n", with: "\r\n")
            for variant in [
                text, Bytes("subject=/CN=x\n\n".utf8) + text + Bytes("\ntrailing words\n".utf8), Bytes(windows.utf8),
            ] {
                let read = try Key(pem: variant)
                #expect(read.type == key.type && read.bits == key.bits && read.algorithms == key.algorithms)
                for parameter in Self.parameters { #expect(read.parameter(parameter) == key.parameter(parameter)) }
            }
            let whole = contents(text)
            let label = String(decoding: text.prefix { $0 != 10 }.dropFirst(11).dropLast(5), as: UTF8.self)
            refused(Bytes(pem(label, whole + [0]).utf8), FV_KEY_MALFORMED, "trailing octet")
            refused(Bytes(pem(label, whole.dropLast()).utf8), FV_KEY_MALFORMED, "cut short")
            refused(text + text, FV_KEY_MALFORMED, "two blocks")
            refused(text + other.privatePEM, FV_KEY_MALFORMED, "a private key behind it")
            refused(other.privatePEM + text, FV_KEY_PRIVATE)
            refused(text + Bytes("-----BEGIN PUBLIC KEY-----\n!\n".utf8), FV_KEY_MALFORMED, "half a block behind it")
            for count in 0..<whole.count {
                #expect(throws: Refused.self) { try Key(pem: pem(label, Bytes(whole.prefix(count)))) }
            }
        }
        var privates = [other.privatePEM, other.encryptedPEM]
        if !edwards { privates += [other.traditionalPEM, other.encryptedTraditionalPEM] }
        for text in privates { refused(text, FV_KEY_PRIVATE) }
    }

    @Test func labels() {
        let body = hex("300506032b6570")
        for label in ["PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "ANY PRIVATE KEY"] {
            refused(Bytes(pem(label, body).utf8), FV_KEY_PRIVATE)
        }
        for label in ["EC PARAMETERS", "CERTIFICATE REQUEST", "X509 CRL", "TRUSTED CERTIFICATE", "public key", "KEY"] {
            refused(Bytes(pem(label, body).utf8), FV_KEY_UNSUPPORTED)
        }
        let good = Bytes(OpenSSLKey("ED25519").publicPEM)
        for text in ["", "x", "-----BEGIN PUBLIC KEY-----\n", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"]
        {
            refused(Bytes(text.utf8), FV_KEY_MALFORMED)
        }
        let room = Int(FV_PEM_MAX) - good.count
        #expect(throws: Never.self) { try Key(pem: good + Bytes(repeating: 10, count: room)) }
        refused(good + Bytes(repeating: 10, count: room + 1), FV_KEY_MALFORMED)
        refused(Bytes(repeating: 0, count: 1 << 20), FV_KEY_MALFORMED)
        refused(
            Bytes("-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\n\n".utf8) + good.dropFirst(27), FV_KEY_MALFORMED)
    }

    @Test func otherKindsOfKeys() {
        for type in ["X25519", "X448"] { refused(OpenSSLKey(type).publicPEM, FV_KEY_UNSUPPORTED) }
        refused(OpenSSLKey("RSA-PSS", [("rsa_keygen_bits", "2048")]).publicPEM, FV_KEY_UNSUPPORTED)
        refused(OpenSSLKey("RSA", [("rsa_keygen_bits", "1024")]).publicPEM, FV_KEY_RSA_SIZE)
        for curve in ["P-224", "brainpoolP256r1", "SM2"] {
            refused(OpenSSLKey("EC", [("group", curve)]).publicPEM, FV_KEY_UNSUPPORTED)
        }
        for curve in ["P-256", "P-384", "P-521", "secp256k1"] {
            let key = OpenSSLKey("EC", [("group", curve)])
            key.setPointFormat("compressed")
            refused(key.publicPEM, FV_KEY_POINT_COMPRESSED)
            key.setPointFormat("hybrid")
            refused(key.publicPEM, FV_KEY_POINT_COMPRESSED)
            key.setPointFormat("uncompressed")
            key.setParameterEncoding("explicit")
            refused(key.publicPEM, FV_KEY_UNSUPPORTED)
            #expect(throws: Refused(FV_KEY_UNSUPPORTED)) { try SigningKey(pem: key.privatePEM) }
        }
    }

    @Test func structures() {
        let p256 = "06072a8648ce3d0201" + "06082a8648ce3d030107"
        let ed25519 = "06032b6570"
        let point = hex(
            "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                + "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
        func check(_ algorithm: String, _ key: Bytes, _ status: fv_key_status) {
            refused(Bytes(pem("PUBLIC KEY", spki(algorithm: algorithm, key: key)).utf8), status, "\(algorithm) \(key)")
        }
        #expect(throws: Never.self) { try Key(pem: pem("PUBLIC KEY", spki(algorithm: p256, key: point))) }
        check(p256, [0], FV_KEY_POINT_INVALID)
        check(p256, [0, 0], FV_KEY_MALFORMED)
        check(p256, [], FV_KEY_MALFORMED)
        check(p256, [5] + point.dropFirst(), FV_KEY_MALFORMED)
        check(p256, point + [0], FV_KEY_COORDINATE_LENGTH)
        check(p256, Bytes(point.dropLast()), FV_KEY_COORDINATE_LENGTH)
        check(p256, [4], FV_KEY_COORDINATE_LENGTH)
        check(p256, point.flippingBit(20), FV_KEY_POINT_INVALID)
        check(p256 + "0500", point, FV_KEY_MALFORMED)
        check("06072a8648ce3d0201", point, FV_KEY_MALFORMED)
        check("06072a8648ce3d02010500", point, FV_KEY_UNSUPPORTED)
        check("06072a8648ce3d020106052b81040022", point, FV_KEY_COORDINATE_LENGTH)
        check("06072a8648ce3d020106052b8104000a", point, FV_KEY_POINT_INVALID)
        check(ed25519 + "0500", Bytes(repeating: 9, count: 32), FV_KEY_MALFORMED)
        check(ed25519, Bytes(repeating: 9, count: 31), FV_KEY_COORDINATE_LENGTH)
        check(ed25519, EdwardsTests.smallOrder25519[0], FV_KEY_SMALL_ORDER)
        // Lengths that are not minimal, or indefinite; unused bits; a negative modulus; a zero too many.
        let contents = spki(algorithm: p256, key: point).dropFirst(2)
        refused(Bytes(pem("PUBLIC KEY", [0x30, 0x81, 0x59] + contents).utf8), FV_KEY_MALFORMED)
        refused(Bytes(pem("PUBLIC KEY", [0x30, 0x80] + contents + [0, 0]).utf8), FV_KEY_MALFORMED)
        refused(Bytes(pem("PUBLIC KEY", [0x30, 0x83, 0, 0, 0x59] + contents).utf8), FV_KEY_MALFORMED)
        refused(Bytes(pem("PUBLIC KEY", [0x30, 0x84, 0xff, 0xff, 0xff, 0xff] + contents).utf8), FV_KEY_MALFORMED)
        let unused = der(0x30, der(0x30, hex(p256)) + der(3, [1] + point))
        refused(Bytes(pem("PUBLIC KEY", unused).utf8), FV_KEY_MALFORMED)
        let n = RSAKeyTests.good
        let e: Bytes = [1, 0, 1]
        let broken = [
            der(2, n) + der(2, e), der(2, [0, 0] + n) + der(2, e), der(2, [0] + n) + der(2, [0] + e), der(2, [0] + n),
            der(2, [0] + n) + der(2, e) + der(2, e), der(2, []) + der(2, e), [],
        ]
        for contents in broken { refused(Bytes(pem("RSA PUBLIC KEY", der(0x30, contents)).utf8), FV_KEY_MALFORMED) }
        let short = der(0x30, der(2, [1]) + der(2, e))
        refused(Bytes(pem("RSA PUBLIC KEY", short).utf8), FV_KEY_RSA_SIZE)
    }
}
