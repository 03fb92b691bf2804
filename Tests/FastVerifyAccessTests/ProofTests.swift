import FastVerify
import Testing

@testable import FastVerifyAccess

struct ProofTests {
    private let proofs = Proofs()

    @Test(arguments: [Algorithm.es256, .es384, .edDSA, .ps256])
    func aProofIsAcceptedOnce(_ algorithm: Algorithm) {
        let proofs = Proofs(algorithm)
        let verifier = Proofs.verifier()
        let proof = proofs.proof()
        #expect(proofs.reason(proof, by: verifier) == nil)
        #expect(proofs.reason(proof, by: verifier) == "proof_replayed")
        #expect(proofs.reason(proofs.proof(), by: verifier) == nil)
    }

    // MARK: RFC 9449 §4.3, one violation each

    @Test func exactlyOneField() {
        let verifier = Proofs.verifier()
        let none = { () -> Refusal? in
            do throws(Refusal) {
                _ = try verifier.verify(
                    [], for: Proofs.target, token: proofs.token, boundTo: proofs.thumbprint)
                return nil
            } catch { return error }
        }()
        #expect(none == Refusal(.invalidProof, "proof_missing"))
        let two = proofs.refusal(proofs.proof(), proofs.proof(), by: verifier)
        #expect(two == Refusal(.invalidProof, "proof_repeated"))
        #expect(proofs.reason(proofs.proof() + "," + proofs.proof()) == "proof_malformed")
    }

    @Test func notWellFormed() {
        let whole = proofs.proof()
        for text in ["", ".", "..", "a.b.c", " " + whole, whole + "=", whole + "\n", String(whole.dropLast(3))] {
            let reason = proofs.reason(text)
            #expect(reason == "proof_malformed" || reason == "proof_signature", "\(text)")
        }
        let long = proofs.proof(claims: ["x": "\"\(String(repeating: "a", count: 8000))\""])
        #expect(proofs.reason(long) == "proof_too_large")
        #expect(proofs.reason(proofs.proof(claims: ["jti": "\"a\",\"jti\":\"b\""])) == "proof_malformed")
    }

    /// Every required claim, absent and of wrong types.
    @Test(arguments: [
        ("jti", "proof_without_jti"), ("htm", "proof_of_other_method"), ("htu", "proof_of_other_uri"),
        ("iat", "proof_without_iat"), ("ath", "proof_of_other_token"),
    ])
    func requiredClaims(_ name: String, _ reason: String) {
        for value in [nil, "null", "true", "[]", "{}", "[\"POST\"]"] {
            #expect(proofs.reason(proofs.proof(claims: [name: value])) == reason, "\(value ?? "absent")")
        }
        let other = name == "iat" ? "\"\(Proofs.now)\"" : "17"
        #expect(proofs.reason(proofs.proof(claims: [name: other])) == reason)
    }

    @Test func type() {
        for value in [nil, "\"JWT\"", "\"dpop\"", "\"at+jwt\"", "\"\"", "\"dpop+jwt \""] {
            #expect(proofs.reason(proofs.proof(header: ["typ": value])) == "proof_type", "\(value ?? "absent")")
        }
        #expect(proofs.reason(proofs.proof(header: ["typ": "1"])) == "proof_malformed")
        #expect(proofs.reason(proofs.proof(header: ["typ": "\"application/DPoP+JWT\""])) == nil)
    }

    @Test func algorithm() {
        for value in [nil, "\"none\"", "\"HS256\"", "\"es256\"", "\"ES256 \"", "null", "\"\""] {
            #expect(proofs.reason(proofs.proof(header: ["alg": value])) == "proof_algorithm", "\(value ?? "absent")")
        }
        #expect(proofs.reason(proofs.proof(header: ["alg": "\"ES384\""])) == "proof_key")
        #expect(proofs.reason(proofs.proof(header: ["alg": "\"RS256\""])) == "proof_key")
        var policy = ProofPolicy()
        policy.algorithms = [.edDSA, .hs256]
        #expect(policy.algorithmNames == "EdDSA")
        #expect(proofs.reason(proofs.proof(), by: Proofs.verifier(policy)) == "proof_algorithm")
        #expect(proofs.reason(proofs.proof(header: ["crit": "[\"exp\"]"])) == "proof_malformed")
    }

    @Test func signature() {
        let other = try! SigningKey(generate: .es256)
        #expect(proofs.reason(proofs.proof(signedBy: other)) == "proof_signature")
        let verifier = Proofs.verifier()
        #expect(proofs.reason(proofs.proof(), by: verifier) == nil)
        #expect(proofs.reason(proofs.proof(signedBy: other), by: verifier) == "proof_signature", "the key is cached")
        let parts = proofs.proof().split(separator: ".").map(String.init)
        let changed = [parts[0], proofs.proof().split(separator: ".").map(String.init)[1], parts[2]].joined(
            separator: ".")
        #expect(proofs.reason(changed, by: verifier) == "proof_signature")
        #expect(proofs.reason(parts[0] + "." + parts[1] + ".", by: verifier) == "proof_signature")
    }

