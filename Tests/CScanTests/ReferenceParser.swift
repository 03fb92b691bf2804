// RFC 8259 by recursive descent, one byte after the other: the slow oracle the scanner is compared with.
import CScan

/// Throws for what the scanner must refuse; otherwise lists the members of a top-level object.
struct ReferenceParser {
    struct Refused: Error { var duplicate = false }

    private let text: [UInt8]
    private var at = 0
    private var depth = 0
    private var duplicate = false

    /// Nil where the text is refused; `members` is nil where its top is no object.
    static func parse(_ text: [UInt8]) -> (members: [Member]?, duplicate: Bool)? {
        guard String(validating: text, as: UTF8.self) != nil else { return nil }
        var parser = ReferenceParser(text: text)
        do throws(Refused) {
            return (try parser.whole(), false)
        } catch {
            return error.duplicate ? (nil, true) : nil
        }
    }

    private init(text: [UInt8]) { self.text = text }

    private var byte: UInt8? { at < text.count ? text[at] : nil }

    private mutating func whole() throws(Refused) -> [Member]? {
        space()
        var members: [Member]?
        if byte == UInt8(ascii: "{") { members = try object() } else { _ = try value() }
        space()
        guard at == text.count else { throw Refused() }
        if duplicate { throw Refused(duplicate: true) }
        return members
    }

    private mutating func space() {
        while let byte, [0x20, 0x0A, 0x0D, 0x09].contains(byte) { at += 1 }
    }

    private mutating func take(_ character: Character) throws(Refused) {
        guard byte == character.asciiValue else { throw Refused() }
        at += 1
    }

    private mutating func value() throws(Refused) -> (range: Range<Int>, kind: fvs_kind, escaped: Bool) {
        let start = at
        switch byte {
        case UInt8(ascii: "\""):
            let string = try string()
            return (start + 1..<at - 1, FVS_STRING, string.escaped)
        case UInt8(ascii: "{"):
            _ = try object()
            return (start..<at, FVS_OBJECT, false)
        case UInt8(ascii: "["):
            try array()
            return (start..<at, FVS_ARRAY, false)
        default:
            for (word, kind) in [("true", FVS_TRUE), ("false", FVS_FALSE), ("null", FVS_NULL)]
            where text[at...].starts(with: word.utf8) {
                at += word.utf8.count
                return (start..<at, kind, false)
            }
            try number()
            return (start..<at, FVS_NUMBER, false)
        }
    }

    private mutating func array() throws(Refused) {
        try enter("[")
        if byte != UInt8(ascii: "]") {
            while true {
                space()
                _ = try value()
                space()
                if byte != UInt8(ascii: ",") { break }
                at += 1
            }
        }
        try take("]")
        depth -= 1
    }

    private mutating func enter(_ bracket: Character) throws(Refused) {
        depth += 1
        guard depth <= Int(FVS_MAX_DEPTH) else { throw Refused() }
        try take(bracket)
        space()
    }

    private mutating func object() throws(Refused) -> [Member] {
        try enter("{")
        var members: [Member] = []
        var names: Set<[UInt8]> = []
        if byte != UInt8(ascii: "}") {
            while true {
                space()
                let start = at
                let name = try string()
                let range = start + 1..<at - 1
                duplicate = !names.insert(name.bytes).inserted || duplicate
                space()
                try take(":")
                space()
                let value = try value()
                members.append(
                    Member(
                        name: range, value: value.range, kind: value.kind, known: known(name.bytes),
                        nameEscaped: name.escaped, valueEscaped: value.escaped))
                space()
                if byte != UInt8(ascii: ",") { break }
                at += 1
            }
        }
        try take("}")
        depth -= 1
        return members
    }

    private func known(_ name: [UInt8]) -> fvs_name {
        for raw in 1..<FVS_NAME_COUNT.rawValue {
            let candidate = fvs_name(rawValue: raw)
            if name == Array(String(cString: fvs_name_spelling(candidate)).utf8) { return candidate }
        }
        return FVS_NAME_OTHER
    }

    private mutating func string() throws(Refused) -> (bytes: [UInt8], escaped: Bool) {
        try take("\"")
        var bytes: [UInt8] = []
        var escaped = false
        while let c = byte, c != UInt8(ascii: "\"") {
            guard c >= 0x20 else { throw Refused() }
            if c != UInt8(ascii: "\\") {
                bytes.append(c)
                at += 1
                continue
            }
            escaped = true
            at += 1
            let short: [Character: UInt8] = [
                "\"": 0x22, "\\": 0x5C, "/": 0x2F, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9,
            ]
            guard let kind = byte else { throw Refused() }
            at += 1
            if kind == UInt8(ascii: "u") {
                var units = [try unit()]
                if units[0] & 0xFC00 == 0xD800 {
                    try take("\\")
                    try take("u")
                    units.append(try unit())
                }
                guard let scalars = String(validating: units, as: UTF16.self) else { throw Refused() }
                bytes += Array(scalars.utf8)
            } else if let plain = short[Character(UnicodeScalar(kind))] {
                bytes.append(plain)
            } else {
                throw Refused()
            }
        }
        try take("\"")
        return (bytes, escaped)
    }

    private mutating func unit() throws(Refused) -> UInt16 {
        guard at + 4 <= text.count else { throw Refused() }
        let digits = text[at..<at + 4]
        guard digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit && $0 < 0x80 }) else { throw Refused() }
        at += 4
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)!
    }

    private mutating func digits() throws(Refused) {
        let start = at
        while let byte, byte >= 0x30, byte <= 0x39 { at += 1 }
        guard at > start else { throw Refused() }
    }

    private mutating func number() throws(Refused) {
        if byte == UInt8(ascii: "-") { at += 1 }
        if byte == UInt8(ascii: "0") { at += 1 } else { try digits() }
        if byte == UInt8(ascii: ".") {
            at += 1
            try digits()
        }
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            at += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { at += 1 }
            try digits()
        }
    }
}
