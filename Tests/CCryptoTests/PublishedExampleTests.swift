import CCrypto
import Foundation
import Testing

// RFC 7520 §4 and RFC 8037 A.4: the published key signs and verifies; deterministic algorithms give the same octets.
@Suite(.vectors("jose-cookbook")) struct PublishedExampleTests {
    struct Example: Decodable {
        struct Input: Decodable {
            let key: [String: String]
            let alg: String
        }
        struct Signing: Decodable {
            let input, sig: String
            enum CodingKeys: String, CodingKey {
                case input = "sig-input"
                case sig
            }
        }
        let input: Input
        let signing: Signing
    }

    static let parameters = [
        "n": FV_PARAMETER_N, "e": FV_PARAMETER_E, "x": FV_PARAMETER_X, "y": FV_PARAMETER_Y, "k": FV_PARAMETER_K,
        "d": FV_PARAMETER_D, "p": FV_PARAMETER_P, "q": FV_PARAMETER_Q, "dp": FV_PARAMETER_DP, "dq": FV_PARAMETER_DQ,
        "qi": FV_PARAMETER_QI,
    ]

    @Test(arguments: [
        "jws/4_1.rsa_v15_signature", "jws/4_2.rsa-pss_signature", "jws/4_3.ecdsa_signature",
        "jws/4_4.hmac-sha2_integrity_protection", "curve25519/jws",
    ])
    func example(_ path: String) throws {
        let example = try Vectors.decode(Example.self, "jose-cookbook/\(path).json")
        let name = example.input.alg == "EdDSA" ? "Ed25519" : example.input.alg
        let algorithm = try #require(algorithms.first { $0.name == name })
        var parameters = [fv_parameter: Bytes]()
        for (member, value) in example.input.key {
            if let parameter = Self.parameters[member] { parameters[parameter] = base64url(value) }
        }
        let signing = try SigningKey(algorithm.info.key_type, parameters)
        let key = try signing.publicKey()
        let input = Bytes(example.signing.input.utf8)
        let signature = base64url(example.signing.sig)
        for kernel in algorithm.kernels {
            let prepared = try Prepared(kernel, key)
            #expect(prepared.verify(input, signature))
            #expect(!prepared.verify(input.flippingBit(9), signature))
            #expect(prepared.verify(input, signing.sign(algorithm, input)))
        }
        if !["PS384", "ES512"].contains(name) { #expect(signing.sign(algorithm, input) == signature) }
        for (parameter, value) in parameters { #expect(signing.parameter(parameter) == value) }
    }
}
