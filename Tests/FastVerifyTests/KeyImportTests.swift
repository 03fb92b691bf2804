import FastVerify
import Foundation
import Testing

/// Attack catalogue, rows 4, 5, 7, 10, 20–22, 42 and 44, at the level of JWK and JWK Set. The arithmetic behind the
/// checks is tested in CCryptoTests.
@Suite struct KeyImportTests {
    private func jwk(_ json: String) throws(KeyError) -> JWK { try JWK(json: Array(json.utf8)) }

    private func failure(_ json: String) -> KeyError? {
        do throws(KeyError) {
            _ = try jwk(json)
            return nil
        } catch {
            return error
        }
    }

    /// The public members of a fixture's key with some replaced (`nil` removes one), as JSON.
    private func altered(_ algorithm: Algorithm, _ changes: [String: Any?]) -> String {
        var members =
            try! JSONSerialization.jsonObject(with: Data(Fixture.key(algorithm).publicJWK.utf8)) as! [String: Any]
        for (name, value) in changes { members[name] = value }
        return String(decoding: try! JSONSerialization.data(withJSONObject: members), as: UTF8.self)
    }

    @Test(arguments: Algorithm.allCases)
    func importAndExport(_ algorithm: Algorithm) throws {
        let key = Fixture.key(algorithm)
        let imported = try jwk(key.publicJWK)
        #expect(imported.keyID == key.keyID)
        #expect(imported.algorithms.contains(algorithm))
        #expect(imported.key.thumbprint == key.verificationKey.thumbprint)
        let again = try SigningKey(jwk: Array(key.privateJWK.utf8))
        #expect(again.verificationKey.thumbprint == key.verificationKey.thumbprint)
        #expect(again.privateJWK == key.privateJWK)
        if let pem = key.pem {
            #expect(try SigningKey(pem: Array(pem.utf8)).verificationKey.thumbprint == key.verificationKey.thumbprint)
            #expect(throws: KeyError.privateKey) { try VerificationKey(pem: Array(pem.utf8)) }
            #expect(failure(key.privateJWK) == .privateKey)
        }
    }

    @Test func row4_schemesFollowTheType() throws {
        let rsa = try jwk(altered(.rs256, ["alg": nil]))
        #expect(rsa.algorithms == [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512])
        #expect(try jwk(altered(.rs256, [:])).algorithms == [.rs256])
        #expect(failure(altered(.rs256, ["alg": "HS256"])) == .unsupportedAlgorithm)
        #expect(failure(altered(.es256, ["alg": "ES384"])) == .unsupportedAlgorithm)
        #expect(failure(altered(.rs256, ["alg": "RSA-OAEP"])) == .unsupportedAlgorithm)
        #expect(failure(altered(.rs256, ["alg": "none"])) == .unsupportedAlgorithm)
        #expect(failure(altered(.rs256, ["alg": 7])) == .invalidMember("alg"))
        #expect(try jwk(altered(.ed25519, ["alg": nil])).algorithms == [.ed25519, .edDSA])
    }

