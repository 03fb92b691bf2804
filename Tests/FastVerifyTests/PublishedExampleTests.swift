import FastVerify
import Foundation
import Testing

/// The examples of RFC 7515, 7520, 7797 and 8037.
@Suite struct PublishedExampleTests {
    static let folder =
        ProcessInfo.processInfo.environment["FASTVERIFY_VECTORS"]
        ?? URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared/vectors").path
    static let present: Bool = {
        let present = FileManager.default.fileExists(atPath: folder + "/jose-cookbook")
        if !present { print("SKIPPED: jose-cookbook vectors are absent; set FASTVERIFY_VECTORS") }
        return present
    }()

    private func example(_ path: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(filePath: Self.folder + "/jose-cookbook/" + path))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// A verifier under the example's key, and that key for signing.
    private func verifier(_ example: [String: Any]) throws -> (Verifier, SigningKey) {
        let input = try #require(example["input"] as? [String: Any])
        var members = try #require(input["key"] as? [String: Any])
        members["alg"] = input["alg"]
        let key = try SigningKey(jwk: Array(JSONSerialization.data(withJSONObject: members)))
        let keys = KeySet([try JWK(key.verificationKey, keyID: key.keyID)])
        return (Verifier(signaturesOnly: AlgorithmSet(Algorithm.allCases), keys: KeySource(keys)), key)
    }

    @Test(
        .enabled(if: present),
        arguments: [
            "jws/4_1.rsa_v15_signature.json", "jws/4_2.rsa-pss_signature.json", "jws/4_3.ecdsa_signature.json",
            "jws/4_4.hmac-sha2_integrity_protection.json", "curve25519/jws.json",
        ])
    func accepted(_ path: String) throws {
        let example = try example(path)
        let (verifier, key) = try verifier(example)
        let compact = try #require((example["output"] as? [String: Any])?["compact"] as? String)
        let token = try verifier.verify(compact)
        #expect(
            String(decoding: token.payload, as: UTF8.self) == (example["input"] as? [String: Any])?["payload"]
                as? String)
        if example["reproducible"] as? Bool == true {
            let parts = compact.split(separator: ".")
            let signature = try #require(key.sign(Array("\(parts[0]).\(parts[1])".utf8)))
            #expect(Fixture.encode(signature) == parts[2])
        }
        let other = Verifier(signaturesOnly: AlgorithmSet(Algorithm.allCases), keys: KeySource(Fixture.keySet))
        #expect(Fixture.error(compact, other) != nil)
    }

    /// Detached, unencoded and JSON-serialized forms are not JWTs.
    @Test(.enabled(if: present))
    func refused() throws {
        let detached = try example("jws/4_5.signature_with_detached_content.json")
        let (verifier, _) = try verifier(detached)
        let compact = try #require((detached["output"] as? [String: Any])?["compact"] as? String)
        #expect(Fixture.error(compact, verifier) == .badSignature)
        for path in ["rfc7797/hmac-sha2_b64_false.json", "rfc7797/4.2.hmac-sha2_b64_false.json"] {
            let example = try example(path)
            let (verifier, _) = try self.verifier(example)
            let output = try #require(example["output"] as? [String: Any])
            let signing = try #require(example["signing"] as? [String: Any])
            let input = try #require(signing["sig-input"] as? String)
            let signature = try #require(signing["sig"] as? String)
            let compact = output["compact"] as? String ?? input + "." + signature
            #expect(Fixture.error(compact, verifier) != nil)
        }
    }

    /// RFC 7515 §A.1 and §A.3.
    @Test func rfc7515() throws {
        let payload =
            "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        let hmac = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(payload).dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        let secret =
            #"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#
        let ecdsa =
            "eyJhbGciOiJFUzI1NiJ9.\(payload).DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
        let point =
            #"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#
        var policy = ClaimPolicy(issuer: .exactly("joe"), audience: .dangerouslyAny, algorithms: [.hs256, .es256])
        policy.requiredClaims = ["http://example.com/is_root"]
        for (token, key) in [(hmac, secret), (ecdsa, point)] {
            let keys = KeySource(KeySet([try JWK(json: Array(key.utf8))]))
            let alive = Verifier(policy, keys: keys, clock: .fixed(1_300_819_379))
            #expect(try alive.verify(token).claims["http://example.com/is_root"]?.boolean == true)
            #expect(Fixture.error(token, Verifier(policy, keys: keys, clock: .fixed(1_300_819_380))) == .expired)
        }
    }
}
