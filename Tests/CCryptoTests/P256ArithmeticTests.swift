// Field, scalars and points of the P-256 lanes against OpenSSL's big integers, on edge and random operands.
import CCrypto
import CP256
import Testing

@Suite struct P256ArithmeticTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let lanes: Int
        let run: @Sendable (cp256_operation, [UInt64], inout [UInt64]) -> Void
    }
    static let rows: [Row] = {
        let scalar = Row(testDescription: "scalar", lanes: 1) { cp256_run_scalar($0, $1, &$2) }
        let wide = Row(testDescription: "avx512ifma", lanes: 8) { cp256_run_avx512ifma($0, $1, &$2) }
        let hasIFMA = FV_ES256.kernels.contains { String(cString: $0.pointee.name) == "multibuffer-avx512ifma" }
        return hasIFMA ? [scalar, wide] : [scalar]
    }()

    static let p = P256Point.p
    static let n = P256Point.n
    static let radix = Integer.power(260)

    /// 0, 1, 2, the moduli and their neighbours, 2^52k ± 1, long runs of ones, and random ones, all below `limit`.
    static func operands(below limit: Integer, _ random: inout SystemRandomNumberGenerator) -> [Integer] {
        let one = Integer(1)
        var all = [Integer(0), one, Integer(2), p, p + one, p - one, n, n - one, n + one, limit - one]
        for k in 1...4 { all += [Integer.power(52 * k), Integer.power(52 * k) - one, Integer.power(52 * k) + one] }
        for (from, to) in [(0, 255), (1, 128), (52, 104), (50, 209), (96, 256), (200, 259)] {
            all.append(Integer.power(to) - Integer.power(from))
        }
        all = all.filter { $0 < limit }
        while all.count < 64 {
            all.append(Integer((0..<40).map { _ in UInt8.random(in: 0...255, using: &random) }).modulo(limit))
        }
        return all
    }

    static func run(_ row: Row, _ operation: cp256_operation, _ operands: [[Integer]]) -> [[[UInt64]]] {
        let size = row.lanes * 5
        var input = [UInt64](repeating: 0, count: Int(CP256_OPERANDS) * size)
        var output = [UInt64](repeating: 0, count: Int(CP256_RESULTS) * size)
        for (k, operand) in operands.enumerated() {
            for l in 0..<row.lanes {
                let first = k * size + l * 5
                input.replaceSubrange(first..<first + 5, with: operand[l].limbs)
            }
        }
        row.run(operation, input, &output)
        var results: [[[UInt64]]] = []
        for k in 0..<Int(CP256_RESULTS) {
            results.append((0..<row.lanes).map { l in Array(output[(k * size + l * 5)...].prefix(5)) })
        }
        return results
    }

    /// `expected` modulo `modulus`; the result may be that plus a multiple unless it has to be canonical.
    static func check(
        _ row: Row, _ operation: cp256_operation, below limits: [Integer], modulus: Integer, canonical: Bool = false,
        expected: ([Integer]) -> Integer
    ) {
        var random = SystemRandomNumberGenerator()
        let lists = limits.map { operands(below: $0, &random) }
        // Every pair of the first two operands; others at random.
        let seconds = lists.count > 1 ? lists[1].count : 1
        let total = lists[0].count * seconds
        for first in stride(from: 0, to: total, by: row.lanes) {
            let chosen = (0..<row.lanes).map { l -> [Integer] in
                let index = (first + l) % total
                return lists.indices.map { k in
                    if k == 0 { return lists[0][index / seconds] }
                    return k == 1 ? lists[1][index % seconds] : lists[k].randomElement(using: &random)!
                }
            }
            let results = run(row, operation, limits.indices.map { k in chosen.map { $0[k] } })[0]
            for l in 0..<row.lanes {
                let result = Integer(limbs: results[l][...])
                #expect(results[l].allSatisfy { $0 >> 52 == 0 })
                let wanted = expected(chosen[l]).modulo(modulus)
                #expect((canonical ? result : result.modulo(modulus)) == wanted, "\(chosen[l].map { $0.limbs })")
            }
        }
    }

    @Test(arguments: rows) func field(_ row: Row) {
        let p = Self.p
        let inverse = Self.radix.inverse(p)
        let top = Integer.power(259)
        Self.check(row, CP256_MUL, below: [top, top], modulus: p) { $0[0] * $0[1] * inverse }
        Self.check(row, CP256_SQUARE, below: [top], modulus: p) { $0[0] * $0[0] * inverse }
        Self.check(row, CP256_MUL2, below: [top, top, top, top], modulus: p) {
            ($0[0] * $0[1] + $0[2] * $0[3]) * inverse
        }
        Self.check(row, CP256_SUB, below: [p, p], modulus: p) { $0[0] + p - $0[1] }
        Self.check(row, CP256_SUB_SIGNED, below: [p, p], modulus: p) { $0[0] + $0[1] }
        Self.check(row, CP256_CANONICAL, below: [p + p], modulus: p, canonical: true) { $0[0] }
        Self.check(row, CP256_WORDS, below: [Integer.power(256)], modulus: top, canonical: true) { $0[0] }
    }

    @Test(arguments: rows) func reduction(_ row: Row) {
        let p = Self.p
        var random = SystemRandomNumberGenerator()
        for value in Self.operands(below: p * Integer(27), &random) {
            let given = value + p + p
            let result = Integer(
                limbs: Self.run(row, CP256_REDUCE, [Array(repeating: given, count: row.lanes)])[0][0][...])
            #expect(result.modulo(p) == value.modulo(p))
            #expect(result < p + Integer.power(230), "a coordinate")
        }
    }

    @Test(arguments: rows) func scalars(_ row: Row) {
        let n = Self.n
        let inverse = Self.radix.inverse(n)
        let top = Integer.power(256)
        Self.check(row, CP256_SCALAR_MUL, below: [top, top], modulus: n) { $0[0] * $0[1] * inverse }
        Self.check(row, CP256_SCALAR_CANONICAL, below: [n + n], modulus: n, canonical: true) { $0[0] }
        Self.check(row, CP256_SCALAR_ODD, below: [n], modulus: n + Integer(1), canonical: true) {
            $0[0].isOdd ? $0[0] : n - $0[0]
        }
    }

    @Test func inverses() {
        var random = SystemRandomNumberGenerator()
        for (order, modulus) in [Self.p, Self.n].enumerated() {
            for _ in 0..<20 {
                for value in Self.operands(below: modulus, &random) {
                    var limbs = value.limbs
                    cp256_invert(Int32(order), &limbs)
                    let expected = value == Integer(0) ? value : value.inverse(modulus)
                    #expect(Integer(limbs: limbs[...]) == expected)
                }
            }
        }
    }

    /// Every formula against OpenSSL's points, with random Z.
    @Test(arguments: rows) func points(_ row: Row) throws {
        let p = Self.p
        let inverse = Self.radix.inverse(p)
        func form(_ a: [Integer]) -> [Integer] { a.map { ($0 * Self.radix).modulo(p) } }
        func plain(_ a: [UInt64]) -> Integer { (Integer(limbs: a[...]) * inverse).modulo(p) }
        var random = SystemRandomNumberGenerator()
        func some() -> [Integer] {
            (0..<row.lanes).map { _ in
                Integer((0..<32).map { _ in UInt8.random(in: 1...255, using: &random) }).modulo(p)
            }
        }
        for _ in 0..<(64 / row.lanes + 4) {
            let a = some().map { P256Point($0)! }
            let b = some().map { P256Point($0)! }
            let (z, z2) = (some(), some())
            func jacobian(_ points: [P256Point], _ z: [Integer]) -> [[Integer]] {
                [
                    form(zip(points, z).map { $0.x * $1 * $1 }), form(zip(points, z).map { $0.y * $1 * $1 * $1 }),
                    form(z),
                ]
            }
            func affine(_ points: [P256Point]) -> [[Integer]] { [form(points.map(\.x)), form(points.map(\.y))] }
            func sum(_ a: P256Point, _ b: P256Point) -> P256Point? {
                let slope = (b.y + p - a.y) * (b.x + p - a.x).inverse(p)
                let x = (slope * slope + p + p - a.x - b.x).modulo(p)
                return P256Point(x: x, y: (slope * (a.x + p - x) + p - a.y).modulo(p))
            }
            let negative = b.map { P256Point(x: $0.x, y: p - $0.y) }
            let sums = zip(a, b).map { sum($0, $1) }
            let inverses = form(zip(a, b).map { ($1.x + p - $0.x).inverse(p) })
            let added = Self.run(row, CP256_AFFINE_ADD, affine(a) + affine(b) + [inverses])
            for l in 0..<row.lanes { #expect(P256Point(x: plain(added[0][l]), y: plain(added[1][l])) == sums[l]) }
            let cases: [(cp256_operation, [[Integer]], [P256Point?])] = [
                (CP256_JACOBIAN_ADD_AFFINE, jacobian(a, z) + affine(b), sums),
                (CP256_JACOBIAN_SUB_AFFINE, jacobian(a, z) + affine(b), zip(a, negative).map { sum($0, $1) }),
                (CP256_JACOBIAN_ADD, jacobian(a, z) + jacobian(b, z2), sums),
                (CP256_JACOBIAN_DOUBLE, jacobian(a, z), a.map { P256Point(Integer(0), $0, times: Integer(2)) }),
            ]
            for (operation, operands, expected) in cases {
                let result = Self.run(row, operation, operands)
                for l in 0..<row.lanes {
                    let z = plain(result[2][l]).inverse(p)
                    let point = P256Point(
                        x: (plain(result[0][l]) * z * z).modulo(p), y: (plain(result[1][l]) * z * z * z).modulo(p))
                    #expect(point == expected[l], "\(operation) lane \(l)")
                }
            }
        }
    }
}