    @Test func row5_secrets() throws {
        func oct(_ count: Int, _ alg: String? = nil) -> String {
            let k = Fixture.encode([UInt8](repeating: 7, count: count))
            return #"{"kty":"oct","k":"\#(k)"\#(alg.map { #","alg":"\#($0)""# } ?? "")}"#
        }
        for count in [0, 1, 16, 31] { #expect(failure(oct(count)) != nil) }
        #expect(try jwk(oct(32)).algorithms == [.hs256])
        #expect(try jwk(oct(47)).algorithms == [.hs256])
        #expect(try jwk(oct(48)).algorithms == [.hs256, .hs384])
        #expect(try jwk(oct(64)).algorithms == [.hs256, .hs384, .hs512])
        #expect(failure(oct(31, "HS256")) != nil)
        #expect(failure(oct(47, "HS384")) == .unsupportedAlgorithm)
        #expect(failure(oct(63, "HS512")) == .unsupportedAlgorithm)
        #expect(throws: KeyError.self) { try VerificationKey(secret: []) }
    }

    @Test func row7_use() {
        #expect(failure(altered(.es256, ["use": "enc"])) == .notForVerification)
        #expect(failure(altered(.es256, ["use": "other"])) == .notForVerification)
        #expect(failure(altered(.es256, ["use": nil])) == nil)
        #expect(failure(altered(.es256, ["use": 1])) == .invalidMember("use"))
        #expect(failure(altered(.es256, ["key_ops": ["verify"]])) == nil)
        #expect(failure(altered(.es256, ["key_ops": ["sign", "verify"]])) == nil)
        #expect(failure(altered(.es256, ["key_ops": ["sign"]])) == .notForVerification)
        #expect(failure(altered(.es256, ["key_ops": ["encrypt"]])) == .notForVerification)
        #expect(failure(altered(.es256, ["key_ops": ["verify", "encrypt"]])) == .notForVerification)
        #expect(failure(altered(.es256, ["key_ops": ["verify", "verify"]])) == .invalidMember("key_ops"))
        #expect(failure(altered(.es256, ["key_ops": "verify"])) == .invalidMember("key_ops"))
        #expect(failure(altered(.es256, ["key_ops": [1]])) == .invalidMember("key_ops"))
        #expect(failure(altered(.es256, ["key_ops": [] as [String]])) == .notForVerification)
    }

    @Test func row20_points() {
        let zero = Fixture.encode([UInt8](repeating: 0, count: 32))
        let all = Fixture.encode([UInt8](repeating: 0xFF, count: 32))
        for (x, y) in [(zero, zero), (all, all), (all, zero), ("AA", "AA"), (zero + "AA", zero)] {
            #expect(failure(altered(.es256, ["x": x, "y": y])) != nil)
        }
        #expect(failure(altered(.es256, ["y": nil])) == .missingMember("y"))
        #expect(failure(altered(.es256, ["x": 1])) == .invalidMember("x"))
        #expect(failure(altered(.es256, ["x": "A==="])) == .invalidMember("x"))
        #expect(failure(altered(.es256, ["d": all])) == .privateKey)
        #expect(failure(altered(.es256, ["crv": "P-384", "alg": nil])) != nil)
        #expect(failure(altered(.es256, ["crv": "P-192"])) == .unsupportedType)
        #expect(failure(altered(.es256, ["crv": nil])) == .missingMember("crv"))
        #expect(failure(altered(.es256, ["kty": "RSA"])) == .missingMember("n"))
        #expect(failure(altered(.es256, ["kty": nil])) == .missingMember("kty"))
        #expect(failure(altered(.ed25519, ["crv": "X25519"])) == .unsupportedType)
        #expect(failure(altered(.ed25519, ["x": zero])) != nil)  // y = 0, of small order
        #expect(failure(altered(.ed25519, ["x": all])) != nil)
    }

    @Test func row22_RSA() {
        for exponent in ["AQ", "AA", "Ag", "AQAAAAE", "", "AQABAAAAAQ"] {
            #expect(failure(altered(.rs256, ["e": exponent])) != nil, "e = \(exponent)")
        }
        for bits in [512, 1024, 2040, 8200, 16_384, 65_536] {
            var n = [UInt8](repeating: 0xA5, count: bits / 8)
            n[n.count - 1] = 0xA7
            #expect(failure(altered(.rs256, ["n": Fixture.encode(n)])) != nil)
        }
        #expect(failure(altered(.rs256, ["n": Fixture.encode([UInt8](repeating: 0xFF, count: 700_000))])) != nil)
        #expect(
            failure(altered(.rs256, ["n": Fixture.encode([UInt8](repeating: 0xFF, count: 800_000))])) == .setTooLarge)
    }

