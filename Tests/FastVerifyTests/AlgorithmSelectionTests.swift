import FastVerify
import Foundation
import Testing

/// Attack catalogue (security.md §4.1), rows 1–15: what chooses the algorithm and the key.
@Suite struct AlgorithmSelectionTests {
    @Test(arguments: Algorithm.allCases)
    func everyAlgorithmVerifies(_ algorithm: Algorithm) throws {
        let token = try Fixture.verifier().verify(Fixture.token(algorithm))
        #expect(token.subject == "user-1")
        #expect(token.algorithm == algorithm)
        #expect(token.keyID == "key-\(algorithm.name)")
    }

    @Test(arguments: [
        "\"none\"", "\"None\"", "\"NONE\"", "\"nOnE\"", "\"\"", "null", "0", "[]", "[\"ES256\"]", "{}", "true",
        "\"ES256 \"", "\" ES256\"", "\"es256\"", "\"HS256 \"", "\"hs256\"", "\"RS256\\u0000\"", "\"A128KW\"",
        "\"ES256K1\"", "\"ES25\"", "\"\(String(repeating: "A", count: 5000))\"",
    ])
    func row1And2_unknownAlgorithm(_ name: String) {
        let header = #"{"alg":\#(name),"kid":"key-ES256"}"#
        let signed = Fixture.token(header: header)
        #expect(Fixture.error(signed) == .unsupportedAlgorithm)
        let unsigned = Fixture.encode(header) + "." + Fixture.encode(Fixture.claims) + "."
        #expect(Fixture.error(unsigned) == .unsupportedAlgorithm)
        #expect(Fixture.error(String(unsigned.dropLast())) == .notCompact)
    }

    @Test func row1_missingAlgorithm() {
        #expect(Fixture.error(Fixture.token(header: #"{"kid":"key-ES256"}"#)) == .unsupportedAlgorithm)
        #expect(Fixture.error(Fixture.token(header: "{}")) == .unsupportedAlgorithm)
    }

    /// An escaped spelling is the same JSON string, so it is the same algorithm.
    @Test func row2_escapedNamesAreDecoded() {
        let escaped = #"{"\u0061lg":"\u0045S256","k\u0069d":"key-\u0045S256"}"#
        #expect(Fixture.error(Fixture.token(header: escaped)) == nil)
    }

