// Texts made to hurt (security.md §4.3 rows 34 to 37).
import CScan
import Testing

@Suite struct HostileTests {
    @Test(arguments: Implementation.all) func depth(_ implementation: Implementation) {
        let scratch = Scratch()
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            for levels in 1...70 {
                let inner = open == "[" ? "" : "0"
                let text = String(repeating: open, count: levels) + inner + String(repeating: close, count: levels)
                let expected = levels <= Int(FVS_MAX_DEPTH) ? FVS_OK : FVS_DEPTH
                #expect(implementation.validate(text, scratch) == expected, "\(levels)")
            }
            #expect(implementation.validate(String(repeating: open, count: 100_000), scratch) == FVS_DEPTH)
        }
        // Kinds of brackets are told apart at every level, and nothing closes what is not open.
        let mixed = String(repeating: "[{\"a\":", count: 32) + "1" + String(repeating: "}]", count: 32)
        #expect(implementation.validate(mixed, scratch) == FVS_OK)
        let wrongs = [
            "[}", "{]", "]", "}", "[1}", "{\"a\":1]", "[[]", "{}}", "[1]]", "[{]}", "{\"a\":[}]", "", " ",
            "{\"a\":1 2}",
        ]
        for wrong in wrongs { #expect(implementation.validate(wrong, scratch) == FVS_SYNTAX, "\(wrong)") }
        let commas = [
            "[,]", "[1,]", "[,1]", "{,}", "{\"a\":1,}", "{\"a\"}", "{\"a\":}", "{\"a\"1}", "{1:1}", "[1:1]",
            "[\"a\":1]",
        ]
        for wrong in commas { #expect(implementation.validate(wrong, scratch) == FVS_SYNTAX, "\(wrong)") }
        for trailing in ["{}{}", "{} x", "1 1", "\"a\"\"b\"", "{},", "null\0", "/**/{}", "{}//", "\u{FEFF}{}"] {
            #expect(implementation.validate(trailing, scratch) == FVS_SYNTAX, "\(trailing)")
        }
    }

    @Test(arguments: Implementation.all) func millionMembers(_ implementation: Implementation) {
        var text: [UInt8] = [UInt8(ascii: "{")]
        for i in 0..<1_000_000 { text += "\(i == 0 ? "" : ",")\"n\(i)\":0".utf8 }
        text.append(UInt8(ascii: "}"))
        #expect(implementation.validate(text, Scratch(names: 100)) == FVS_MEMBERS)
        #expect(implementation.scan(text, Scratch(names: 100)).status == FVS_MEMBERS)
        let large = Scratch(names: 1_000_000)
        #expect(implementation.validate(text, large) == FVS_OK)
        #expect(implementation.validate(text, Scratch(names: 999_999)) == FVS_MEMBERS)
        #expect(implementation.scan(text, large, capacity: 100_000).status == FVS_MEMBERS)
        // The same name twice, a million names apart; and again, that the failed call left nothing behind.
        text[text.count - 1] = UInt8(ascii: ",")
        text += "\"n0\":1}".utf8
        #expect(implementation.validate(text, Scratch(names: 1_000_001)) == FVS_DUPLICATE)
    }

    @Test(arguments: Implementation.all) func roomForMembers(_ implementation: Implementation) {
        let text = Array("{\"alg\":1,\"b\":{\"c\":2,\"d\":3},\"e\":[{\"f\":4}]}".utf8)
        for names in 0...8 {
            #expect(implementation.validate(text, Scratch(names: UInt32(names))) == (names < 6 ? FVS_MEMBERS : FVS_OK))
        }
        for capacity in 0...4 {
            #expect(
                implementation.scan(text, Scratch(), capacity: capacity).status == (capacity < 3 ? FVS_MEMBERS : FVS_OK)
            )
        }
        #expect(implementation.validate("[1,2]", Scratch(names: 0)) == FVS_OK)
        let many = (0..<65_535).map { "\"\($0)\":0" }
        let room = Scratch(names: 70_000)
        let fits = implementation.scan(
            Array("{\(many.dropLast().joined(separator: ","))}".utf8), room, capacity: 70_000)
        #expect(fits.status == FVS_OK && fits.members.count == 65_534)
        let over = implementation.scan(Array("{\(many.joined(separator: ","))}".utf8), room, capacity: 70_000)
        #expect(over.status == FVS_MEMBERS)
    }

