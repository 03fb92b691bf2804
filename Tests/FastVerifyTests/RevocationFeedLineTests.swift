// Lines of a feed: what each says, and that nothing else is understood; lists that are missing, and lists in use.
import Testing

@testable import FastVerify

@Suite struct RevocationFeedLineTests {
    private func line(_ text: String, _ set: RevocationSet = RevocationSet(capacity: 100, staleness: .failOpen))
        -> RevocationFeedLine
    {
        var reader = RevocationFeedReader()
        return Array(text.utf8).withUnsafeBytes { reader.apply($0, to: set) }
    }

    @Test func kinds() {
        #expect(line(#"{"fastverify_revocations":1}"#) == RevocationFeedLine(.snapshot))
        #expect(
            line(#"{"fastverify_revocations":1,"log":"a-Z.0_~","seq":0,"fresh_at":-5,"more":{}}"#)
                == RevocationFeedLine(.snapshot, sequence: 0, log: "a-Z.0_~", freshAt: -5))
        #expect(line(#"{"rules":12}"#) == RevocationFeedLine(.end(rules: 12)))
        #expect(line(#"{"seq":7}"#) == RevocationFeedLine(.heartbeat, sequence: 7))
        #expect(line(#"{"fresh_at":7}"#) == RevocationFeedLine(.heartbeat, freshAt: 7))
        let set = RevocationSet(capacity: 100, staleness: .failOpen)
        #expect(line(#"{"seq":9,"iss":"i","jti":"j","exp":9999999999}"#, set) == RevocationFeedLine(.rule, sequence: 9))
        #expect(set.statistics.count == 2 && set.epoch == 1)
        let known = String(decoding: set.snapshot(), as: UTF8.self)
        #expect(known.contains(#"{"iss":"i","jti":"j","exp":9999999999}"#))
    }

    @Test(arguments: [
        "", " ", "{", "[]", "null", "{}", #"{"log":"a"}"#, #"{"seq":1e3}"#, #"{"seq":-1}"#,
        #"{"seq":9223372036854775808}"#,
        #"{"seq":null}"#, #"{"rules":"1"}"#, #"{"fresh_at":"1"}"#, #"{"seq":1,"seq":1}"#, #"{"seq":1}{"seq":2}"#,
        #"{"seq":1,"log":"é"}"#, #"{"seq":1,"log":"a b"}"#, #"{"seq":1,"log":""}"#, #"{"fastverify_revocations":"1"}"#,
    ])
    func malformed(_ text: String) {
        #expect(line(text).content == .refused(.malformedEvent))
    }

    @Test func refusedRules() {
        #expect(
            line(#"{"fastverify_revocations":2,"seq":3}"#)
                == RevocationFeedLine(.refused(.unknownSnapshot), sequence: 3))
        #expect(line(#"{"seq":4,"iss":"i","sub":"s"}"#) == RevocationFeedLine(.refused(.malformedEvent), sequence: 4))
        let long = String(repeating: "x", count: 2049)
        #expect(
            line(#"{"seq":5,"iss":"i","sub":"\#(long)","not_before":1}"#)
                == RevocationFeedLine(.refused(.identifierTooLong), sequence: 5))
        let full = RevocationSet(capacity: 1, staleness: .failOpen)
        #expect(
            line(#"{"seq":6,"iss":"i","sub":"s","not_before":1}"#, full)
                == RevocationFeedLine(.refused(.full), sequence: 6))
        let huge = #"{"seq":7,"x":""# + String(repeating: "x", count: RevocationFeedReader.longestLine) + "\"}"
        #expect(line(huge).content == .refused(.malformedEvent))
    }

    /// Lines with bytes changed, dropped and doubled at random say something or are refused; nothing traps.
    @Test func randomBytes() {
        let lines = [
            #"{"fastverify_revocations":1,"log":"a7","seq":41,"fresh_at":1800000000}"#, #"{"rules":1}"#,
            #"{"seq":42,"iss":"https://id.example","sub":"al\u0069ce","not_before":1800000000,"exp":1800000001}"#,
        ]
        let set = RevocationSet(capacity: 100, staleness: .failOpen)
        var reader = RevocationFeedReader()
        for round in 0..<600 {
            var bytes = Array(lines[round % lines.count].utf8)
            for _ in 0..<Int.random(in: 1...4) {
                let place = Int.random(in: 0..<bytes.count)
                switch Int.random(in: 0..<3) {
                case 0: bytes[place] = UInt8.random(in: 0...255)
                case 1: bytes.insert(bytes[place], at: place)
                default: if bytes.count > 1 { bytes.remove(at: place) }
                }
            }
            bytes.withUnsafeBytes { _ = reader.apply($0, to: set) }
        }
        // A reader that has seen all that reads on.
        let end = Array(lines[1].utf8).withUnsafeBytes { reader.apply($0, to: set) }
        #expect(end == RevocationFeedLine(.end(rules: 1)))
    }
}
