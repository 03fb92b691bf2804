import FastVerify
import Foundation
import Testing

/// Attack catalogue, rows 16–18, 25 and 31–37: shape, base64url, JSON text and signature lengths.
@Suite struct EncodingTests {
    @Test func row31_dots() {
        let valid = Fixture.token()
        let parts = valid.split(separator: ".")
        for token in [
            "", ".", "..", "...", "....", valid + ".", "." + valid, valid.replacingOccurrences(of: ".", with: ""),
            "\(parts[0]).\(parts[1])", valid + ".AA", String(repeating: ".", count: 60_000), "..\(parts[2])",
        ] { #expect(Fixture.error(token) == .notCompact) }
        #expect(Fixture.error(String(repeating: ".", count: 1_000_000)) == .tokenTooLarge)
        #expect(Fixture.error(String(repeating: "A", count: 100_000_000)) == .tokenTooLarge)
        #expect(Fixture.error("\(parts[0]).\(parts[1]).") == .signatureLength)
    }

    @Test func tokenAtTheLimit() {
        func token(_ padding: Int) -> String {
            Fixture.token(payload: Fixture.claims("p", "\"\(String(repeating: "x", count: padding))\""), .hs256)
        }
        let long = token(48_700)
        #expect(long.utf8.count <= 64 << 10 && Fixture.error(long) == nil)
        let limits = Verifier.Limits(tokenBytes: long.utf8.count - 1)
        let strict = Verifier(
            Fixture.policy(), keys: KeySource(Fixture.keySet), limits: limits, clock: .fixed(Fixture.now))
        #expect(Fixture.error(long, strict) == .tokenTooLarge)
        let exact = Verifier(
            Fixture.policy(), keys: KeySource(Fixture.keySet), limits: Verifier.Limits(tokenBytes: long.utf8.count),
            clock: .fixed(Fixture.now))
        #expect(Fixture.error(long, exact) == nil)
    }

    @Test func row32_base64() {
        let parts = Fixture.token().split(separator: ".").map(String.init)
        for segment in 0..<3 {
            let rest = String(parts[segment].dropFirst())
            let foreign = ["+", "/", "=", " ", "\n", "\r", "\t", "\0", "\\", "!", "@", "\u{B}", "ä", "=="]
            for text in foreign.map({ $0 + rest }) + foreign.map({ parts[segment] + $0 }) {
                var mutated = parts
                mutated[segment] = text
                let error = Fixture.error(mutated.joined(separator: "."))
                #expect(error == .invalidEncoding || (segment == 2 && error == .signatureLength), "segment \(segment)")
            }
        }
    }

    /// Row 32: of the spellings that differ in unused bits only, exactly one is canonical.
    @Test func row32_trailingBits() {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        // 64 signature bytes leave 4 unused bits in the last character.
        let token = Fixture.token()
        let accepted = alphabet.filter { Fixture.error(String(token.dropLast()) + String($0)) == nil }
        #expect(accepted == [token.last!])
        let index = alphabet.firstIndex(of: token.last!)!
        #expect(index % 16 == 0)
        for bits in 1..<16 {
            #expect(Fixture.error(String(token.dropLast()) + String(alphabet[index + bits])) == .invalidEncoding)
        }
    }

    @Test func row33_surroundings() {
        let token = Fixture.token()
        for text in ["Bearer " + token, token + "\n", " " + token, token + " ", "\u{FEFF}" + token, token + "garbage"] {
            #expect(Fixture.error(text) != nil)
        }
    }

    @Test func row34And35_duplicatesAndSpellings() {
        for header in [
            #"{"alg":"ES256","alg":"ES256","kid":"key-ES256"}"#,
            #"{"alg":"ES256","\u0061lg":"none","kid":"key-ES256"}"#,
            #"{"alg":"ES256","kid":"key-ES256","x":{"a":1,"a":2}}"#,
        ] { #expect(Fixture.error(Fixture.token(header: header)) == .duplicateMember) }
        for (name, value) in [("exp", "1"), ("sub", "\"x\""), ("iss", "\"x\""), ("aud", "\"x\"")] {
            let end = Fixture.claims.dropLast()
            #expect(Fixture.error(claims: end + ",\"\(name)\":\(value)}") == .duplicateMember)
            let escaped = "\\u00" + String(name.utf8.first!, radix: 16) + name.dropFirst()
            #expect(Fixture.error(claims: end + ",\"\(escaped)\":\(value)}") == .duplicateMember)
        }
        #expect(Fixture.error(claims: Fixture.claims.dropLast() + #","a":{"b":[{"c":1,"c":1}]}}"#) == .duplicateMember)
        // Names are compared exactly: other cases are other names, and so absent ones.
        for header in [
            #"{"Alg":"ES256"}"#, #"{"ALG":"ES256"}"#, #"{"alg\u0000":"ES256"}"#, #"{"__proto__":{"alg":"ES256"}}"#,
        ] {
            #expect(Fixture.error(Fixture.token(header: header)) == .unsupportedAlgorithm)
        }
        let cased = Fixture.claims.replacingOccurrences(of: "\"exp\"", with: "\"Exp\"")
        #expect(Fixture.error(claims: cased) == .missingClaim)
        let escaped = Fixture.claims.replacingOccurrences(of: "\"exp\"", with: "\"e\\u0078p\"")
        #expect(Fixture.error(claims: escaped) == nil)
    }

    @Test func row36_complexity() {
        func nested(_ depth: Int) -> String {
            Fixture.claims("n", String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
        }
        #expect(Fixture.error(claims: nested(63)) == nil)
        #expect(Fixture.error(claims: nested(64)) == .tooComplex)
        #expect(Fixture.error(claims: String(repeating: "[", count: 40_000)) == .tooComplex)
        #expect(Fixture.error(claims: String(repeating: "{\"a\":", count: 9_000)) == .tooComplex)
        let many = (0..<2_000).map { "\"m\($0)\":0" }.joined(separator: ",")
        #expect(Fixture.error(claims: Fixture.claims.dropLast() + "," + many + "}") == .tooComplex)
        let audience = Array(repeating: "\"a\"", count: 10_000).joined(separator: ",")
        #expect(Fixture.error(claims: Fixture.claims("aud", "[\(audience),\"orders\"]")) == nil)
    }

    @Test func row37_notJSON() {
        for payload in [
            "", " ", "null", "1", "\"x\"", "[]", "{", "{}}", "{} {}", "\u{FEFF}{}", "{\"a\":1,}", "{a:1}", "{'a':1}",
            "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":+1}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":0x1}",
            "{\"a\":1}//", "{\"a\":\"\u{1}\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\x\"}", "{\"a\":tru}", "{\"a\" 1}",
        ] { #expect(Fixture.error(claims: payload) == .malformedPayload, "\(payload)") }
        for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xC3]] {
            let payload = Array(#"{"a":""#.utf8) + bytes + Array("\"}".utf8)
            let token = Fixture.token(
                headerBytes: Array(Fixture.header(.hs256).utf8), payload: payload, Fixture.key(.hs256))
            #expect(Fixture.error(token) == .malformedPayload)
        }
        #expect(Fixture.error(Fixture.token(header: "[]")) == .malformedHeader)
        #expect(Fixture.error(Fixture.token(header: "{\"alg\":\"ES256\"")) == .malformedHeader)
    }

    /// Rows 16 and 17: the signature's numbers and length.
    @Test func signatures() {
        let input = Fixture.token().split(separator: ".").dropLast().joined(separator: ".")
        let zero = [UInt8](repeating: 0, count: 32)
        let one = zero.dropLast() + [1]
        let n: [UInt8] = [
            0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA, 0xAD,
            0xA7,
            0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
        ]
        let max = [UInt8](repeating: 0xFF, count: 32)
        let numbers = [zero, Array(one), n, n.dropLast() + [0x50], n.dropLast() + [0x52], max]
        for r in numbers {
            for s in numbers { #expect(Fixture.error(input + "." + Fixture.encode(r + s)) == .badSignature) }
        }
        for count in [0, 1, 32, 63, 65, 70, 72, 96, 128, 20_000] {
            let signature = Fixture.encode([UInt8](repeating: 1, count: count))
            #expect(Fixture.error(input + "." + signature) == .signatureLength)
        }
        #expect(Fixture.error(input + ".MAYCAQACAQA") == .signatureLength)
    }

    /// Row 25.
    @Test(arguments: [Algorithm.hs256, .hs384, .hs512])
    func macLengths(_ algorithm: Algorithm) {
        let parts = Fixture.token(algorithm).split(separator: ".").map(String.init)
        let tag = [UInt8](Fixture.key(algorithm).sign(Array((parts[0] + "." + parts[1]).utf8))!)
        for count in 0..<tag.count {
            let truncated = parts[0] + "." + parts[1] + "." + Fixture.encode(Array(tag.prefix(count)))
            #expect(Fixture.error(truncated) == .signatureLength)
        }
        #expect(Fixture.error(parts[0] + "." + parts[1] + "." + Fixture.encode(tag + [0])) == .signatureLength)
        for position in tag.indices {
            var flipped = tag
            flipped[position] ^= 1
            #expect(Fixture.error(parts[0] + "." + parts[1] + "." + Fixture.encode(flipped)) == .badSignature)
        }
    }

    /// Every character of a token matters, whatever the algorithm.
    @Test(arguments: Algorithm.allCases)
    func oneCharacterChanged(_ algorithm: Algorithm) {
        let token = Array(Fixture.token(algorithm).utf8)
        let step = token.count > 600 ? 7 : 1
        let mutants = stride(from: 0, to: token.count, by: step).map { position in
            var mutant = token
            mutant[position] = mutant[position] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            return mutant
        }
        var batch = VerificationBatch()
        Fixture.verifier().verify(batch: [token] + mutants, into: &batch)
        #expect(batch.error(at: 0) == nil)
        #expect(batch.validCount == 1)
    }
}
