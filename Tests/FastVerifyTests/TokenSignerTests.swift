import FastVerify
import Foundation
import Testing

@testable import FastVerify

@Suite struct TokenSignerTests {
    private static let claims = TokenClaims(
        subject: "alice", audience: [Fixture.audience], clientID: "web", scopes: ["orders:read", "orders:write"],
        others: [
            "tenant": "acme", "roles": ["admin", "auditor"], "plan": ["name": "pro", "seats": 3, "trial": false],
        ])

    private static func signer(_ key: SigningKey, lifetime: Int64 = 900) throws -> TokenSigner {
        try TokenSigner(key, issuer: Fixture.issuer, lifetime: lifetime, clock: .fixed(Fixture.now))
    }

    @Test(arguments: Algorithm.allCases) func tokensAreAccepted(_ algorithm: Algorithm) throws {
        let signer = try Self.signer(Fixture.key(algorithm))
        let policy = ClaimPolicy.accessToken(
            issuer: Fixture.issuer, audience: Fixture.audience, algorithms: AlgorithmSet([algorithm]))
        let verifier = Fixture.verifier(policy)
        let issued = try signer.token(Self.claims)
        let token = try verifier.verify(issued.text)
        #expect(token.issuer == Fixture.issuer && token.subject == "alice" && token.audience == [Fixture.audience])
        #expect(token.tokenID == issued.tokenID && issued.tokenID.count == 22)
        #expect(
            token.claims.issuedAt == Fixture.now && token.claims.notBefore == Fixture.now
                && token.expiration == Fixture.now + 900)
        #expect(issued.issuedAt == Fixture.now && issued.expiration == Fixture.now + 900)
        #expect(token.scopes == ["orders:read", "orders:write"] && token.claims.clientID == "web")
        #expect(token.claims["tenant"]?.string == "acme")
        let parts = issued.text.split(separator: ".")
        let header = try #require(
            try JSONSerialization.jsonObject(with: Data(base64URL: parts[0])) as? [String: String])
        #expect(header == ["alg": algorithm.name, "kid": "key-\(algorithm.name)", "typ": "at+jwt"])
        let other = try signer.token(Self.claims)
        #expect(other.tokenID != issued.tokenID)
    }

    /// Whatever is said in, another reader of JSON reads out.
    @Test func valuesKeepTheirMeaning() throws {
        let signer = try Self.signer(Fixture.key(.hs256))
        let values: [TokenClaims.Value] = [
            .null, true, false, 0, -1, .integer(.max), .integer(.min), 0.1, 1e300, -2.5e-10, "",
            "\"\\/\u{0}\u{1f}\n\u{7f}é😀\u{2028}",
            [], [1, [2, "x"]], [:], ["b": 1, "a": ["": .null]],
        ]
        let issued = try signer.token(TokenClaims(subject: nil, others: ["values": .array(values)]))
        let payload = try Data(base64URL: issued.text.split(separator: ".")[1])
        let object = try #require(try JSONSerialization.jsonObject(with: payload) as? [String: Any])
        let expected: [Any] = [
            NSNull(), true, false, 0, -1, Int64.max, Int64.min, 0.1, 1e300, -2.5e-10, "",
            "\"\\/\u{0}\u{1f}\n\u{7f}é😀\u{2028}",
            [Any](), [1, [2, "x"] as [Any]] as [Any], [String: Any](), ["b": 1, "a": ["": NSNull()]] as [String: Any],
        ]
        #expect(object["values"] as? NSArray == expected as NSArray)
        #expect(Set(object.keys) == ["iss", "exp", "nbf", "iat", "jti", "values"])
    }

    @Test func whatCannotBeSaid() throws {
        let signer = try Self.signer(Fixture.key(.hs256))
        for name in ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "scope"] {
            #expect(throws: SigningError.invalidClaim(name)) { try signer.token(TokenClaims(others: [name: 1])) }
        }
        for value in [Double.nan, .infinity, -.infinity] {
            #expect(throws: SigningError.invalidClaim("x")) {
                try signer.token(TokenClaims(others: ["x": ["deep": [.number(value)]]]))
            }
        }
        for lifetime in [0, -1, .min, .max] as [Int64] {
            #expect(throws: SigningError.invalidLifetime) { try signer.token(Self.claims, lifetime: lifetime) }
        }
        #expect(throws: SigningError.invalidLifetime) { try Self.signer(Fixture.key(.hs256), lifetime: 0) }
        #expect(throws: Never.self) { try signer.token(Self.claims, lifetime: 1) }
    }

    /// A fault while signing looks like a signature by another key: it does not verify, and so nobody gets it.
    @Test(arguments: [Algorithm.rs256, .ps256, .es256, .edDSA, .hs256]) func badSignaturesStayInside(
        _ algorithm: Algorithm
    ) throws {
        let signer = try TokenSigner(
            SigningKey(generate: algorithm), verifiedBy: SigningKey(generate: algorithm).verificationKey,
            issuer: Fixture.issuer)
        #expect(throws: SigningError.signingFailed) { try signer.token(Self.claims) }
    }
}

@Suite struct SealingKeyTests {
    @Test(arguments: Algorithm.allCases) func sealedKeysComeBack(_ algorithm: Algorithm) throws {
        let key = Fixture.key(algorithm)
        let sealing = try SealingKey()
        let sealed = try sealing.seal(key)
        #expect(try sealing.seal(key) != sealed)
        let opened = try sealing.open(sealed)
        #expect(opened.privateJWK == key.privateJWK && opened.keyID == key.keyID && opened.algorithm == algorithm)
        // Nothing of the key in clear.
        #expect(!String(decoding: sealed, as: UTF8.self).contains("kty"))
        var bytes = sealing.withUnsafeBytes { Array($0) }
        let place = bytes.withUnsafeBytes { $0.baseAddress }
        let again = try SealingKey(erasing: &bytes)
        // What is erased is the array that was handed over, not a copy of it.
        #expect(bytes.withUnsafeBytes { $0.baseAddress } == place)
        #expect(bytes == [UInt8](repeating: 0, count: 32))
        #expect(try again.open(sealed).privateJWK == key.privateJWK)
        #expect(throws: KeyError.self) { try SealingKey().open(sealed) }
    }

    @Test func changedOnesDoNot() throws {
        let sealing = try SealingKey()
        let sealed = try sealing.seal(Fixture.key(.edDSA))
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1 << UInt8(index % 8)
            #expect(throws: KeyError.refused("not sealed with this key")) { try sealing.open(changed) }
        }
        for count in [0, 1, 23, 24, 39, 40, sealed.count - 1] {
            #expect(throws: KeyError.self) { try sealing.open(Array(sealed.prefix(count))) }
        }
        #expect(throws: KeyError.self) { try sealing.open(sealed + [0]) }
        for count in [0, 31, 33] {
            var bytes = [UInt8](repeating: 7, count: count)
            #expect(throws: KeyError.self) { try SealingKey(erasing: &bytes) }
            #expect(bytes.allSatisfy { $0 == 0 })
        }
    }
}

extension Data {
    fileprivate init(base64URL text: Substring) throws {
        let standard = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        let padded = standard + String(repeating: "=", count: (4 - standard.count % 4) % 4)
        self = try #require(Data(base64Encoded: padded))
    }
}
