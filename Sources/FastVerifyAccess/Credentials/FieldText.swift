/// Pieces of the grammar of HTTP fields, on bytes.
extension Collection<UInt8> {
    /// Without white space at its ends (OWS, RFC 9110 §5.6.3).
    var trimmed: SubSequence {
        var text = self[...]
        while let byte = text.first, byte == 0x20 || byte == 0x09 { text = text.dropFirst() }
        var end = text.startIndex
        for position in text.indices where text[position] != 0x20 && text[position] != 0x09 {
            end = text.index(after: position)
        }
        return text[..<end]
    }

    /// Whether this is that text, letters of ASCII in either case.
    func equalsIgnoringCase(_ other: String) -> Bool {
        elementsEqual(other.utf8) { $0 == $1 || $0.lowercased == $1.lowercased }
    }

    var isB64Token: Bool { Array(self).withUnsafeBytes { $0.isB64Token } }
}

extension UnsafeRawBufferPointer {
    /// b64token (RFC 6750 §2.1): `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`. Two loops, because every request
    /// goes through them.
    var isB64Token: Bool {
        var end = 0
        while end < count, self[end].isTokenCharacter { end += 1 }
        guard end > 0 else { return false }
        while end < count, self[end] == UInt8(ascii: "=") { end += 1 }
        return end == count
    }
}

extension UInt8 {
    var lowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }

    /// One bit each, because tokens are long.
    @inline(__always)
    fileprivate var isTokenCharacter: Bool {
        let word: UInt64 = self < 64 ? 0x03ff_e800_0000_0000 : 0x47ff_fffe_87ff_fffe
        return self < 128 && word >> UInt64(self & 63) & 1 == 1
    }
}
