import CCrypto
import Testing

@Suite(.vectors("wycheproof")) struct WycheproofSignatureTests {
    /// Every row of a positive file must match. Of a file made for another algorithm nothing is accepted but the rows
    /// named here: those test that other algorithm with a signature that is right for this one.
    struct Suite: Sendable, CustomTestStringConvertible {
        let file: String
        let algorithm: fv_algorithm
        let exceptions: Set<Int>?
        var testDescription: String { "\(file) as \(algorithm.name)" }
        init(_ file: String, _ algorithm: fv_algorithm, onlyAccept exceptions: Set<Int>? = nil) {
            self.file = file
            self.algorithm = algorithm
            self.exceptions = exceptions
        }
    }

    static let suites = [
        Suite("ecdsa_secp256r1_sha256_p1363", FV_ES256),
        Suite("ecdsa_secp256r1_sha512_p1363", FV_ES256, onlyAccept: []),
        Suite("ecdsa_secp384r1_sha384_p1363", FV_ES384),
        Suite("ecdsa_secp521r1_sha512_p1363", FV_ES512),
        Suite("ecdsa_secp256k1_sha256_p1363", FV_ES256K),
        Suite("rsa_signature_2048_sha256", FV_RS256),
        Suite("rsa_signature_2048_sha384", FV_RS384),
        Suite("rsa_signature_2048_sha512", FV_RS512),
        Suite("rsa_signature_3072_sha256", FV_RS256),
        Suite("rsa_signature_4096_sha256", FV_RS256),
        Suite("rsa_signature_4096_sha512", FV_RS512),
        Suite("rsa_signature_2048_sha256", FV_RS384, onlyAccept: [221]),
        Suite("rsa_signature_2048_sha256", FV_PS256, onlyAccept: [257]),
        Suite("rsa_pss_2048_sha256_mgf1_32", FV_PS256),
        Suite("rsa_pss_3072_sha256_mgf1_32", FV_PS256),
        Suite("rsa_pss_2048_sha384_mgf1_48", FV_PS384),
        Suite("rsa_pss_4096_sha512_mgf1_64", FV_PS512),
        Suite("rsa_pss_2048_sha256_mgf1_0", FV_PS256, onlyAccept: [69]),
        Suite("rsa_pss_2048_sha256_mgf1sha1_20", FV_PS256, onlyAccept: []),
        Suite("rsa_pss_2048_sha256_mgf1_32", FV_RS256, onlyAccept: [108]),
        Suite("ed25519", FV_ED25519),
        Suite("ed448", FV_ED448),
    ]

    static func key(_ group: Wycheproof.Group, _ algorithm: fv_algorithm) throws -> Key {
        let key = group.publicKey!
        let type = algorithm.info.key_type
        if let modulus = key.modulus { return try Key(rsa: hex(modulus), hex(key.publicExponent!)) }
        if let point = key.uncompressed { return try Key(type, point: hex(point)) }
        return try Key(type, edwards: hex(key.pk!))
    }

    /// Each row at every position of a batch of 9, between valid and invalid signatures of another key.
    @Test(arguments: suites) func rows(_ suite: Suite) throws {
        let algorithm = suite.algorithm
        let signing = try SigningKey(algorithm)
        let other = try signing.publicKey()
        let input = Bytes("a neighbour".utf8)
        let signature = signing.sign(algorithm, input)
        let groups = try Vectors.wycheproof(suite.file).testGroups
        var accepted = 0
        var rows = 0
        for kernel in algorithm.kernels {
            let neighbour = try Prepared(kernel, other)
            let good = Job(neighbour, input, signature)
            let bad = Job(neighbour, input + [0], signature)
            for group in groups {
                let key = try Self.key(group, algorithm)
                if let text = group.publicKeyPem {
                    let same = try Key(pem: text)
                    for parameter in [FV_PARAMETER_N, FV_PARAMETER_E, FV_PARAMETER_X, FV_PARAMETER_Y] {
                        #expect(same.parameter(parameter) == key.parameter(parameter))
                    }
                }
                let prepared = try Prepared(kernel, key)
                for row in group.tests {
                    let job = Job(prepared, row.input, row.signature)
                    let smallOrder = row.flags.contains("SmallOrderPublicKey")
                    let expected = suite.exceptions.map { $0.contains(row.tcId) } ?? (row.isValid && !smallOrder)
                    let even = verify(kernel, [job, good, job, bad, job, good, job, bad, job])
                    let odd = verify(kernel, [good, job, bad, job, good, job, bad, job, good])
                    let e = expected
                    #expect(even == [e, true, e, false, e, true, e, false, e], "\(row.label)")
                    #expect(odd == [true, e, false, e, true, e, false, e, true], "\(row.label)")
                    if expected { accepted += 1 }
                    rows += 1
                }
            }
        }
        #expect(rows > 80)
        #expect(accepted >= suite.exceptions?.count ?? 1)
    }
}
