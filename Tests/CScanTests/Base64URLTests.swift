import CScan
import Foundation
import Testing

private let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

private func encode(_ bytes: [UInt8]) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: fvs_base64url_encoded_size(bytes.count))
    fvs_base64url_encode(bytes, bytes.count, &out)
    return out
}

@Suite struct Base64URLTests {
    @Test(arguments: Implementation.all) func roundTripOfEveryLength(_ implementation: Implementation) {
        var random = Random("round trip")
        for length in 0...300 {
            let bytes = (0..<length).map { _ in UInt8(random.below(256)) }
            let text = encode(bytes)
            var standard = Data(bytes).base64EncodedString()
            standard = standard.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            #expect(text == Array(standard.replacingOccurrences(of: "=", with: "").utf8))
            #expect(implementation.decode(text) == bytes, "\(length)")
        }
    }

    /// Every byte at every place: refused outside the alphabet, wherever the place falls in a register or a tail.
    @Test(arguments: Implementation.all) func everyByteAtEveryPlace(_ implementation: Implementation) {
        var value = [UInt8?](repeating: nil, count: 256)
        for (six, character) in alphabet.enumerated() { value[Int(character)] = UInt8(six) }
        for length in (1...200) where length % 4 != 1 {
            var text = [UInt8](repeating: UInt8(ascii: "A"), count: length)
            for place in length > 70 && length < 130 ? length - 70..<length : 0..<length {
                for byte in UInt8.min...UInt8.max {
                    text[place] = byte
                    let unused = place == length - 1 ? [0, 0, 0x0F, 0x03][length % 4] : 0 as UInt8
                    var expected: [UInt8]?
                    if let six = value[Int(byte)], six & unused == 0 {
                        var bits = [UInt8](repeating: 0, count: fvs_base64url_decoded_size(length) + 1)
                        let at = place / 4 * 3 + [0, 0, 1, 2][place % 4]
                        let wide = UInt16(six) << [10, 4, 6, 8][place % 4] as UInt16
                        bits[at] = UInt8(wide >> 8)
                        bits[min(at + 1, bits.count - 1)] |= UInt8(wide & 0xFF)
                        expected = Array(bits.dropLast())
                    }
                    if implementation.decode(text) != expected {
                        Issue.record("length \(length) place \(place) byte \(byte)")
                    }
                }
                text[place] = UInt8(ascii: "A")
            }
        }
    }

    @Test(arguments: Implementation.all) func impossibleLengths(_ implementation: Implementation) {
        for length in stride(from: 1, through: 401, by: 4) {
            let text = [UInt8](repeating: UInt8(ascii: "A"), count: length)
            var out = [UInt8](repeating: 0, count: 400)
            #expect(!implementation.row.base64url_decode(text, length, &out))
        }
        #expect(fvs_base64url_decoded_size(5) == -1 || fvs_base64url_decoded_size(5) == Int.max)
    }

    @Test(.enabled(if: Vectors.present("base64")), arguments: Implementation.all)
    func trailingBits(_ implementation: Implementation) throws {
        let file = try #require(try Vectors.json("base64/generated_trailing_bits.json") as? [String: Any])
        var rows = 0
        for key in file.keys where key != "note" {
            for row in try #require(file[key] as? [[Any]]) {
                let text = Array(try #require(row[0] as? String).utf8)
                let canonical = try #require(row[1] as? Bool)
                // The same tail behind whole registers, so that each implementation's tail meets it.
                for head in [0, 4, 28, 32, 60, 64, 96, 128] {
                    let zeros = [UInt8](repeating: UInt8(ascii: "A"), count: head)
                    let decoded = implementation.decode(zeros + text)
                    #expect((decoded != nil) == canonical)
                    guard canonical, let decoded else { continue }
                    let hex = decoded.dropFirst(head / 4 * 3).map { String(format: "%02x", $0) }.joined()
                    #expect(hex == row[2] as? String)
                }
                rows += 1
            }
        }
        #expect(rows > 64)
    }

    @Test(.enabled(if: Vectors.present("base64")), arguments: Implementation.all)
    func standardAlphabetSuites(_ implementation: Implementation) throws {
        let test262 = try #require(try Vectors.json("base64/test262_frombase64.json") as? [String: Any])
        for row in try #require(test262["last_chunk"] as? [[String: Any]]) {
            let text = try #require(row["in"] as? String)
            // Unpadded and canonical is the one form a JWS may have; test262 demands the padding we refuse.
            #expect((implementation.decode(Array(text.utf8)) != nil) == (text == "ZXhhZg"), "\(text)")
        }
        for text in try #require(test262["illegal"] as? [String]) {
            #expect(implementation.decode(Array(text.utf8)) == nil, "\(text)")
        }
        let wpt = try #require(try Vectors.json("base64/wpt_base64.json") as? [[Any]])
        for row in wpt {
            let text = Array(try #require(row[0] as? String).utf8)
            let ours = text.allSatisfy(alphabet.contains) && text.count % 4 != 1
            let decoded = implementation.decode(text)
            guard ours, let bytes = row[1] as? [Int] else {
                #expect(decoded == nil, "\(text)")
                continue
            }
            // A forgiving decoder drops unused bits; where they were not zero the encoding differs and we refuse.
            let canonical = encode(bytes.map(UInt8.init)) == text
            #expect(decoded == (canonical ? bytes.map(UInt8.init) : nil), "\(text)")
        }
    }
}
