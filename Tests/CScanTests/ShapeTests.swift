// Texts like one seen before take a shorter way through the scanner. It must lead to the same place: everything here
// compares a scratch that knows the shape with one that has seen nothing.
import CScan
import Testing

@Suite struct ShapeTests {
    /// A payload with every form of value, as `values` fills it in.
    private static func payload(_ values: [String], separator: String = "") -> [UInt8] {
        let names = ["iss", "aud", "exp", "active", "roles", "realm_access", "x", "email", "limits"]
        let members = zip(names, values).map { "\"\($0)\":\(separator)\($1)" }
        return Array("{\(members.joined(separator: "," + separator))}".utf8)
    }

    private static let plain = [
        "\"https://id.example\"", "\"orders\"", "1767225600", "true", "[\"user\",\"admin\"]",
        "{\"roles\":[\"a\"],\"n\":[1,{\"k\":\"v\"}]}", "[]", "\"a@b.example\"", "[1,2.5e3,\"z\"]",
    ]

    /// Texts and their scans, by a scratch that has learned `known` and by a fresh one.
    private func compare(_ text: [UInt8], known: [[UInt8]], sourceLocation: SourceLocation = #_sourceLocation) {
        for implementation in Implementation.all {
            let taught = Scratch(names: 64)
            for example in known {
                // Twice: it is the second time that the shape is used.
                #expect(implementation.scan(example, taught) == implementation.scan(example, taught))
            }
            let expected = implementation.scan(text, Scratch(names: 64))
            #expect(
                implementation.scan(text, taught) == expected,
                "\(implementation.testDescription) \(String(decoding: text, as: UTF8.self))",
                sourceLocation: sourceLocation)
            // What a text did to the scratch must not show in the next.
            for example in known {
                #expect(
                    implementation.scan(example, taught) == implementation.scan(example, Scratch(names: 64)),
                    sourceLocation: sourceLocation)
            }
        }
    }

    @Test(arguments: 0..<9) func otherValues(_ position: Int) {
        let replacements = [
            "\"\"", "\"x\"", "\"\(String(repeating: "long ", count: 60))\"", "\"é日本😀\"", "\"back\\\\slash\"",
            "\"\\u0041\"", "\"tab\t\"", "\"nul\0\"", "\"del\u{7F}\"", "\"[,]\"", "\"open", "close\"", "\"a\"\"b\"", "",
            "0", "-1", "01", "1.", ".5", "1e5", "1e", "-", "+1", "1.25E-3", "12345678901234567890123", "1 ", " 1",
            "tru",
            "true", "false", "null", "nulls", "[]", "[ ]", "[\"a\"]", "[\"a\",]", "[,\"a\"]", "[\"a\" ,\"b\"]",
            "[\"a\",\"b\",\"c\"]", "[\"a\"\"b\"]", "[\"a\",1]", "[\"a\"", "\"a\"]", "[\"a\",\"b", "[[\"a\"]]", "{}",
            "{\"roles\":[\"b\",\"c\"],\"n\":[7,{\"k\":\"w\"}]}", "{\"roles\":[],\"n\":[7,{\"k\":\"\"}]}",
            "{\"roles\":[\"b\"],\"n\":[7,{\"K\":\"w\"}]}", "{\"roles\":[\"b\"],\"roles\":[7]}", "[1,2,\"z\"]",
            "[1,2,\"y\"],\"iss\":\"twice\"", "[1,2,\"y\"]}", "[1,2,\"y\"],\"y\":0", "1,\"iss\":1", "1}{",
        ]
        for replacement in replacements {
            var values = Self.plain
            values[position] = replacement
            compare(Self.payload(values), known: [Self.payload(Self.plain)])
        }
    }

    @Test func otherBytes() {
        let text = Self.payload(Self.plain)
        let wrong = Array("\"\\{}[]:, 0e-t\u{0}\u{1F}\u{7F}".utf8) + [0x80, 0xC3, 0xE2, 0xFF]
        for place in text.indices {
            for byte in wrong {
                var changed = text
                changed[place] = byte
                compare(changed, known: [text])
            }
            compare(Array(text.prefix(place)), known: [text])
            compare(Array(text.prefix(place)) + Array(text.suffix(from: place + 1)), known: [text])
            compare(Array(text.prefix(place)) + [text[place]] + Array(text.suffix(from: place)), known: [text])
        }
        compare(text + [0x20], known: [text])
        compare(text + Array("x".utf8), known: [text])
    }

    /// Several shapes in turn, also with white space, of random structure; and what random changes make of them.
    @Test func randomShapes() {
        var random = Random("shapes")
        var writer = JSONWriter(Random("shape texts"))
        let scratches = Implementation.all.map { _ in Scratch() }
        for _ in 0..<1_500 {
            let texts = (0..<2).map { _ in writer.object() }
            for _ in 0..<12 {
                var text = random.pick(texts)
                // Letters and digits change, so the structure mostly stays; sometimes anything does.
                for place in text.indices where random.chance(10) {
                    switch text[place] {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"): text[place] = UInt8(97 + random.below(26))
                    case UInt8(ascii: "1")...UInt8(ascii: "9"): text[place] = UInt8(49 + random.below(9))
                    default: if random.chance(2) { text[place] = UInt8(random.below(256)) }
                    }
                }
                if random.chance(20) { text.insert(UInt8(97 + random.below(26)), at: random.below(text.count)) }
                let expected = Implementation.all[0].scan(text, Scratch())
                for (implementation, scratch) in zip(Implementation.all, scratches) {
                    #expect(
                        implementation.scan(text, scratch) == expected, "\(String(decoding: text, as: UTF8.self))")
                }
            }
        }
    }

    /// The shorter way is taken where it can be, and not where it must not.
    @Test func isTaken() {
        let many = "[\(Array(repeating: "\"\"", count: 100).joined(separator: ","))]"
        let same: [(Int, String)] = [
            (0, "\"\""), (0, "\"é\""), (1, "\"another\""), (2, "-1.5e3"), (3, "false"), (3, "12"), (4, "[]"),
            (4, "[\"a\",\"b\",\"c\"]"), (4, many), (7, "\"\(String(repeating: "long ", count: 60))\""),
            (5, "{\"roles\":[],\"n\":[2,{\"k\":\"\"}]}"), (8, "[3,4,\"\"]"),
        ]
        let different: [(Int, String)] = [
            (0, "1"), (0, "\"\\n\""), (2, "\"1\""), (3, "[]"), (4, "[1]"), (5, "{}"), (6, "{}"), (8, "[1,2]"),
        ]
        for implementation in Implementation.all {
            let scratch = Scratch(names: 64)
            #expect(implementation.scan(Self.payload(Self.plain), scratch).status == FVS_OK)
            for (cases, matches) in [(same, UInt64(1)), (different, 0)] {
                for (position, value) in cases {
                    var values = Self.plain
                    values[position] = value
                    let before = fvs_scratch_matches(scratch.pointer)
                    #expect(implementation.scan(Self.payload(values), scratch).status == FVS_OK)
                    #expect(fvs_scratch_matches(scratch.pointer) - before == matches, "\(position) \(value)")
                }
            }
            withExtendedLifetime(scratch) {}
        }
    }

    /// A caller with less room than the shape has members is told so as ever.
    @Test func room() {
        let text = Self.payload(Self.plain)
        for implementation in Implementation.all {
            let scratch = Scratch(names: 64)
            #expect(implementation.scan(text, scratch) == implementation.scan(text, scratch))
            #expect(implementation.scan(text, scratch, capacity: 8).status == FVS_MEMBERS)
            #expect(implementation.scan(text, scratch, capacity: 9).status == FVS_OK)
        }
    }

    /// At every limit of a shape, one below, one above: pieces, their length, members, quotes, the text.
    @Test func limits() {
        func text(members: Int, name: Int = 1, value: String = "1") -> [UInt8] {
            let names = (0..<members).map { "\"\(String(repeating: "n", count: name))\($0)\":\(value)" }
            return Array("{\(names.joined(separator: ","))}".utf8)
        }
        for members in 30...50 { compare(text(members: members, value: "22"), known: [text(members: members)]) }
        for name in 50...70 {
            let known = text(members: 3, name: name)
            compare(text(members: 3, name: name, value: "22"), known: [known])
            // The end of a long piece counts too: another name is another shape.
            for place in known.indices.suffix(20) {
                var changed = known
                changed[place] ^= 3
                compare(changed, known: [known])
            }
        }
        for count in 120...130 {
            let list = "[" + (0..<count).map { "\"\($0)\"" }.joined(separator: ",") + "]"
            compare(text(members: 2, value: list), known: [text(members: 2, value: "[\"a\"]")])
        }
        for count in 4080...4100 {
            let value = "\"\(String(repeating: "v", count: count - 10))\""
            compare(text(members: 1, value: value), known: [text(members: 1, value: "\"\"")])
        }
    }

    /// Ever new shapes, then an old one: learning is paid for, and what is known stays right.
    @Test func manyShapes() {
        let fresh = Scratch(names: 64)
        for implementation in Implementation.all {
            let scratch = Scratch(names: 64)
            for round in 0..<2_000 {
                let text = Array("{\"n\(round)\":\(round % 7),\"iss\":\"\(round)\"}".utf8)
                #expect(implementation.scan(text, scratch) == implementation.scan(text, fresh))
                let known = Self.payload(Self.plain.dropLast() + ["\(round)"])
                #expect(implementation.scan(known, scratch) == implementation.scan(known, fresh))
            }
        }
    }
}