    @Test(arguments: Implementation.all) func tooLongForOffsets(_ implementation: Implementation) {
        // Nothing may be read: the pointer leads nowhere.
        let nowhere = UnsafePointer<UInt8>(bitPattern: 16)
        #expect(implementation.validate(nowhere, 1 << 32, Scratch()) == FVS_MEMBERS)
        #expect(implementation.scan(nowhere, 1 << 32, Scratch()).status == FVS_MEMBERS)
        #expect(implementation.validate(nil, 0, Scratch()) == FVS_SYNTAX)
    }

    @Test(arguments: Implementation.all) func longStrings(_ implementation: Implementation) {
        let scratch = Scratch()
        var text = [UInt8](repeating: UInt8(ascii: "a"), count: 10_000_000)
        text[0] = UInt8(ascii: "\"")
        text[text.count - 1] = UInt8(ascii: "\"")
        #expect(implementation.validate(text, scratch) == FVS_OK)
        text[text.count - 2] = 0x01
        #expect(implementation.validate(text, scratch) == FVS_SYNTAX)
        let name = String(repeating: "n", count: 1_000_000)
        #expect(implementation.scan("{\"\(name)\":1,\"\(name)x\":2}", scratch).status == FVS_OK)
        #expect(implementation.scan("{\"\(name)\":1,\"\(name)\":2}", scratch).status == FVS_DUPLICATE)
    }

