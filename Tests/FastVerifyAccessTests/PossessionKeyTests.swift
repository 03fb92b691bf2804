import Testing

@testable import FastVerify
@testable import FastVerifyAccess

/// Keys of proofs that stay prepared.
struct PossessionKeyTests {
    private func verifier(_ keys: Int) -> PossessionVerifier {
        PossessionVerifier(type: "dpop+jwt", algorithms: .asymmetric, tokenBytes: 8192, keyBits: 4096, cachedKeys: keys)
    }

    private func error(
        _ proof: String, _ verifier: PossessionVerifier, expected: SHA256Digest?
    ) -> VerificationError? {
        Array(proof.utf8).withUnsafeBytes { text in
            do throws(VerificationError) {
                try verifier.verify(text, expected: expected) { _, _ in }
                return nil
            } catch {
                return error
            }
        }
    }

    /// Who knows a client's public key, and does not hold it, cannot make room for anything.
    @Test func onlyAfterAValidSignature() throws {
        let (proofs, verifier) = (Proofs(), verifier(64))
        let stranger = try SigningKey(generate: .es256)
        for number in 0..<20 {
            let forged = proofs.proof(header: ["x\(number)": "1"], signedBy: stranger)
            #expect(error(forged, verifier, expected: proofs.thumbprint) == .badSignature)
        }
        #expect(verifier.cachedKeys == 0)
        #expect(error(proofs.proof(), verifier, expected: nil) == nil && verifier.cachedKeys == 0, "nobody vouches")
        #expect(error(proofs.proof(), verifier, expected: proofs.thumbprint) == nil && verifier.cachedKeys == 1)
        #expect(error(proofs.proof(signedBy: stranger), verifier, expected: proofs.thumbprint) == .badSignature)
        #expect(error(proofs.proof(), verifier, expected: nil) == nil, "known, for a token endpoint as well")
    }

    @Test func roomIsBounded() {
        let (proofs, verifier) = (Proofs(), verifier(16))
        for number in 0..<200 {
            // Each spelling of the header is a key of its own to the cache.
            let proof = proofs.proof(header: ["x": "\(number)"])
            #expect(error(proof, verifier, expected: proofs.thumbprint) == nil)
        }
        #expect(verifier.cachedKeys <= 16 && verifier.cachedKeys > 8)
        let without = self.verifier(0)
        #expect(error(proofs.proof(), without, expected: proofs.thumbprint) == nil && without.cachedKeys == 0)
        let long = proofs.proof(header: ["x": "\"\(String(repeating: "a", count: 2000))\""])
        let other = self.verifier(16)
        #expect(error(long, other, expected: proofs.thumbprint) == nil && other.cachedKeys == 0, "too long to keep")
    }

    /// A key under a header of any text.
    private func key(_ name: String) throws -> PossessionKey {
        try withJSONObject(Array(Proofs().jwk.utf8), limits: .standard) { object throws(KeyError) in
            Result { () throws(VerificationError) in
                try Array(name.utf8).withUnsafeBytes { header in
                    Result { () throws(VerificationError) in
                        try PossessionKey(
                            object, thumbprint: object.thumbprint!, header: header, algorithm: .es256, maxBits: 256)
                    }
                }.get()
            }
        }.get()
    }

    @Test func headersOfOneHashAreTwo() throws {
        let cache = PossessionKeyCache(capacity: 64, hashMask: 0)
        func found(_ name: String) -> PossessionKey? { Array(name.utf8).withUnsafeBytes { cache.find($0) } }
        for name in ["a", "ab", "b"] { cache.insert(try key(name)) }
        for name in ["a", "ab", "b"] { #expect(found(name)?.header == Array(name.utf8)) }
        #expect(found("c") == nil && found("") == nil && cache.count == 3)
    }

    /// One set of eight places: who is asked for again stays, the others go in turn.
    @Test func whoIsAskedForStays() throws {
        let cache = PossessionKeyCache(capacity: 8)
        func isKnown(_ name: String) -> Bool { Array(name.utf8).withUnsafeBytes { cache.find($0) != nil } }
        for name in ["a", "b", "c", "d", "e", "f", "g", "h"] { cache.insert(try key(name)) }
        cache.insert(try key("a"))
        #expect(cache.count == 8, "twice the same takes one place")
        #expect(isKnown("a") && isKnown("c") && !isKnown("x"))
        for name in ["i", "j", "k"] { cache.insert(try key(name)) }
        #expect(cache.count == 8 && isKnown("a") && isKnown("c") && isKnown("i") && isKnown("k"))
        #expect(!isKnown("b") && !isKnown("d") && !isKnown("e"))
    }

    @Test func thumbprints() throws {
        func thumbprint(_ json: String) throws -> String? {
            try withJSONObject(Array(json.utf8), limits: .standard) { $0.thumbprint }?.base64URL
        }
        for algorithm in [Algorithm.es256, .es384, .edDSA, .ps256] {
            let key = Proofs.keys[algorithm]!
            #expect(try thumbprint(key.publicJWK) == key.verificationKey.thumbprint, "\(algorithm)")
        }
        // RFC 7638 §3.1.
        let n =
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3okn"
            + "jhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qM"
            + "QvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJz"
            + "KnqDKgw"
        #expect(
            try thumbprint(#"{"kty":"RSA","n":"\#(n)","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#)
                == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        for json in [
            "{}", #"{"kty":"oct","k":"AAAA"}"#, #"{"kty":"EC","crv":"P-256","x":"AA"}"#,
            #"{"kty":"RSA","n":1,"e":"AQAB"}"#,
        ] {
            #expect(try thumbprint(json) == nil)
        }
        #expect(try thumbprint(#"{"kty":"RSA","n":"A\u0041","e":"AQAB"}"#) == nil, "one spelling alone")
    }
}
