/// A set of ASCII characters, one bit each. No byte above 0x7F is in any.
struct ByteClass: Sendable {
    private let low: UInt64
    private let high: UInt64

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        let word = byte < 64 ? low : high
        return byte < 128 && word >> UInt64(byte & 63) & 1 == 1
    }

    @inline(__always)
    func containsAll(_ text: UnsafeRawBufferPointer) -> Bool {
        for byte in text where !contains(byte) { return false }
        return true
    }

    /// `tchar` (RFC 9110 §5.6.2): methods and names of fields.
    static let token = ByteClass(low: 0x03ff_6cfa_0000_0000, high: 0x57ff_ffff_c7ff_fffe)
    /// `VCHAR` (RFC 5234).
    static let visible = ByteClass(low: 0xffff_fffe_0000_0000, high: 0x7fff_ffff_ffff_ffff)
    /// What a path may have in plain spelling without being read in two ways: `pchar` and `/`, but no `%` and no `;`.
    static let plainPath = ByteClass(low: 0x27ff_ffd2_0000_0000, high: 0x47ff_fffe_87ff_ffff)
    /// `uri-host` and port (RFC 3986 §3.2.2).
    static let host = ByteClass(low: 0x2fff_7fd2_0000_0000, high: 0x47ff_fffe_afff_fffe)
    /// Printable, and not the `%` by which everything else is written in identity fields.
    static let identity = ByteClass(low: 0xffff_ffdf_0000_0000, high: 0x7fff_ffff_ffff_ffff)
}

extension UnsafeRawBufferPointer {
    /// Whether this is the text, which is given in lower case, in whatever case.
    @inline(__always)
    func equalsIgnoringCase(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for position in 0..<count {
            let byte = self[position]
            let lower = byte &- 0x41 < 26 ? byte | 0x20 : byte
            if lower != text.utf8Start[position] { return false }
        }
        return true
    }

    @inline(__always)
    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[range]) }

    /// Whether every byte is one that a field's value may have (RFC 9110 §5.5): no control but the tab. Eight at a time, because tokens
    /// are long; SIMD vectors of Swift are taken apart into bytes where AVX2 may not be assumed, which cost 7 µs a request.
    @inline(__always)
    var isFieldValue: Bool {
        let (ones, tops): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        var position = 0
        while position + 8 <= count {
            let word = loadUnaligned(fromByteOffset: position, as: UInt64.self)
            // The top bit of some byte is set where one is below 0x20, or is 0x7F (Bit Twiddling Hacks, "hasless", "haszero").
            let delete = word ^ (ones &* 0x7F)
            let bad = ((word &- ones &* 0x20) & ~word | (delete &- ones) & ~delete) & tops
            if bad != 0, !slice(position..<position + 8).isShortFieldValue { return false }
            position += 8
        }
        return slice(position..<count).isShortFieldValue
    }

    private var isShortFieldValue: Bool {
        for byte in self where (byte < 0x20 && byte != 0x09) || byte == 0x7F { return false }
        return true
    }

    /// Without spaces and tabs at both ends.
    @inline(__always)
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high, self[low] == 0x20 || self[low] == 0x09 { low += 1 }
        while high > low, self[high - 1] == 0x20 || self[high - 1] == 0x09 { high -= 1 }
        return low..<high
    }
}
