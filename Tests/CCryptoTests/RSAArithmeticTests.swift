// Modular powers of the RSA lanes against OpenSSL's big integers, on edge and random operands, and their range proof.
import CCrypto
import CRSA
import Testing

@Suite struct RSAArithmeticTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let lanes: Int
        let run: @Sendable (crsa_operation, UInt32, UInt32, [UInt64], inout [UInt64]) -> Void
    }
    static let rows: [Row] = {
        let scalar = Row(testDescription: "scalar", lanes: 1) { crsa_run_scalar($0, $1, $2, $3, &$4) }
        let wide = Row(testDescription: "avx512ifma", lanes: 8) { crsa_run_avx512ifma($0, $1, $2, $3, &$4) }
        let hasIFMA = FV_RS256.kernels.contains { String(cString: $0.pointee.name) == "multibuffer-avx512ifma" }
        return hasIFMA ? [scalar, wide] : [scalar]
    }()
    static let sizes = [2048, 3072, 4096]
    static let capacity = Int(CRSA_LIMBS)

    static func limbCount(_ bits: Int) -> Int { bits == 2048 ? 40 : bits == 3072 ? 60 : 80 }

    /// 13 hexadecimal digits to a limb.
    static func limbs(_ value: Integer) -> [UInt64] {
        let digits = value.bytes(capacity * 52 / 8).reversed().flatMap { [UInt64($0 & 15), UInt64($0 >> 4)] }
        return (0..<capacity).map { i in (0..<13).reduce(0) { $0 | digits[13 * i + $1] << (4 * UInt64($1)) } }
    }

    static func random(below limit: Integer, _ random: inout Random) -> Integer {
        Integer(random.bytes(capacity * 52 / 8 + 8)).modulo(limit)
    }

    /// Odd, of exactly so many bits: random ones, and those whose limbs are all ones, nearly all zeros, or runs of both.
    static func moduli(_ bits: Int, _ random: inout Random) -> [Integer] {
        let top = Integer.power(bits)
        let one = Integer(1)
        let half = Integer.power(bits - 1)
        let edges = [
            top - one, half + one, top - Integer.power(52) + one, top - Integer.power(bits / 2) + one,
            half + Integer.power(bits / 2) - one, half + Integer.power(52) - one,
        ]
        return edges
            + (0..<10).map { _ in
                let low = Self.random(below: half, &random)
                return half + (low.isOdd ? low : half - one - low)
            }
    }

    static func operands(below limit: Integer, _ random: inout Random) -> [Integer] {
        let one = Integer(1)
        var all = [Integer(0), one, Integer(2), limit - one, limit - one - one]
        for k in [1, 9, 10, 11, 19, 20, 30, 38, 39] {
            all += [Integer.power(52 * k), Integer.power(52 * k) - one, Integer.power(52 * k) + one]
        }
        for (from, to) in [(0, 1000), (1, 520), (52, 1040), (519, 2047), (1040, 1560), (1536, 2046)] {
            all.append(Integer.power(to) - Integer.power(from))
        }
        all = all.filter { $0 < limit }
        while all.count < 64 { all.append(Self.random(below: limit, &random)) }
        return all.shuffled(using: &random)
    }

    /// `rounds` batches; `expected` is given n, R and the operands a, b, c, each below its limit in multiples of n.
    static func check(
        _ row: Row, _ operation: crsa_operation, _ bits: Int, e: UInt32 = 0, operands count: Int, times: UInt64 = 1,
        short: Bool = false, rounds: Int, exact: Bool = false, expected: (Integer, Integer, [Integer]) -> Integer
    ) {
        var random = Random("\(operation) \(bits) \(row.testDescription)")
        let moduli = Self.moduli(bits, &random)
        let size = limbCount(bits)
        let radix = Integer.power(52 * size)
        let lists = moduli.map { n in
            (0..<count).map { k in
                Self.operands(below: short && k == 0 ? Integer.power(512) : n * Integer(times), &random)
            }
        }
        for _ in 0..<rounds {
            // Another modulus in each lane.
            let chosen = (0..<row.lanes).map { _ in random.below(moduli.count) }
            let values = chosen.map { m in lists[m].map { $0.randomElement(using: &random)! } }
            var input = [UInt64](repeating: 0, count: Int(CRSA_OPERANDS) * row.lanes * capacity)
            for l in 0..<row.lanes {
                for (k, value) in ([moduli[chosen[l]]] + values[l]).enumerated() {
                    let first = (k * row.lanes + l) * capacity
                    input.replaceSubrange(first..<first + capacity, with: limbs(value))
                }
            }
            var output = [UInt64](repeating: 0, count: row.lanes * capacity)
            row.run(operation, UInt32(size), e, input, &output)
            for l in 0..<row.lanes {
                let n = moduli[chosen[l]]
                let result = Integer(limbs: output[l * capacity..<l * capacity + size])
                let wanted = expected(n, radix, values[l]).modulo(n)
                #expect(
                    (exact ? result : result.modulo(n)) == wanted, "lane \(l), n \(limbs(n)), \(values[l].map(limbs))")
                #expect(result < n + n, "the range of an operand")
            }
        }
    }

    @Test(arguments: rows, sizes) func products(_ row: Row, _ bits: Int) {
        let rounds = max(1, 400 / row.lanes / RSASigner.stride)
        Self.check(row, CRSA_SQUARE, bits, operands: 1, times: 2, rounds: rounds) { $2[0] * $2[0] * $1.inverse($0) }
        Self.check(row, CRSA_MULTIPLY, bits, operands: 2, times: 2, rounds: rounds) { $2[0] * $2[1] * $1.inverse($0) }
        Self.check(row, CRSA_SHORT, bits, operands: 3, short: true, rounds: rounds) {
            ($2[0] * $2[1] + $2[2]) * Integer.power(520).inverse($0)
        }
        Self.check(row, CRSA_CANONICAL, bits, operands: 1, times: 2, rounds: rounds, exact: true) { $2[0] }
    }

    @Test(arguments: rows, sizes) func powers(_ row: Row, _ bits: Int) {
        for e: UInt32 in [3, 5, 17, 257, 65537, 0x8000_0001, 0xffff_ffff] {
            Self.check(row, CRSA_POWER, bits, e: e, operands: 1, rounds: max(1, 24 / row.lanes / RSASigner.stride)) {
                n, radix, operands in
                // Square and multiply, as plainly as can be.
                let factor = radix.inverse(n)
                var power = operands[0]
                var shift = 31 - e.leadingZeroBitCount
                while shift > 0 {
                    shift -= 1
                    power = (power * power * factor).modulo(n)
                    if e >> UInt32(shift) & 1 == 1 { power = (power * operands[0] * factor).modulo(n) }
                }
                return power
            }
        }
    }

    /// Numbers of every size through limbs of 52 bits and back.
    @Test func octets() {
        var random = Random("octets")
        for (size, limbs) in [(32, 10), (48, 10), (64, 10), (256, 40), (384, 60), (512, 80)] {
            for i in 0..<50 {
                let octets = i < 8 ? Bytes(repeating: UInt8(1 << i), count: size) : random.bytes(size)
                var out = Bytes(repeating: 0, count: size)
                crsa_octets(octets, size, UInt32(limbs), &out)
                #expect(out == octets)
            }
        }
    }

    static let proven = [CRSA_SQUARE, CRSA_MULTIPLY, CRSA_SHORT, CRSA_POWER, CRSA_CANONICAL]

    /// No column or limb overflows, and results have limbs below 2^52, for any operands within their ranges; a column
    /// holds at most so many half products, and not a quarter fewer.
    @Test(arguments: proven, sizes) func statedRangesSuffice(_ operation: crsa_operation, _ bits: Int) {
        let size = UInt32(Self.limbCount(bits))
        #expect(crsa_range_violations(operation, size, -1, (4 * UInt64(size) + 1) << 52) == 0)
        if operation == CRSA_SQUARE || operation == CRSA_MULTIPLY {
            #expect(crsa_range_violations(operation, size, -1, 3 * UInt64(size) << 52) > 0)
        }
    }

    /// The proof sees a range that is too wide: twice the bound of an operand. (Any word is in the range of CANONICAL.)
    @Test(arguments: sizes) func widenedRangesFail(_ bits: Int) {
        let size = UInt32(Self.limbCount(bits))
        for (operation, operands) in [
            (CRSA_SQUARE, 0...1), (CRSA_MULTIPLY, 0...2), (CRSA_SHORT, 0...2), (CRSA_POWER, 0...1),
        ] {
            for operand in operands {
                #expect(
                    crsa_range_violations(operation, size, Int32(operand), .max >> 1) > 0, "\(operation) \(operand)")
            }
        }
    }
}
