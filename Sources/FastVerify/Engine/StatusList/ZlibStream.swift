/// Decompresses a zlib stream (RFC 1950) of DEFLATE blocks (RFC 1951) whose size nobody has vouched for.
///
/// Written out here rather than linked: it reads one thing, a status list, a few times an hour, and must trap on no input.
/// Codes are decoded bit by bit, some 20 MB/s; work and memory are linear in the output, which is bounded.
struct ZlibStream {
    struct Malformed: Error {}

    private let bytes: [UInt8]
    private var next = 2
    /// Bits read from the bytes but not yet used, the next one lowest; fewer than 32.
    private var bits: UInt64 = 0
    private var bitCount = 0
    private var out: [UInt8] = []
    private let limit: Int

    /// The decompressed bytes; an error where they are more than `limit`, and for anything but exactly one stream.
    static func decompress(_ bytes: [UInt8], limit: Int) throws(Malformed) -> [UInt8] {
        var stream = try ZlibStream(bytes, limit)
        while try !stream.block() {}
        guard bytes.count - stream.next == 4,
            bytes[stream.next...].reduce(0, { $0 << 8 | UInt32($1) }) == stream.checksum
        else { throw Malformed() }
        return stream.out
    }

    /// RFC 1950 §2.2: DEFLATE with a window of at most 32 KiB, no preset dictionary.
    private init(_ bytes: [UInt8], _ limit: Int) throws(Malformed) {
        guard bytes.count >= 6, bytes[0] & 15 == 8, bytes[0] >> 4 <= 7, bytes[1] & 0x20 == 0,
            (Int(bytes[0]) << 8 | Int(bytes[1])) % 31 == 0
        else { throw Malformed() }
        self.bytes = bytes
        self.limit = limit
    }

    /// Adler-32 (RFC 1950 §8.2). 5,552 bytes are the most for which 32 bits do not overflow.
    private var checksum: UInt32 {
        var (a, b): (UInt32, UInt32) = (1, 0)
        for start in stride(from: 0, to: out.count, by: 5552) {
            for byte in out[start..<min(start + 5552, out.count)] {
                a += UInt32(byte)
                b += a
            }
            a %= 65521
            b %= 65521
        }
        return b << 16 | a
    }

    // MARK: Bits

    /// Up to 16 bits, the first one lowest.
    private mutating func read(_ count: Int) throws(Malformed) -> Int {
        while bitCount < count {
            guard next < bytes.count else { throw Malformed() }
            bits |= UInt64(bytes[next]) << UInt64(bitCount)
            next += 1
            bitCount += 8
        }
        defer {
            bits >>= UInt64(count)
            bitCount -= count
        }
        return Int(bits & (1 << UInt64(count) - 1))
    }

    private mutating func append(_ byte: UInt8) throws(Malformed) {
        guard out.count < limit else { throw Malformed() }
        out.append(byte)
    }

    // MARK: Blocks

    /// Reads one block. True where it was the last.
    private mutating func block() throws(Malformed) -> Bool {
        let isLast = try read(1) == 1
        switch try read(2) {
        case 0: try stored()
        case 1: try compressed(Self.fixedLiterals, Self.fixedDistances)
        case 2:
            let (literals, distances) = try codes()
            try compressed(literals, distances)
        default: throw Malformed()
        }
        if isLast {
            // What is left of the last byte; whole bytes that were read ahead there are none.
            bits = 0
            bitCount = 0
        }
        return isLast
    }

    /// §3.2.4.
    private mutating func stored() throws(Malformed) {
        bits = 0
        bitCount = 0
        guard bytes.count - next >= 4 else { throw Malformed() }
        let count = Int(bytes[next]) | Int(bytes[next + 1]) << 8
        guard count ^ 0xffff == Int(bytes[next + 2]) | Int(bytes[next + 3]) << 8, bytes.count - next - 4 >= count,
            limit - out.count >= count
        else { throw Malformed() }
        out += bytes[next + 4..<next + 4 + count]
        next += 4 + count
    }

    /// §3.2.5: base and extra bits of the lengths from symbol 257 and of the distances.
    private static let lengths = (0..<28).map { span($0, plain: 8, each: 4, from: 3) } + [(base: 258, extra: 0)]
    private static let distances = (0..<30).map { span($0, plain: 4, each: 2, from: 1) }