    /// §4.3 item 7, and what else a key must not be.
    @Test func key() throws {
        let members = proofs.key.verificationKey.publicMembers.map { ($0.name, $0.value) }
        let private_ = JSONText.object(members + [("d", Base64URL.encode(Array(repeating: 1, count: 32)))])
        let odd = [
            private_, "null", "\"\"", "[]", "{}", nil, #"{"kty":"oct","k":"\#(String(repeating: "A", count: 43))"}"#,
            JSONText.object(members + [("use", "enc")]), JSONText.object(members + [("alg", "ES384")]),
            JSONText.object(members.map { ($0.0, $0.0 == "x" ? $0.1 + "=" : $0.1) }),
            #"{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}"#,
        ]
        for jwk in odd {
            let reason = proofs.reason(proofs.proof(header: ["jwk": jwk]))
            #expect(reason == "proof_key" || reason == "proof_malformed", "\(jwk ?? "absent")")
        }
        #expect(proofs.reason(proofs.proof(header: ["jwk": private_])) == "proof_key")
        let extended = JSONText.object(members.reversed() + [("kid", "mine"), ("use", "sig")])
        #expect(proofs.reason(proofs.proof(header: ["jwk": extended])) == nil, "order and other members do not matter")
        // Two members of one name inside the key: the outer scan finds them.
        #expect(proofs.reason(proofs.proof(header: ["jwk": #"{"kty":"EC","kty":"EC"}"#])) == "proof_malformed")
    }

    @Test func keyOfAnotherClient() {
        let other = Proofs(.edDSA)
        let verifier = Proofs.verifier()
        #expect(proofs.reason(other.proof(), by: verifier) == "proof_key")
        #expect(verifier.preparedKeys == 0, "refused before it was imported")
        #expect(other.reason(other.proof(), by: verifier) == nil && verifier.preparedKeys == 1)
        #expect(proofs.reason(other.proof(), by: verifier) == "proof_key", "known, and still another's")
    }

    @Test func keysOfMoreBitsThanAllowed() {
        let proofs = Proofs(.ps256)
        var policy = ProofPolicy()
        policy.keyBits = 2047
        #expect(proofs.reason(proofs.proof(), by: Proofs.verifier(policy)) == "proof_key")
    }

    @Test func methodAndURI() {
        for method in ["GET", "post", "POST ", ""] {
            #expect(proofs.reason(proofs.proof(claims: ["htm": "\"\(method)\""])) == "proof_of_other_method")
        }
        #expect(proofs.reason(proofs.proof(claims: ["htm": #""PO\u0053T""#])) == nil, "the same string")
        for uri in [
            "http://api.example/orders", "https://api.example/orders/", "https://api.example/Orders",
            "https://evil.example/orders", "https://api.example:444/orders", "/orders", "",
            "https://api.example@evil.example/orders", "https://u@api.example/orders",
        ] {
            #expect(proofs.reason(proofs.proof(claims: ["htu": "\"\(uri)\""])) == "proof_of_other_uri", "\(uri)")
        }
        for uri in ["HTTPS://API.example:443/a/../orders", "https://api.example/%6frders?page=2#x"] {
            #expect(proofs.reason(proofs.proof(claims: ["htu": "\"\(uri)\""])) == nil, "\(uri)")
        }
    }

    @Test func time() {
        for (offset, reason) in [
            (-60, nil), (-61, "proof_too_old"), (5, nil), (6, "proof_from_future"), (-1_000_000, "proof_too_old"),
        ] as [(Int64, String?)] {
            #expect(proofs.reason(proofs.proof(claims: ["iat": "\(Proofs.now + offset)"])) == reason, "\(offset)")
        }
        #expect(proofs.reason(proofs.proof(claims: ["iat": "\(Proofs.now).9"])) == nil)
        #expect(proofs.reason(proofs.proof(claims: ["iat": "-9223372036854775808"])) == "proof_too_old")
        #expect(proofs.reason(proofs.proof(claims: ["iat": "9223372036854775807"])) == "proof_from_future")
        #expect(proofs.reason(proofs.proof(claims: ["iat": "1e400"])) == "proof_without_iat")
        let late = Proofs.verifier(clock: .fixed(.max))
        #expect(proofs.reason(proofs.proof(), by: late) == "proof_too_old")
        #expect(proofs.reason(proofs.proof(claims: ["iat": "\(Int64.max)"]), by: late) == nil)
    }

    @Test func identifier() {
        let long = String(repeating: "a", count: 257)
        #expect(proofs.reason(proofs.proof(claims: ["jti": "\"\(long)\""])) == "proof_without_jti")
        #expect(proofs.reason(proofs.proof(claims: ["jti": "\"\(long.dropLast())\""])) == nil)
        #expect(proofs.reason(proofs.proof(claims: ["jti": "\"\""])) == "proof_without_jti")
    }

    @Test func tokenOfAnother() {
        let digest = SHA256Digest(of: Array((proofs.token + "x").utf8)).base64URL
        #expect(proofs.reason(proofs.proof(claims: ["ath": "\"\(digest)\""])) == "proof_of_other_token")
        #expect(proofs.reason(proofs.proof(claims: ["ath": "\"\(digest)=\""])) == "proof_of_other_token")
    }

    /// What has been refused for another reason can still be used: nothing of it was remembered.
    @Test func refusedProofsAreNotRemembered() {
        let verifier = Proofs.verifier()
        let elsewhere = RequestTarget(method: "GET", uri: Proofs.target.uri)
        let proof = proofs.proof()
        #expect(proofs.reason(proof, by: verifier, for: elsewhere) == "proof_of_other_method")
        #expect(verifier.replays.statistics.entries == 0)
        #expect(proofs.reason(proof, by: verifier) == nil)
    }

    @Test func atATokenEndpoint() throws {
        let verifier = Proofs.verifier()
        let accepted = try verifier.verify([proofs.proof(claims: ["ath": nil])], for: Proofs.target)
        #expect(accepted.thumbprint == proofs.thumbprint)
        #expect(verifier.preparedKeys == 0, "nobody has vouched for the key")
        #expect(throws: Refusal(.invalidProof, "proof_signature")) {
            try verifier.verify([proofs.proof(signedBy: SigningKey(generate: .es256))], for: Proofs.target)
        }
    }
}