    @Test(arguments: ["pem", "pem with spaces", "der", "jwk", "modulus", "x5c", "thumbprint"])
    func row3_publicKeyAsSecret(_ form: String) throws {
        let rsa = Fixture.key(.rs256)
        let jwk = try #require(
            try JSONSerialization.jsonObject(with: Data(rsa.publicJWK.utf8)) as? [String: Any])
        let modulus = try #require(jwk["n"] as? String)
        let bytes: [UInt8] =
            switch form {
            case "pem": Array(rsa.pem!.utf8)
            case "pem with spaces": Array(("\r\n  " + rsa.pem!).utf8)
            case "der": [UInt8](Data(base64Encoded: rsa.pem!.split(separator: "\n").dropFirst().dropLast().joined())!)
            case "jwk": Array(rsa.publicJWK.utf8)
            case "modulus", "x5c": Array(modulus.utf8)
            default: Array(rsa.verificationKey.thumbprint.utf8)
            }
        let attacker = try SigningKey(secret: bytes, algorithm: .hs256)
        for kid in ["key-RS256", "key-ES256", "key-Ed25519"] {
            let header = Array(#"{"alg":"HS256","kid":"\#(kid)"}"#.utf8)
            let forged = Fixture.token(headerBytes: header, payload: Array(Fixture.claims.utf8), attacker)
            #expect(Fixture.error(forged) == .keyMismatch)
        }
        let anonymous = Fixture.token(
            headerBytes: Array(#"{"alg":"HS256"}"#.utf8), payload: Array(Fixture.claims.utf8), attacker)
        let onlyRSA = KeySet([try JWK(rsa.verificationKey)])
        #expect(Fixture.error(anonymous, Fixture.verifier(keys: onlyRSA)) == .keyMismatch)
    }

    @Test func row4_keyWithoutAlgorithmNeverBecomesASecret() throws {
        let keys = KeySet([try JWK(Fixture.key(.rs256).verificationKey, keyID: "r")])
        let token =
            Fixture.encode(#"{"alg":"HS256","kid":"r"}"#) + "." + Fixture.encode(Fixture.claims) + "."
            + Fixture.encode([UInt8](repeating: 0, count: 32))
        #expect(Fixture.error(token, Fixture.verifier(keys: keys)) == .keyMismatch)
        // The same key serves every RSA algorithm, as it names none.
        for algorithm in [Algorithm.rs256, .rs512, .ps256, .ps384] {
            let header = #"{"alg":"\#(algorithm.name)","kid":"r"}"#
            #expect(Fixture.error(Fixture.token(header: header, algorithm), Fixture.verifier(keys: keys)) == nil)
        }
    }

    @Test func row6_headerAgainstKey() {
        for (name, signer) in [
            ("RS256", Algorithm.ps256), ("PS256", .rs256), ("ES256", .es384), ("ES256K", .es256), ("ES256", .es256k),
            ("EdDSA", .es256), ("Ed448", .ed25519), ("Ed25519", .ed448), ("HS256", .hs512),
        ] {
            let header = #"{"alg":"\#(name)","kid":"key-\#(signer.name)"}"#
            #expect(Fixture.error(Fixture.token(header: header, signer)) == .keyMismatch, "\(name) under \(signer)")
        }
    }

    @Test func policyDecidesOnNames() {
        let token = Fixture.token(.es256)
        #expect(Fixture.error(token, Fixture.verifier(Fixture.policy([.rs256]))) == .algorithmNotAllowed)
        // RFC 9864: `EdDSA` and `Ed25519` name the same scheme, and each must be allowed by its own name.
        let old = Fixture.token(header: #"{"alg":"EdDSA","kid":"key-Ed25519"}"#, .ed25519)
        #expect(Fixture.error(old, Fixture.verifier(Fixture.policy([.edDSA]))) == nil)
        #expect(Fixture.error(old, Fixture.verifier(Fixture.policy([.ed25519]))) == .algorithmNotAllowed)
    }

    @Test func row8And9_keysInTheHeaderAreIgnored() {
        let attacker = try! SigningKey(generate: .es256)
        for extra in [
            #""jwk":\#(attacker.publicJWK)"#, #""jku":"https://attacker.example/keys""#, #""x5u":"file:///etc/passwd""#,
            #""x5c":["MIIB"]"#, #""x5t":"AAAA""#,
        ] {
            let header = #"{"alg":"ES256","kid":"key-ES256",\#(extra)}"#
            let forged = Fixture.token(
                headerBytes: Array(header.utf8), payload: Array(Fixture.claims.utf8), attacker)
            #expect(Fixture.error(forged) == .badSignature)
            #expect(Fixture.error(Fixture.token(header: header)) == nil)
        }
    }

    @Test func row10_kid() {
        for kid in ["../../dev/null", "' OR 1=1 --", "", "key-ES256\\u0000", "KEY-ES256", "key-ES25", "key-ES256 "] {
            let header = #"{"alg":"ES256","kid":"\#(kid)"}"#
            #expect(Fixture.error(Fixture.token(header: header)) == .keyNotFound)
        }
        for kid in ["1", "null", "[]", "{}", "true"] {
            #expect(Fixture.error(Fixture.token(header: #"{"alg":"ES256","kid":\#(kid)}"#)) == .malformedHeader)
        }
        let long = String(repeating: "k", count: 40_000)
        #expect(Fixture.error(Fixture.token(header: #"{"alg":"ES256","kid":"\#(long)"}"#)) == .keyNotFound)
    }

    @Test(arguments: [
        #"["exp"]"#, "[]", "\"exp\"", "null", "{}", #"["alg"]"#, #"["exp","exp"]"#, #"["b64"]"#, #"["x-unknown"]"#,
        "[1]",
    ])
    func row11_critical(_ value: String) {
        let header = #"{"alg":"ES256","kid":"key-ES256","crit":\#(value),"exp":1,"b64":true}"#
        #expect(Fixture.error(Fixture.token(header: header)) == .criticalHeader)
    }

    @Test func row12_unencodedPayload() {
        for value in ["false", "true", "\"false\"", "null"] {
            let header = #"{"alg":"ES256","kid":"key-ES256","b64":\#(value)}"#
            #expect(Fixture.error(Fixture.token(header: header)) == .unsupportedHeader)
        }
        let detached = Fixture.token().split(separator: ".")
        #expect(Fixture.error("\(detached[0])..\(detached[2])") == .malformedPayload)
    }

    @Test func row13_types() {
        func header(_ rest: String) -> String { #"{"alg":"ES256","kid":"key-ES256"\#(rest)}"# }
        func check(_ rest: String, _ types: Set<TokenType>) -> VerificationError? {
            var policy = Fixture.policy()
            policy.types = types
            return Fixture.error(Fixture.token(header: header(rest)), Fixture.verifier(policy))
        }
        let standard: Set<TokenType> = [.absent, .jwt]
        for accepted in ["", #","typ":"JWT""#, #","typ":"jwt""#, #","typ":"application/jwt""#, #","typ":"\u004aWT""#] {
            #expect(check(accepted, standard) == nil)
        }
        for refused in ["at+jwt", "logout+jwt", "", "JWT ", "application/", "dpop+jwt"] {
            #expect(check(#","typ":"\#(refused)""#, standard) == .wrongType)
        }
        #expect(check(#","typ":"at+jwt""#, [.accessToken]) == nil)
        #expect(check(#","typ":"application/AT+JWT""#, [.accessToken]) == nil)
        #expect(check(#","typ":"JWT""#, [.accessToken]) == .wrongType)
        #expect(check("", [.accessToken]) == .wrongType)
        #expect(check(#","typ":7"#, standard) == .malformedHeader)
        #expect(check(#","cty":"JWT""#, standard) == .unsupportedHeader)
        #expect(check(#","cty":"json""#, standard) == nil)
        #expect(check(#","zip":"DEF""#, standard) == .unsupportedHeader)
        #expect(check(#","enc":"A128GCM""#, standard) == .unsupportedHeader)
    }

    @Test func row13To15_otherSerializations() {
        let parts = Fixture.token().split(separator: ".")
        let jwe = Fixture.encode(#"{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483648}"#) + ".AA.AA.AA.AA"
        #expect(Fixture.error(jwe) == .notCompact)
        let json = #"{"protected":"\#(parts[0])","payload":"\#(parts[1])","signature":"\#(parts[2])"}"#
        #expect(Fixture.error(json) == .notCompact)
        let polyglot =
            #"{" \#(parts[0]).":1,"protected":"\#(parts[0])", "payload":"\#(parts[1])","signature":"\#(parts[2])"}"#
        #expect(Fixture.error(polyglot) != nil)
    }
}
