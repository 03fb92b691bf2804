// The scalar functions on accepted values.
import CScan
import Testing

private func floor(_ number: String) -> Int64? {
    var value: Int64 = 0
    let text = Array(number.utf8)
    return fvs_number_floor(text, text.count, &value) ? value : nil
}

@Suite struct ValueTests {
    @Test func numberFloor() {
        let table: [(String, Int64?)] = [
            ("0", 0), ("-0", 0), ("-0.0", 0), ("1", 1), ("-1", -1), ("1e3", 1000), ("1E+3", 1000), ("1.5", 1),
            ("-1.5", -2),
            ("0.9", 0), ("-0.1", -1), ("12345e-2", 123), ("-12345e-2", -124), ("-12300e-2", -123), ("1.25e1", 12),
            ("1.25e2", 125), ("-1.25e1", -13), ("100e-2", 1), ("0.0001e10", 1_000_000), ("1700000000", 1_700_000_000),
            ("9223372036854775807", .max), ("9223372036854775807.9", .max), ("9223372036854775808", nil),
            ("9223372036854775.808e3", nil), ("9223372036854775.807e3", .max), ("-9223372036854775808", .min),
            ("-9223372036854775808.0", .min), ("-9223372036854775808.1", nil), ("-9223372036854775809", nil),
            ("-9223372036854775807.5", .min), ("18446744073709551616", nil), ("18446744073709551617", nil),
            ("99999999999999999999", nil), ("9999999999999999999", nil), ("10000000000000000000", nil),
            ("1e18", 1_000_000_000_000_000_000),
            ("9e18", 9_000_000_000_000_000_000), ("1e19", nil), ("1E400", nil), ("-1E400", nil), ("1e-400", 0),
            ("-1e-400", -1),
            ("0e999999999999999999", 0), ("-0e99999999999999999999999999", 0), ("0.000e-99999999999999999999999", 0),
            ("1e99999999999999999999999999", nil), ("1e-99999999999999999999999999", 0),
            ("1e00000000000000000000001", 10),
            ("123e-0000000000000000000000002", 1), ("1e18446744073709551617", nil), ("0.00000000000000000001e20", 1),
            ("0.00000000000000000001e19", 0), ("9007199254740993", 9_007_199_254_740_993),
        ]
        for (number, expected) in table { #expect(floor(number) == expected, "\(number)") }
        let zeros = String(repeating: "0", count: 1_000_000)
        #expect(floor("1" + zeros) == nil)
        #expect(floor("1" + zeros + "e-1000000") == 1)
        #expect(floor("0." + zeros + "1e1000001") == 1)
        #expect(floor("-0." + zeros + "1") == -1)
        #expect(floor("1e" + zeros + "2") == 100)
    }

    /// Plain integers take a path of their own; a point or exponent anywhere must leave it.
    @Test func plainIntegers() {
        for count in 1...19 {
            let digits = String("9182736450918273645".prefix(count))
            #expect(floor(digits) == Int64(digits))
            for position in 1..<max(1, count - 1) {
                var characters = Array(digits)
                characters[position] = "."
                #expect(floor(String(characters)) == Int64(digits.prefix(position)))
                characters[position] = "e"
                characters.replaceSubrange((position + 1)..., with: "2")
                #expect(floor(String(characters)) == Int64(digits.prefix(position) + "00"))
            }
        }
    }

    @Test func numberFloorOfRandomDecimals() {
        var random = Random("floor")
        for _ in 0..<20_000 {
            // A value with up to 18 digits and its point moved about: what the exponent moves, the digits undo.
            let digits =
                Int64(random.below(1_000_000_000_000_000_000)) / [1, 1_000, 1_000_000_000_000][random.below(3)]
            let negative = random.chance(50)
            let shift = random.below(25)
            var power: Int64 = 1
            for _ in 0..<min(shift, 18) { power *= 10 }
            var expected = shift > 18 ? 0 : digits / power
            if negative { expected = -expected - ((shift > 18 ? digits != 0 : digits % power != 0) ? 1 : 0) }
            let sign = negative ? "-" : ""
            #expect(floor("\(sign)\(digits)e-\(shift)") == expected)
            #expect(floor("\(sign)\(digits)\(String(repeating: "0", count: 5))E-\(shift + 5)") == expected)
            #expect(
                floor("\(sign)0.\(String(repeating: "0", count: 7))\(digits)e\(7 + String(digits).count - shift)")
                    == expected)
        }
    }

