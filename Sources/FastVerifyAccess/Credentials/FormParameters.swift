/// Parameters as forms and queries write them (application/x-www-form-urlencoded, WHATWG URL §5.1).
package enum FormParameters {
    /// The decoded values of all parameters with this name, itself compared decoded. Linear.
    package static func values(of name: String, in text: some Collection<UInt8>) -> [[UInt8]] {
        text.split(separator: UInt8(ascii: "&")).compactMap { parameter in
            let written = parameter.prefix { $0 != UInt8(ascii: "=") }
            // Decoding never makes text longer, and a name of three times the length is the longest that can be it.
            guard written.count <= 3 * name.utf8.count, decoded(written).elementsEqual(name.utf8) else { return nil }
            return decoded(parameter[written.endIndex...].dropFirst())
        }
    }

    /// A percent sign that begins no pair of digits stands for itself.
    private static func decoded(_ text: some Collection<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(text.count)
        var rest = text[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let high = rest.first?.hexDigit, let low = rest.dropFirst().first?.hexDigit {
                out.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                out.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return out
    }
}

extension UInt8 {
    fileprivate var hexDigit: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x37
        case 0x61...0x66: self - 0x57
        default: nil
        }
    }
}