    @Test(arguments: Implementation.all) func duplicates(_ implementation: Implementation) {
        let scratch = Scratch()
        let refused = [
            #"{"alg":1,"alg":1}"#, #"{"alg":1,"\u0061lg":2}"#, #"{"\u0061lg":1,"alg":2}"#,
            #"{"a\u006Cg":1,"\u0061lg":2}"#,
            #"{"q":{"x":1,"x":2}}"#, #"[{"a":{"b":[{"c":1,"c":2}]}}]"#, #"{"":1,"":2}"#, #"{"é":1,"\u00e9":2}"#,
            #"{"😀":1,"\ud83d\ude00":2}"#, #"{"a\u0000":1,"a\u0000":2}"#, #"{"a/b":1,"a\/b":2}"#,
            #"{"\"":1,"\u0022":2}"#,
            #"{"outer":{"in":1},"z":[{"y":1}],"outer":3}"#, #"{"a_name_of_sixteen":1,"a_name_of_sixtee\u006e":2}"#,
            #"{"thirty-two bytes of name, no less!":1,"thirty-two bytes of name, no less\u0021":2}"#,
        ]
        for text in refused {
            #expect(implementation.validate(text, scratch) == FVS_DUPLICATE, "\(text)")
            if text.hasPrefix("{") { #expect(implementation.scan(text, scratch).status == FVS_DUPLICATE, "\(text)") }
        }
        let accepted = [
            #"[{"a":1},{"a":2},{"a":{"a":{"a":3}}}]"#, #"{"alg":{"alg":{"alg":1}},"x":{"alg":2}}"#,
            #"{"Alg":1,"alg":2,"ALG":3}"#,
            #"{"a":1,"a\u0000":2,"a\u0000\u0000":3}"#, #"{"alg\u0000":1,"alg":2}"#, #"{"a":1," a":2,"a ":3}"#,
            #"{"\u00e9":1,"e\u0301":2}"#, #"{"aaaaaaaaaaaaaaaa":1,"aaaaaaaaaaaaaaaaa":2,"aaaaaaaaaaaaaaa":3}"#,
            #"{"\\u0061":1,"a":2}"#,
        ]
        for text in accepted { #expect(implementation.validate(text, scratch) == FVS_OK, "\(text)") }
        // Names of each length, every one a prefix of the next, plain and with its first letter escaped.
        let names = (0...80).map { String(repeating: "p", count: $0) }
        #expect(implementation.validate("{\(names.map { "\"\($0)\":0" }.joined(separator: ","))}", scratch) == FVS_OK)
        for name in names where !name.isEmpty {
            #expect(
                implementation.validate("{\"\(name)\":0,\"\\u0070\(name.dropFirst())\":1}", scratch) == FVS_DUPLICATE)
        }
    }

    /// Every name of names.def, plain and escaped; neighbours are not mistaken for it.
    @Test(arguments: Implementation.all) func recognisedNames(_ implementation: Implementation) {
        let scratch = Scratch()
        for raw in 1..<FVS_NAME_COUNT.rawValue {
            let name = fvs_name(rawValue: raw)
            let spelling = String(cString: fvs_name_spelling(name))
            let first = spelling.unicodeScalars.first!.value
            let escaped = "\\u00" + String(first, radix: 16) + spelling.dropFirst()
            for text in [
                "{\"\(spelling)\":true}", "{\"zz\":1,\"\(escaped)\":true}",
                "{\"zz\":1,\"\(spelling)\":true    \n                }",
            ] {
                let scan = implementation.scan(text, scratch)
                #expect(
                    scan.status == FVS_OK && scan.member(name)?.kind == FVS_TRUE && scan.member(name)?.known == name,
                    "\(text)")
                #expect(scan.index[0] == 0 && scan.index.filter { $0 != 0 }.count == 1)
            }
            for other in [
                spelling + "\\u0000", spelling.uppercased(), spelling + " ", "_" + spelling, spelling + spelling,
            ] {
                let scan = implementation.scan("{\"\(other)\":0}", scratch)
                #expect(scan.status == FVS_OK && scan.members[0].known == FVS_NAME_OTHER, "\(other)")
            }
            // With zero padding these have the words of the name; only the count tells them apart.
            for zeros in 1...(16 - spelling.count) {
                let text = "{\"\(spelling)\(String(repeating: "\\u0000", count: zeros))\":0}"
                #expect(implementation.scan(text, scratch).members.first?.known == FVS_NAME_OTHER, "\(text)")
            }
            #expect(implementation.scan("{\"x\(raw)\":{\"\(spelling)\":0}}", scratch).member(name) == nil)
        }
    }

    /// 320,000 pieces of each shape. Linear work is done in a fraction of a second; 320,000² / 2 steps would hang for a
    /// minute a shape, which the limit turns into a failure.
    @Test(.timeLimit(.minutes(1)), arguments: Implementation.all) func linearTime(_ implementation: Implementation) {
        let shapes: [(String, (Int) -> String)] = [
            ("siblings", { "[\(Array(repeating: "{\"a\":1}", count: $0).joined(separator: ","))]" }),
            ("names", { n in "{\((0..<n).map { "\"k\($0)\":0" }.joined(separator: ","))}" }),
            ("escaped", { n in "[\((0..<n).map { "\"\\u0061\($0)\"" }.joined(separator: ","))]" }),
            ("backslashes", { "\"\(String(repeating: "\\\\", count: $0 * 4))\"" }),
            ("spaces", { String(repeating: " ", count: $0 * 8) + "1" }),
            ("digits", { String(repeating: "1", count: $0 * 8) }),
        ]
        let scratch = Scratch(names: 400_000)
        for (shape, make) in shapes {
            #expect(implementation.validate(Array(make(320_000).utf8), scratch) == FVS_OK, "\(shape)")
        }
    }
}
