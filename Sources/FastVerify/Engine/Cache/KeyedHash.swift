/// A hash of bytes under a secret key that is drawn for each instance: what collides cannot be prepared.
///
/// NH of UMAC (RFC 4418 §5.2.2) with 64-bit words: the sum over 16-byte blocks of (m₀ + k₀)(m₁ + k₁) modulo 2^128, under a key
/// as long as the longest message. For any two messages of one length, chosen without knowing the key, the sums are equal
/// with probability 2^-64 at most; that is proven, and multiplications that do not wait for each other make it faster than
/// SipHash by far. The sum is then mixed with more of the key, so that equal bits of two hashes say nothing about the
/// sums. It is no pseudorandom function: whoever uses it compares the bytes as well.
struct KeyedHash: ~Copyable, @unchecked Sendable {
    /// 4 words for the last step, then 2 for every 16 bytes of a message.
    private let key: UnsafeMutablePointer<UInt64>
    /// Bytes of the longest message.
    let longest: Int

    /// The key takes as many bytes as the longest message; at most 65,535.
    init(longest: Int, from random: inout some RandomNumberGenerator) {
        precondition(0...65_535 ~= longest)
        self.longest = longest
        let count = Self.keyWords(longest)
        key = .allocate(capacity: count)
        for word in 0..<count { (key + word).initialize(to: random.next()) }
    }

    init(longest: Int) {
        var random = SystemRandomNumberGenerator()
        self.init(longest: longest, from: &random)
    }

    deinit { key.deallocate() }

    /// Bytes that the key takes.
    var bytes: Int { Self.keyWords(longest) * 8 }

    private static func keyWords(_ longest: Int) -> Int { 4 + (longest + 15) / 16 * 2 }

    /// Linear in the count, which must not exceed `longest`. `tweak`, below 2^48, separates messages of different kinds.
    @inline(__always)
    func callAsFunction(_ bytes: UnsafeRawBufferPointer, _ tweak: UInt64 = 0) -> UInt64 {
        let count = bytes.count
        precondition(count <= longest)
        var sum = Sum()
        if let start = bytes.baseAddress, count > 0 {
            var word = key + 4
            if count >= 16 {
                var offset = 0
                while offset + 16 <= count {
                    sum.add(Self.load(start, offset), Self.load(start, offset + 8), word)
                    offset += 16
                    word += 2
                }
                // The last 16 bytes once more: with the length, they say as much as padding would.
                if offset < count { sum.add(Self.load(start, count - 16), Self.load(start, count - 8), word) }
            } else {
                let (first, last) = Self.short(start, count)
                sum.add(first, last, word)
            }
        }
        let mixed = Self.fold(sum.low ^ key[0], sum.high ^ key[1])
        return Self.fold(mixed ^ key[2], (tweak << 16 | UInt64(count)) ^ key[3])
    }

    /// A number modulo 2^128.
    private struct Sum {
        var low: UInt64 = 0
        var high: UInt64 = 0

        @inline(__always)
        mutating func add(_ first: UInt64, _ second: UInt64, _ key: UnsafeMutablePointer<UInt64>) {
            let product = (first &+ key[0]).multipliedFullWidth(by: second &+ key[1])
            let (sum, carry) = low.addingReportingOverflow(product.low)
            low = sum
            high = high &+ product.high &+ (carry ? 1 : 0)
        }
    }

    @inline(__always)
    private static func load(_ start: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        start.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    /// All bytes of a message of 1 to 15, in two words.
    @inline(__always)
    private static func short(_ start: UnsafeRawPointer, _ count: Int) -> (UInt64, UInt64) {
        if count >= 8 { return (load(start, 0), load(start, count - 8)) }
        if count >= 4 {
            return (
                UInt64(start.loadUnaligned(as: UInt32.self)),
                UInt64(start.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
            )
        }
        func byte(_ offset: Int) -> UInt64 { UInt64(start.load(fromByteOffset: offset, as: UInt8.self)) }
        return (byte(0) | byte(count / 2) << 8 | byte(count - 1) << 16, 0)
    }

    /// Multiplication to 128 bits, halves folded together.
    @inline(__always)
    private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }
}
