// Field, scalars and points of the lanes against OpenSSL's big integers, on edge and random operands.
import CCrypto
import CWeierstrass
import Testing

@Suite struct WeierstrassArithmeticTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let curve: Curve
        let isWide: Bool
        var lanes: Int { isWide ? 8 : 1 }
        var limbs: Int { Int(curve.lanes.limbs) }
        var testDescription: String { "\(curve.algorithm.name) \(isWide ? "avx512ifma" : "scalar")" }
        func run(_ operation: cw_operation, _ input: [UInt64], _ output: inout [UInt64]) {
            (isWide ? curve.lanes.avx512ifma : curve.lanes.scalar)!(operation, input, &output)
        }
    }
    static let hasIFMA = FV_ES256.kernels.contains { String(cString: $0.pointee.name) == "multibuffer-avx512ifma" }
    static let rows = Curve.all.flatMap { curve in
        (hasIFMA ? [false, true] : [false]).map { Row(curve: curve, isWide: $0) }
    }

    /// A constant of the field file.
    static func number<Limbs>(_ limbs: Limbs, _ count: UInt32) -> Integer {
        withUnsafeBytes(of: limbs) { Integer(limbs: Array($0.bindMemory(to: UInt64.self).prefix(Int(count)))[...]) }
    }

    /// p, n, the form and its powers are what they are said to be.
    @Test(arguments: Curve.all) func constants(_ curve: Curve) {
        let c = curve.lanes
        let form = Self.number(c.form, c.limbs)
        #expect(Self.number(c.modulus, c.limbs) == curve.p)
        #expect(Self.number(c.order, c.limbs) == curve.n)
        #expect(Self.number(c.form_2, c.limbs) == (form * form).modulo(curve.p))
        #expect(Self.number(c.form_3, c.limbs) == (form * form * form).modulo(curve.p))
        let radix = Integer.power(52 * Int(c.limbs))
        #expect(Self.number(c.order_form_2, c.limbs) == (radix * radix).modulo(curve.n))
    }

    /// 0, 1, 2, the moduli and their neighbours, 2^52k ± 1, long runs of ones, and random ones, all below `limit`.
    static func operands(_ curve: Curve, below limit: Integer, _ random: inout SystemRandomNumberGenerator) -> [Integer]
    {
        let one = Integer(1)
        let (p, n) = (curve.p, curve.n)
        var all = [Integer(0), one, Integer(2), p, p + one, p - one, n, n - one, n + one, limit - one]
        for k in 1..<Int(curve.lanes.limbs) {
            all += [Integer.power(52 * k), Integer.power(52 * k) - one, Integer.power(52 * k) + one]
        }
        let top = curve.bits
        for (from, to) in [(0, top - 1), (1, 128), (52, 104), (50, 209), (96, top), (top - 56, top + 3), (32, 384)] {
            all.append(Integer.power(to) - Integer.power(from))
        }
        all = all.filter { $0 < limit }
        while all.count < 64 {
            all.append(Integer((0..<80).map { _ in UInt8.random(in: 0...255, using: &random) }).modulo(limit))
        }
        return all
    }

    static func run(_ row: Row, _ operation: cw_operation, _ operands: [[Integer]]) -> [[[UInt64]]] {
        let size = row.lanes * row.limbs
        var input = [UInt64](repeating: 0, count: Int(CW_OPERANDS) * size)
        var output = [UInt64](repeating: 0, count: Int(CW_RESULTS) * size)
        for (k, operand) in operands.enumerated() {
            for l in 0..<row.lanes {
                let first = k * size + l * row.limbs
                input.replaceSubrange(first..<first + row.limbs, with: operand[l].limbs(row.limbs))
            }
        }
        row.run(operation, input, &output)
        var results: [[[UInt64]]] = []
        for k in 0..<Int(CW_RESULTS) {
            results.append((0..<row.lanes).map { l in Array(output[(k * size + l * row.limbs)...].prefix(row.limbs)) })
        }
        return results
    }

    /// `expected` modulo `modulus`; the result may be that plus a multiple unless it has to be canonical.
    static func check(
        _ row: Row, _ operation: cw_operation, below limits: [Integer], modulus: Integer, canonical: Bool = false,
        expected: ([Integer]) -> Integer
    ) {
        var random = SystemRandomNumberGenerator()
        let lists = limits.map { operands(row.curve, below: $0, &random) }
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
                #expect(
                    (canonical ? result : result.modulo(modulus)) == wanted, "\(chosen[l].map { $0.limbs(row.limbs) })")
            }
        }
    }

    @Test(arguments: rows) func field(_ row: Row) {
        let p = row.curve.p
        let inverse = Self.number(row.curve.lanes.form, row.curve.lanes.limbs).inverse(p)
        let top = Integer.power(row.curve.bits + 3)
        Self.check(row, CW_MUL, below: [top, top], modulus: p) { $0[0] * $0[1] * inverse }
        Self.check(row, CW_SQUARE, below: [top], modulus: p) { $0[0] * $0[0] * inverse }
        Self.check(row, CW_MUL2, below: [top, top, top, top], modulus: p) {
            ($0[0] * $0[1] + $0[2] * $0[3]) * inverse
        }
        Self.check(row, CW_SUB, below: [p, p], modulus: p) { $0[0] + p - $0[1] }
        Self.check(row, CW_SUB_SIGNED, below: [p, p], modulus: p) { $0[0] + $0[1] }
        Self.check(row, CW_CANONICAL, below: [p + p], modulus: p, canonical: true) { $0[0] }
        let words = Integer.power(row.curve.bits)
        Self.check(row, CW_WORDS, below: [words], modulus: words, canonical: true) { $0[0] }
    }

    @Test(arguments: rows) func reduction(_ row: Row) {
        let p = row.curve.p
        var random = SystemRandomNumberGenerator()
        for value in Self.operands(row.curve, below: p * Integer(27), &random) {
            let given = value + p + p
            let result = Integer(
                limbs: Self.run(row, CW_REDUCE, [Array(repeating: given, count: row.lanes)])[0][0][...])
            #expect(result.modulo(p) == value.modulo(p))
            #expect(result < p + Integer.power(row.curve.bits - 9), "a coordinate")
        }
    }

    @Test(arguments: rows) func scalars(_ row: Row) {
        let n = row.curve.n
        let inverse = Integer.power(52 * row.limbs).inverse(n)
        let top = Integer.power(row.curve.bits)
        Self.check(row, CW_SCALAR_MUL, below: [top, top], modulus: n) { $0[0] * $0[1] * inverse }
        Self.check(row, CW_SCALAR_CANONICAL, below: [n + n], modulus: n, canonical: true) { $0[0] }
        Self.check(row, CW_SCALAR_ODD, below: [n], modulus: n + Integer(1), canonical: true) {
            $0[0].isOdd ? $0[0] : n - $0[0]
        }
    }

    @Test(arguments: Curve.all) func inverses(_ curve: Curve) {
        var random = SystemRandomNumberGenerator()
        for (order, modulus) in [curve.p, curve.n].enumerated() {
            for _ in 0..<20 {
                for value in Self.operands(curve, below: modulus, &random) {
                    var limbs = value.limbs(Int(curve.lanes.limbs))
                    curve.lanes.invert(Int32(order), &limbs)
                    let expected = value == Integer(0) ? value : value.inverse(modulus)
                    #expect(Integer(limbs: limbs[...]) == expected)
                }
            }
        }
    }

    /// Every formula against OpenSSL's points, with random Z.
    @Test(arguments: rows) func points(_ row: Row) throws {
        let curve = row.curve
        let p = curve.p
        let radix = Self.number(curve.lanes.form, curve.lanes.limbs)
        let inverse = radix.inverse(p)
        func form(_ a: [Integer]) -> [Integer] { a.map { ($0 * radix).modulo(p) } }
        func plain(_ a: [UInt64]) -> Integer { (Integer(limbs: a[...]) * inverse).modulo(p) }
        var random = SystemRandomNumberGenerator()
        func some() -> [Integer] {
            (0..<row.lanes).map { _ in
                Integer((0..<curve.size + 8).map { _ in UInt8.random(in: 1...255, using: &random) }).modulo(p)
            }
        }
        for _ in 0..<(64 / row.lanes + 4) {
            let a = some().map { Point(curve, $0.modulo(curve.n))! }
            let b = some().map { Point(curve, $0.modulo(curve.n))! }
            let (z, z2) = (some(), some())
            func jacobian(_ points: [Point], _ z: [Integer]) -> [[Integer]] {
                [
                    form(zip(points, z).map { $0.x * $1 * $1 }), form(zip(points, z).map { $0.y * $1 * $1 * $1 }),
                    form(z),
                ]
            }
            func affine(_ points: [Point]) -> [[Integer]] { [form(points.map(\.x)), form(points.map(\.y))] }
            func sum(_ a: Point, _ b: Point) -> Point? {
                let slope = (b.y + p - a.y) * (b.x + p - a.x).inverse(p)
                let x = (slope * slope + p + p - a.x - b.x).modulo(p)
                return Point(x: x, y: (slope * (a.x + p - x) + p - a.y).modulo(p))
            }
            let negative = b.map { Point(x: $0.x, y: p - $0.y) }
            let sums = zip(a, b).map { sum($0, $1) }
            let inverses = form(zip(a, b).map { ($1.x + p - $0.x).inverse(p) })
            let added = Self.run(row, CW_AFFINE_ADD, affine(a) + affine(b) + [inverses])
            for l in 0..<row.lanes { #expect(Point(x: plain(added[0][l]), y: plain(added[1][l])) == sums[l]) }
            let cases: [(cw_operation, [[Integer]], [Point?])] = [
                (CW_JACOBIAN_ADD_AFFINE, jacobian(a, z) + affine(b), sums),
                (CW_JACOBIAN_SUB_AFFINE, jacobian(a, z) + affine(b), zip(a, negative).map { sum($0, $1) }),
                (CW_JACOBIAN_ADD, jacobian(a, z) + jacobian(b, z2), sums),
                (CW_JACOBIAN_DOUBLE, jacobian(a, z), a.map { Point(curve, Integer(0), $0, times: Integer(2)) }),
            ]
            for (operation, operands, expected) in cases {
                let result = Self.run(row, operation, operands)
                for l in 0..<row.lanes {
                    let z = plain(result[2][l]).inverse(p)
                    let point = Point(
                        x: (plain(result[0][l]) * z * z).modulo(p), y: (plain(result[1][l]) * z * z * z).modulo(p))
                    #expect(point == expected[l], "\(operation) lane \(l)")
                }
            }
        }
    }
}
