import FastVerify
import Foundation
import Testing

/// Reading claims: views, owned tokens, Codable types.
@Suite struct ClaimViewTests {
    static let claims = """
        {"iss":"\(Fixture.issuer)","sub":"Zo\\u00eb \\ud83d\\ude00","aud":["\(Fixture.audience)","x"],"exp":1800000900.75,
         "scope":"read write","scp":["admin"],"roles":["a","b"],"n":-12,"big":12345678901234567890,"d":1.5e2,"yes":true,
         "no":false,"nothing":null,"list":[1,"two",[3],{"four":4}],"address":{"city":"Li\\u00e8ge","zip":[4000]},"":"empty"}
        """

    private func token() throws -> VerifiedToken {
        try Fixture.verifier().verify(Fixture.token(payload: Self.claims, .hs256))
    }

    @Test func registered() throws {
        let token = try token()
        #expect(token.issuer == Fixture.issuer)
        #expect(token.subject == "Zoë 😀")
        #expect(token.audience == [Fixture.audience, "x"])
        #expect(token.expiration == 1_800_000_900)
        #expect(token.scopes == ["read", "write", "admin"])
        #expect(token.roles == ["a", "b"])
        #expect(token.tokenID == nil)
        #expect(String(decoding: token.payload, as: UTF8.self) == Self.claims)
    }

    @Test func views() throws {
        let token = try token()
        let claims = token.claims
        #expect(claims.count == 16)
        #expect(claims["n"]?.integer == -12)
        #expect(claims["big"]?.integer == nil)
        #expect(claims["big"]?.double == 12345678901234567168)
        #expect(claims["d"]?.double == 150)
        #expect(claims["d"]?.integer == nil)
        #expect(claims["yes"]?.boolean == true)
        #expect(claims["no"]?.boolean == false)
        #expect(claims["nothing"]?.kind == .null)
        #expect(claims["sub"]?.equals("Zoë 😀") == true)
        #expect(claims["sub"]?.equals("Zo\\u00eb") == false)
        #expect(claims["address"]?["city"]?.string == "Liège")
        #expect(claims["address"]?["zip"]?.text == "[4000]")
        #expect(claims["list"]?["four"]?.kind == nil)
        #expect(claims[""]?.string == "empty")
        #expect(claims["absent"]?.kind == nil)
        #expect(claims["roles"]?.strings == ["a", "b"])
        var kinds: [ClaimValue.Kind] = []
        claims["list"]?.forEach {
            kinds.append($0.kind)
            return true
        }
        #expect(kinds == [.number, .string, .array, .object])
        var names: [String] = []
        claims.forEach { name, _ in names.append(name) }
        #expect(names.count == 16 && names.first == "iss" && names.last == "")
    }

    struct Claims: Decodable, Equatable {
        struct Address: Decodable, Equatable {
            let city: String
            let zip: [UInt16]
        }
        let sub: String
        let n: Int8
        let big: UInt64
        let d: Double
        let yes: Bool
        let nothing: String?
        let absent: Int?
        let address: Address
        let roles: Set<String>
    }

    @Test func typedClaims() throws {
        let expected = Claims(
            sub: "Zoë 😀", n: -12, big: 12_345_678_901_234_567_890, d: 150, yes: true, nothing: nil, absent: nil,
            address: .init(city: "Liège", zip: [4000]), roles: ["a", "b"])
        #expect(try token().decode(as: Claims.self) == expected)
        let foundation = try JSONDecoder().decode(Claims.self, from: Data(Self.claims.utf8))
        #expect(foundation == expected)
        var batch = VerificationBatch()
        Fixture.verifier().verify(batch: [Fixture.token(payload: Self.claims, .hs256)], into: &batch)
        #expect(try batch.claims(at: 0)?.decode(as: Claims.self) == expected)
    }

    @Test func typeErrors() throws {
        struct Wrong<T: Decodable & Sendable>: Decodable { let big: T }
        struct Absent: Decodable { let other: String }
        struct Text: Decodable { let n: String }
        struct Null: Decodable { let nothing: Int }
        let token = try token()
        #expect(throws: DecodingError.self) { try token.decode(as: Wrong<Int64>.self) }
        #expect(throws: DecodingError.self) { try token.decode(as: Wrong<String>.self) }
        #expect(throws: DecodingError.self) { try token.decode(as: Absent.self) }
        #expect(throws: DecodingError.self) { try token.decode(as: Text.self) }
        #expect(throws: DecodingError.self) { try token.decode(as: Null.self) }
        #expect(throws: DecodingError.self) { try token.decode(as: [Int].self) }
    }

    @Test func signatureOnly() throws {
        let verifier = Verifier(signaturesOnly: [.hs256], keys: KeySource(Fixture.keySet))
        let text = Fixture.token(header: Fixture.header(.hs256), payload: "any text, not JSON", .hs256)
        let token = try verifier.verify(text)
        #expect(String(decoding: token.payload, as: UTF8.self) == "any text, not JSON")
        #expect(token.claims.count == 0)
        #expect(token.subject == nil)
        #expect(throws: (any Error).self) { try token.decode(as: Claims.self) }
        #expect(Fixture.error(String(text.dropLast(8)) + "AAAAAAAA", verifier) == .badSignature)
    }
}
