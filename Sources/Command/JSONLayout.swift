/// Lays out JSON text for reading without interpreting it: no value changes, no order, no digit. Text that is not JSON
/// comes out in some layout and never crashes.
enum JSONLayout {
    /// Deeper levels are not indented further; the scanner accepts none.
    private static let maxDepth = 64

    /// One member or element a line. Line breaks are made here; nothing in the text can make one.
    static func indented(_ json: [UInt8], margin: Int = 0) -> String {
        var out: [UInt8] = []
        var depth = 0
        var position = 0

        func breakLine() {
            out.append(UInt8(ascii: "\n"))
            out += repeatElement(UInt8(ascii: " "), count: margin + 2 * min(depth, maxDepth))
        }

        out += repeatElement(UInt8(ascii: " "), count: margin)
        while position < json.count {
            let byte = json[position]
            switch byte {
            case UInt8(ascii: "\""):
                let end = self.end(ofStringAt: position, in: json)
                out += json[position..<end]
                position = end
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                out.append(byte)
                let next = json[(position + 1)...].first { !isSpace($0) }
                if next == UInt8(ascii: "}") || next == UInt8(ascii: "]") {
                    out.append(next!)
                    position = json[(position + 1)...].firstIndex { !isSpace($0) }!
                } else {
                    depth += 1
                    breakLine()
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth = max(0, depth - 1)
                breakLine()
                out.append(byte)
            case UInt8(ascii: ","):
                out.append(byte)
                breakLine()
            case UInt8(ascii: ":"):
                out += [byte, UInt8(ascii: " ")]
            default:
                if !isSpace(byte) { out.append(byte) }
            }
            position += 1
        }
        let lines = String(decoding: out, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.map { String($0).printable }.joined(separator: "\n")
    }

    /// The names of all members at all levels, as written.
    static func names(in json: [UInt8]) -> [String] {
        var names: [String] = []
        var position = 0
        while let start = json[position...].firstIndex(of: UInt8(ascii: "\"")) {
            position = end(ofStringAt: start, in: json)
            if json[position...].first(where: { !isSpace($0) }) == UInt8(ascii: ":"), position - start >= 2 {
                names.append(String(decoding: json[(start + 1)..<(position - 1)], as: UTF8.self))
            }
        }
        return names
    }

    /// The position after the quote that ends a string, or the end of the text.
    private static func end(ofStringAt start: Int, in json: [UInt8]) -> Int {
        var position = start + 1
        while position < json.count {
            if json[position] == UInt8(ascii: "\"") { return position + 1 }
            position += json[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        return json.count
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }
}