    /// `plain` symbols stand for one value each; then each extra bit belongs to `each` symbols.
    private static func span(_ symbol: Int, plain: Int, each: Int, from first: Int) -> (base: Int, extra: Int) {
        guard symbol >= plain else { return (symbol + first, 0) }
        let extra = symbol / each - 1
        return ((each + symbol % each) << extra + first, extra)
    }

    private mutating func compressed(_ literals: PrefixCode, _ distances: PrefixCode) throws(Malformed) {
        while true {
            let symbol = try symbol(of: literals)
            if symbol < 256 {
                try append(UInt8(symbol))
                continue
            }
            if symbol == 256 { return }
            guard symbol - 257 < Self.lengths.count else { throw Malformed() }
            let length = Self.lengths[symbol - 257]
            let count = length.base + (try read(length.extra))
            let code = try self.symbol(of: distances)
            guard code < Self.distances.count else { throw Malformed() }
            let distance = Self.distances[code].base + (try read(Self.distances[code].extra))
            guard distance <= out.count else { throw Malformed() }
            for _ in 0..<count { try append(out[out.count - distance]) }
        }
    }

    // MARK: Codes

    private static let fixedLiterals = try! PrefixCode(
        (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }, mayBeIncomplete: false)
    private static let fixedDistances = try! PrefixCode(Array(repeating: 5, count: 32), mayBeIncomplete: false)

    /// The codes that a block brings along (§3.2.7).
    private mutating func codes() throws(Malformed) -> (PrefixCode, PrefixCode) {
        let literalCount = try read(5) + 257
        let distanceCount = try read(5) + 1
        let orderCount = try read(4) + 4
        guard literalCount <= 286, distanceCount <= 30 else { throw Malformed() }
        var sizes = [UInt8](repeating: 0, count: 19)
        for place in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15].prefix(orderCount) {
            sizes[place] = UInt8(try read(3))
        }
        let code = try PrefixCode(sizes, mayBeIncomplete: false)
        var all: [UInt8] = []
        while all.count < literalCount + distanceCount {
            let symbol = try symbol(of: code)
            switch symbol {
            case 16:
                guard let last = all.last else { throw Malformed() }
                all += repeatElement(last, count: 3 + (try read(2)))
            case 17: all += repeatElement(0, count: 3 + (try read(3)))
            case 18: all += repeatElement(0, count: 11 + (try read(7)))
            default: all.append(UInt8(symbol))
            }
        }
        guard all.count == literalCount + distanceCount, all[256] != 0 else { throw Malformed() }
        return (
            try PrefixCode(Array(all[..<literalCount]), mayBeIncomplete: true),
            try PrefixCode(Array(all[literalCount...]), mayBeIncomplete: true)
        )
    }

    private mutating func symbol(of code: PrefixCode) throws(Malformed) -> Int {
        var (value, first, index) = (0, 0, 0)
        for count in code.counts.dropFirst() {
            value |= try read(1)
            if value - first < count { return code.symbols[index + value - first] }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        throw Malformed()
    }

    /// A canonical prefix code (§3.2.2): how many codes there are of each length, and their symbols in the order of the codes.
    private struct PrefixCode {
        let counts: [Int]
        let symbols: [Int]

        /// `sizes`: the length of each symbol's code, up to 15; 0 for a symbol without one. Only a code of one symbol, or of
        /// none, may leave bits unused (§3.2.7).
        init(_ sizes: [UInt8], mayBeIncomplete: Bool) throws(Malformed) {
            var counts = [Int](repeating: 0, count: 16)
            for size in sizes where size > 0 { counts[Int(size)] += 1 }
            var left = 1
            for count in counts.dropFirst() {
                left = left * 2 - count
                guard left >= 0 else { throw Malformed() }
            }
            guard left == 0 || mayBeIncomplete && counts.reduce(0, +) <= 1 else { throw Malformed() }
            self.counts = counts
            symbols = (1...15).flatMap { size in sizes.indices.filter { sizes[$0] == size } }
        }
    }
}