    @Test func row42And44_sets() throws {
        func set(_ json: String) throws(KeyError) -> JWKSet { try JWKSet(json: Array(json.utf8)) }
        for text in ["", "null", "[]", "{", "{}", #"{"keys":null}"#, #"{"keys":{}}"#, #"{"keys":1}"#, #"{"Keys":[]}"#] {
            #expect(throws: KeyError.self) { try set(text) }
        }
        #expect(try set(#"{"keys":[]}"#).keys.isEmpty)
        let good = Fixture.key(.es256).publicJWK
        let secret = Fixture.key(.hs256).publicJWK
        let mixed = try set(
            #"{"keys":[\#(good),{"kty":"future","kid":"f"},7,null,{},\#(secret),\#(Fixture.key(.rs256).privateJWK),{"kty":"EC","crv":"P-999"}]}"#
        )
        #expect(mixed.keys.map(\.keyID) == ["key-ES256", "key-HS256"])
        #expect(mixed.skipped.map(\.position) == [1, 2, 3, 4, 6, 7])
        #expect(mixed.skipped[0].reason == .unsupportedType && mixed.skipped[0].keyID == "f")
        #expect(mixed.skipped[4].reason == .privateKey)
        let remote = try JWKSet(json: Array(#"{"keys":[\#(secret),\#(good)]}"#.utf8), secrets: .refused)
        #expect(remote.keys.map(\.keyID) == ["key-ES256"])
        #expect(remote.skipped.map(\.reason) == [.secretNotAllowed])
        #expect(throws: KeyError.malformedJSON) { try set(#"{"keys":[],"keys":[]}"#) }
        #expect(throws: KeyError.malformedJSON) { try set(#"{"keys":[{"kty":"EC","kty":"RSA"}]}"#) }
        let many = Array(repeating: #"{"kty":"x"}"#, count: 1001).joined(separator: ",")
        #expect(throws: KeyError.setTooLarge) { try set(#"{"keys":[\#(many)]}"#) }
        let thousand = Array(repeating: #"{"kty":"x"}"#, count: 1000).joined(separator: ",")
        #expect(try set(#"{"keys":[\#(thousand)]}"#).skipped.count == 1000)
        let large = #"{"keys":[],"x":"\#(String(repeating: "x", count: 1 << 20))"}"#
        #expect(throws: KeyError.setTooLarge) { try set(large) }
    }

    @Test func lookUp() throws {
        let a = try SigningKey(generate: .es256, keyID: "a")
        let b = try SigningKey(generate: .es256, keyID: "b")
        func error(_ header: String, _ keys: [(SigningKey, String?)]) throws -> VerificationError? {
            let set = KeySet(try keys.map { try JWK($0.0.verificationKey, keyID: $0.1) })
            let token = Fixture.token(headerBytes: Array(header.utf8), payload: Array(Fixture.claims.utf8), a)
            return Fixture.error(token, Fixture.verifier(keys: set))
        }
        let withKid = #"{"alg":"ES256","kid":"a"}"#
        let without = #"{"alg":"ES256"}"#
        let rsa = Fixture.key(.rs256)
        #expect(try error(withKid, [(a, "a"), (b, "b")]) == nil)
        #expect(try error(withKid, [(b, "b")]) == .keyNotFound)
        #expect(try error(withKid, [(b, "b"), (a, nil)]) == .keyNotFound)
        #expect(try error(withKid, [(a, nil)]) == nil)
        #expect(try error(withKid, [(a, nil), (rsa, nil)]) == nil)
        #expect(try error(withKid, [(a, nil), (b, nil)]) == .ambiguousKey)
        #expect(try error(without, [(a, "x"), (rsa, "y")]) == nil)
        #expect(try error(without, [(a, "x"), (b, "y")]) == .ambiguousKey)
        #expect(try error(without, [(rsa, "y")]) == .keyMismatch)
        #expect(try error(without, []) == .keyNotFound)
        // Row 10: two keys of one name are told apart by algorithm, and refused where that does not decide.
        #expect(try error(withKid, [(a, "a"), (rsa, "a")]) == nil)
        #expect(try error(withKid, [(a, "a"), (b, "a")]) == .ambiguousKey)
        #expect(try error(#"{"alg":"ES256","kid":"\u0061"}"#, [(b, "b"), (a, "a")]) == nil)
    }

    @Test func namedKernels() throws {
        for kernel in Kernel.all(for: .ed25519) where kernel.isSupported {
            let key = try JWK(Fixture.key(.ed25519).verificationKey, keyID: "key-Ed25519")
            let keys = KeySet([key], kernels: .named(kernel.name))
            #expect(Fixture.error(Fixture.token(.ed25519), Fixture.verifier(keys: keys)) == nil)
        }
        #expect(Kernel.all(for: .edDSA).map(\.name).contains("sodium"))
        for algorithm in Algorithm.allCases where algorithm != .edDSA {
            #expect(Kernel.all(for: algorithm).allSatisfy { $0.algorithm == algorithm })
            #expect(Kernel.selected(for: algorithm)?.isSupported == true)
            #expect(Algorithm(name: algorithm.name) == algorithm)
        }
    }

    /// RFC 7638 §3.1 and RFC 8037 §A.3.
    @Test func thumbprints() throws {
        let rsa = """
            {"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZ\
            CiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6\
            qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
            "e":"AQAB","alg":"RS256","kid":"2011-04-29"}
            """
        #expect(try jwk(rsa).key.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        let ed = #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
        #expect(try jwk(ed).key.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    }
}