    @Test func integers() {
        for number in ["0", "-0", "12", "-12", "123456789012345678901234567890"] {
            #expect(fvs_number_is_integer(Array(number.utf8), number.utf8.count), "\(number)")
        }
        for number in ["0.0", "1e3", "1E3", "1e-3", "-1.5"] {
            #expect(!fvs_number_is_integer(Array(number.utf8), number.utf8.count), "\(number)")
        }
    }

    private func walk(_ json: String) -> [(name: String, value: String, kind: fvs_kind)] {
        let text = Array(json.utf8)
        var cursor = 0
        var member = fvs_member()
        var found: [(String, String, fvs_kind)] = []
        while fvs_next(text, text.count, &cursor, &member) {
            #expect(member.name == UInt8(FVS_NAME_OTHER.rawValue))
            let scanned = Member(member)
            found.append(
                (
                    String(decoding: text[scanned.name], as: UTF8.self),
                    String(decoding: text[scanned.value], as: UTF8.self), scanned.kind
                ))
        }
        #expect(!fvs_next(text, text.count, &cursor, &member))
        return found
    }

    @Test func steps() {
        #expect(walk("{}").isEmpty && walk("[]").isEmpty && walk("[ \n]").isEmpty && walk("{\t}").isEmpty)
        let array = walk("[1, \"a,]\\\"\" ,[2,[3]],{\"x\":[\"}\"]},true,false , null,-1.5e3]")
        #expect(
            array.map(\.value) == ["1", "a,]\\\"", "[2,[3]]", "{\"x\":[\"}\"]}", "true", "false", "null", "-1.5e3"])
        #expect(
            array.map(\.kind) == [
                FVS_NUMBER, FVS_STRING, FVS_ARRAY, FVS_OBJECT, FVS_TRUE, FVS_FALSE, FVS_NULL, FVS_NUMBER,
            ])
        #expect(array.allSatisfy { $0.name.isEmpty })
        let object = walk("{ \"alg\" : \"\" ,\"b\\\"\":{} , \"\":[] }")
        #expect(object.map(\.name) == ["alg", "b\\\"", ""] && object.map(\.value) == ["", "{}", "[]"])
    }

    /// Stepping through an accepted object finds what the scan listed.
    @Test func stepsAgreeWithScan() throws {
        var writer = JSONWriter(Random("steps agree"))
        let scratch = Scratch()
        for _ in 0..<3_000 {
            let text = Array(writer.object().drop { $0 <= 0x20 })
            let scan = Implementation.all[0].scan(text, scratch)
            #expect(scan.status == FVS_OK)
            var cursor = 0
            var member = fvs_member()
            for var expected in scan.members {
                #expect(fvs_next(text, text.count, &cursor, &member))
                expected.known = FVS_NAME_OTHER
                #expect(Member(member) == expected)
            }
            #expect(!fvs_next(text, text.count, &cursor, &member))
        }
    }

    @Test func unescapeAndEquals() {
        let table: [(String, String)] = [
            ("", ""), ("abc", "abc"), (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{08}\u{0C}\n\r\t"), (#"\u0061lg"#, "alg"),
            (#"x\u00e9\u65e5\ud83d\ude00y"#, "xé日😀y"), (#"\u0000"#, "\0"), (#"é\u0301"#, "é\u{301}"),
            (#"\uFFFF\u0800\u07FF"#, "\u{FFFF}\u{800}\u{7FF}"),
        ]
        for (text, plain) in table {
            let text = Array(text.utf8)
            let plain = Array(plain.utf8)
            var out = [UInt8](repeating: 0, count: text.count)
            let count = fvs_unescape(text, text.count, &out)
            #expect(Array(out.prefix(count)) == plain)
            #expect(fvs_string_equals(text, text.count, text != plain, plain, plain.count))
            #expect(fvs_string_equals(text, text.count, true, plain, plain.count))
            for wrong in [plain + [0], plain + [0x61], Array(plain.dropLast()), plain.map { $0 ^ 0x20 }]
            where wrong != plain {
                #expect(!fvs_string_equals(text, text.count, true, wrong, wrong.count))
            }
        }
        #expect(!fvs_string_equals(Array("RS256\\u0000".utf8), 11, true, Array("RS256".utf8), 5))
        #expect(fvs_string_equals(Array("a\\b".utf8), 3, false, Array("a\\b".utf8), 3))
        #expect(fvs_string_equals(nil, 0, false, nil, 0))
    }
}
