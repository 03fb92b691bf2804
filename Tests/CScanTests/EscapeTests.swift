// Backslashes and quotes at every place relative to the 64-byte blocks, and what escapes may say.
import CScan
import Testing

@Suite struct EscapeTests {
    /// A run of n backslashes escapes the quote after it exactly when n is odd.
    @Test(arguments: Implementation.all) func backslashRuns(_ implementation: Implementation) {
        let scratch = Scratch()
        for offset in 0..<130 {
            for run in 0...140 {
                let head = Array("[\"".utf8) + [UInt8](repeating: UInt8(ascii: "a"), count: offset)
                let text = head + [UInt8](repeating: UInt8(ascii: "\\"), count: run) + Array("\"]".utf8)
                let expected = run % 2 == 0 ? FVS_OK : FVS_SYNTAX
                let status = implementation.validate(text, scratch)
                if status != expected { Issue.record("offset \(offset) run \(run): \(status.testDescription)") }
                let closed = text.dropLast() + Array("\"]".utf8)
                let second = implementation.validate(Array(closed), scratch)
                if (second == FVS_OK) != (run % 2 == 1) { Issue.record("offset \(offset) run \(run) closed") }
            }
        }
    }

    @Test(arguments: Implementation.all) func quotesAtEveryOffset(_ implementation: Implementation) {
        let scratch = Scratch()
        for offset in 0..<200 {
            let padding = String(repeating: " ", count: offset)
            let letters = String(repeating: "x", count: offset)
            let scan = implementation.scan(
                "{\(padding)\"alg\":\"\(letters)\",\"\(letters)!\":[1,\"\(letters)\"]}", scratch)
            #expect(scan.status == FVS_OK && scan.members.count == 2)
            #expect(scan.member(FVS_NAME_ALG)?.value == offset + 8..<offset * 2 + 8)
            #expect(scan.members[1].name.count == offset + 1)
            #expect(scan.members[1].value.count == offset + 6)
        }
    }

    @Test(arguments: Implementation.all) func scalarsAtEveryOffset(_ implementation: Implementation) {
        let scratch = Scratch()
        for offset in 0..<140 {
            let padding = String(repeating: " ", count: offset)
            for scalar in ["true", "false", "null", "-0", "1234567890", "-1.5e+10", "123456781234567812345678"] {
                #expect(implementation.validate(padding + scalar, scratch) == FVS_OK)
                #expect(implementation.validate("[\(padding)\(scalar)]", scratch) == FVS_OK)
                #expect(implementation.validate(padding + scalar + "x", scratch) == FVS_SYNTAX)
                #expect(implementation.validate("[\(padding)\(scalar)\"\"]", scratch) == FVS_SYNTAX)
                #expect(implementation.validate("[\(padding)\(scalar) 1]", scratch) == FVS_SYNTAX)
            }
            for wrong in [
                "tru", "nul", "+1", "01", "1.", ".5", "1e", "1e+", "-", "0x1", "NaN", "Infinity", "-a", "1\u{0C}",
            ] {
                #expect(implementation.validate(padding + wrong, scratch) == FVS_SYNTAX, "\(wrong)")
            }
        }
    }

    /// A control character is refused inside a string at every place, and U+007F is not one.
    @Test(arguments: Implementation.all) func controlCharacters(_ implementation: Implementation) {
        let scratch = Scratch()
        var text = Array("\"\(String(repeating: "a", count: 150))\"".utf8)
        for place in 1...150 {
            for byte in [0, 1, 9, 10, 13, 0x1F, 0x7F] as [UInt8] {
                text[place] = byte
                #expect(implementation.validate(text, scratch) == (byte < 0x20 ? FVS_SYNTAX : FVS_OK))
            }
            text[place] = UInt8(ascii: "a")
        }
    }

    @Test(arguments: Implementation.all) func escapeVerdicts(_ implementation: Implementation) {
        let scratch = Scratch()
        let verdicts: [(String, fvs_status)] = [
            (#"\"\\\/\b\f\n\r\t\u0000\uffff\uABCD"#, FVS_OK), (#"\ud83d\ude00"#, FVS_OK),
            (#"\x"#, FVS_SYNTAX), (#"\a"#, FVS_SYNTAX), (#"\U0041"#, FVS_SYNTAX), (#"\u004"#, FVS_SYNTAX),
            (#"\u00g0"#, FVS_SYNTAX), (#"\u"#, FVS_SYNTAX), (#"\ud83d\u12"#, FVS_SYNTAX), (#"\ "#, FVS_SYNTAX),
            (#"\ud83d"#, FVS_ENCODING), (#"\ude00"#, FVS_ENCODING), (#"\ud83d\ud83d"#, FVS_ENCODING),
            (#"\ude00\ud83d"#, FVS_ENCODING), (#"\ud83dx"#, FVS_ENCODING), (#"\ud83d\n"#, FVS_ENCODING),
        ]
        for (contents, expected) in verdicts {
            for offset in [0, 40, 55, 60, 61, 62, 63, 64, 120, 700] {
                let text = "{\"\(String(repeating: "n", count: offset))\":\"\(contents)\"}"
                #expect(implementation.validate(text, scratch) == expected, "\(contents) at \(offset)")
                #expect(implementation.scan("{\"\(contents)\":1}", scratch).status == expected, "\(contents) as a name")
            }
        }
    }

    /// RFC 3629 §4 at every offset around a block boundary, wherever the sequence is cut.
    @Test(arguments: Implementation.all) func utf8(_ implementation: Implementation) {
        let scratch = Scratch()
        let good: [[UInt8]] = [
            [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBF],
            [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF],
        ]
        let bad: [[UInt8]] = [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x9F, 0xBF], [0xE1, 0x80],
            [0xE1, 0x80, 0x41], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x90, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xFE], [0xF8, 0x88, 0x80, 0x80, 0x80],
        ]
        for offset in 50..<70 {
            let head = [UInt8](repeating: UInt8(ascii: "a"), count: offset)
            for (sequences, expected) in [(good, FVS_OK), (bad, FVS_ENCODING)] {
                for sequence in sequences {
                    let quote = [UInt8(ascii: "\"")]
                    #expect(implementation.validate(quote + head + sequence + quote, scratch) == expected)
                }
            }
        }
    }
}
