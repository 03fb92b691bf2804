// Points that incomplete additions cannot add, forced through every row: the attacker chooses u1 and u2.
import CCrypto
import CWeierstrass
import Foundation
import Testing

/// Signatures of one curve that meet exceptional points.
struct ExceptionalSignatures {
    struct Case: Sendable {
        let name: String
        let key: Key
        let input, signature: Bytes
        let valid: Bool
    }

    let curve: Curve
    var p: Integer { curve.p }
    var n: Integer { curve.n }
    var size: Int { curve.size }
    var keyWidth: Int { Int(curve.lanes.key_width) }
    var generatorWidth: Int { Int(curve.lanes.generator_width) }
    var streamCount: Int { Int(curve.lanes.streams) }
    let one = Integer(1)

    func negate(_ a: Integer) -> Integer { (n - a).modulo(n) }

    /// The signature of `input` whose R is `point`, with u1 given; the key is what it has to be: (R - u1 G) / u2.
    func forging(_ name: String, _ input: Bytes, r: Integer, point: Point, u1: Integer, valid: Bool) throws -> Case {
        let s = (curve.hash(input) * u1.inverse(n)).modulo(n)
        let u2 = (r * s.inverse(n)).modulo(n)
        let back = u2.inverse(n)
        let q = Point(curve, (negate(u1) * back).modulo(n), point, times: back)!
        return Case(
            name: name, key: try Key(curve.keyType, x: q.x.bytes(size), y: q.y.bytes(size)), input: input,
            signature: r.bytes(size) + s.bytes(size), valid: valid)
    }

    /// Valid, with u2 Q = t G; none where that makes R infinity.
    func meeting(_ name: String, u1: Integer, t: Integer) throws -> [Case] {
        guard let point = Point(curve, (u1 + t).modulo(n)) else { return [] }
        return [try forging(name, Bytes(name.utf8), r: point.x.modulo(n), point: point, u1: u1, valid: true)]
    }

    /// Signed odd digits of u (or of n - u where u is even, all negated), as in comb_weierstrass.h; in 2^(width i) each.
    func digits(_ u: Integer, width: Int) -> [Integer] {
        let odd = u.isOdd ? u : n - u
        let windows = (curve.bits + width - 1) / width
        let bytes = Bytes((odd + Integer.power(width * windows)).bytes(80).reversed())
        return (0..<windows).map { i in
            // Bit j of the recoded number is bit j + 1 of odd + 2^digits.
            let m = (0..<width).reduce(0) {
                $0 | Int(bytes[(width * i + $1 + 1) / 8] >> UInt8((width * i + $1 + 1) % 8) & 1) << $1
            }
            let digit = 2 * m - (1 << width) + 1
            let value = (Integer(UInt64(abs(digit))) * Integer.power(width * i)).modulo(n)
            return (digit < 0) == u.isOdd ? negate(value) : value
        }
    }

    /// All of them, `rounds` times with other numbers.
    func cases(rounds: Int) throws -> [Case] {
        var all: [Case] = []
        for i in 0..<rounds {
            let u1 = curve.number("u1 \(i)")
            // The last addition is a doubling; u1 G and u2 Q are equal.
            all += try meeting("u1 G = u2 Q \(i)", u1: u1, t: u1)
            // Each point of G meets the sum so far, equal and opposite.
            var sum = Integer(0)
            for (k, digit) in digits(u1, width: generatorWidth).enumerated() {
                all += try meeting("doubling at window \(k) \(i)", u1: u1, t: (digit + negate(sum)).modulo(n))
                all += try meeting("infinity at window \(k) \(i)", u1: u1, t: negate((digit + sum).modulo(n)))
                sum = (sum + digit).modulo(n)
            }
            for t in [one, Integer(2), Integer(3), n - one, n - Integer(2), Integer.power(8), Integer.power(13)] {
                all += try meeting("u2 Q = small \(i)", u1: u1, t: t)
                all += try meeting("both small \(i)", u1: t, t: (t * Integer(3)).modulo(n))
            }
            // u2 Q = -u1 G: R is infinity, and no r may be accepted. r = -e / d.
            let d = curve.number("d \(i)")
            let signing = try SigningKey(curve.keyType, [FV_PARAMETER_D: d.bytes(size)])
            let input = Bytes("infinity \(i)".utf8)
            let e = curve.hash(input).modulo(n)
            for (name, e) in [("R = infinity", negate(e)), ("R = 2 u1 G", e)] {
                let r = (e * d.inverse(n)).modulo(n)
                all.append(
                    Case(
                        name: name, key: try signing.publicKey(), input: input,
                        signature: r.bytes(size) + curve.number("s \(i)").bytes(size), valid: false))
            }
            all += try streams(i)
            all += try generators(i)
        }
        return all + (try wraps())
    }

    /// Q = G and Q = -G, with honest signatures.
    func generators(_ i: Int) throws -> [Case] {
        try [("Q = G", one), ("Q = -G", n - one)].map { name, d in
            let signing = try SigningKey(curve.keyType, [FV_PARAMETER_D: d.bytes(size)])
            let input = Bytes("\(name) \(i)".utf8)
            return Case(
                name: name, key: try signing.publicKey(), input: input, signature: signing.sign(curve.algorithm, input),
                valid: true)
        }
    }

    /// Stream `stream` of the shared sums (windows stream, stream + streams, … of Q) meets the first point of G added to
    /// it.
    func streams(_ i: Int) throws -> [Case] {
        let windows = (curve.bits + keyWidth - 1) / keyWidth
        let first = windows % streamCount
        return try (0..<streamCount).flatMap { stream -> [Case] in
            let input = Bytes("stream \(stream) \(i)".utf8)
            let (s, u2) = (curve.number("s \(stream) \(i)"), curve.number("u2 \(stream) \(i)"))
            let u1 = (curve.hash(input) * s.inverse(n)).modulo(n)
            let parts = digits(u2, width: keyWidth).enumerated().filter { $0.offset % streamCount == stream }
            let part = parts.reduce(Integer(0)) { ($0 + $1.element).modulo(n) }
            let point = digits(u1, width: generatorWidth)[(stream + streamCount - first) % streamCount]
            // The first point of G is added to stream `first`; in Jacobian sums, to all of u2 Q: (0, 0, 0) must not pass
            // for equal.
            let meetings =
                [(part, point), (part, negate(point))] + (stream == first ? [(u2, point), (u2, negate(point))] : [])
            return try meetings.map { multiple, target in
                let d = (target * multiple.inverse(n)).modulo(n)
                let key = try SigningKey(curve.keyType, [FV_PARAMETER_D: d.bytes(size)]).publicKey()
                return Case(
                    name: "stream \(stream) \(i)", key: key, input: input,
                    signature: (u2 * s).modulo(n).bytes(size) + s.bytes(size), valid: false)
            }
        }
    }

    /// x(R) at or above n is valid with r = x - n; r + n = x + p is not.
    func wraps() throws -> [Case] {
        var all: [Case] = []
        var x = Integer(1)
        let u1 = curve.number("wrap")
        while all.count < 12 {
            x = x + one
            if let above = Point(curve, x: n + x), above.x < p {
                all.append(try forging("x = n + small", Bytes("wrap".utf8), r: x, point: above, u1: u1, valid: true))
            }
            if let below = Point(curve, x: x) {
                let r = x + p - n
                all.append(
                    try forging("r + n = p + x", Bytes("wrap".utf8), r: r, point: below, u1: u1, valid: false))
            }
        }
        // The largest r that wraps: x just below p.
        var y = p - one
        while all.count < 14 {
            if let point = Point(curve, x: y) {
                all.append(try forging("x near p", Bytes("wrap".utf8), r: y - n, point: point, u1: u1, valid: true))
            }
            y = y - one
        }
        return all
    }
}

@Suite struct EcdsaExceptionTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let curve: Curve
        let name: String
        var testDescription: String { "\(curve.algorithm.name) \(name)" }
        var isOracle: Bool { name == "openssl" }
        // P-384 and P-521 take OpenSSL 0.4 ms a signature, and every exceptional one ends there.
        var isSlow: Bool { curve.bits > 256 }
    }
    static let rows = Curve.all.flatMap { curve in
        curve.algorithm.kernels.map { Row(curve: curve, name: String(cString: $0.pointee.name)) }
    }

    /// Alone, in every lane of small and large batches between valid and invalid neighbours, and many together.
    @Test(arguments: rows) func everyRow(_ row: Row) throws {
        let algorithm = row.curve.algorithm
        let kernel = fv_kernel_named(algorithm, row.name)!
        let signing = try SigningKey(algorithm)
        let neighbour = try Prepared(kernel, signing.publicKey())
        let input = Bytes("neighbour".utf8)
        let good = Job(neighbour, input, signing.sign(algorithm, input))
        let bad = Job(neighbour, input + [1], good.signature)
        let cases = try ExceptionalSignatures(curve: row.curve).cases(rounds: row.isSlow ? 1 : 3)
        var before = fv_table_counters()
        fv_tables_read(&before)
        for (index, item) in cases.enumerated() {
            let job = Job(try Prepared(kernel, item.key), item.input, item.signature)
            #expect(verify(kernel, [job]) == [item.valid], "\(item.name)")
            for count in row.isOracle ? [3] : [2, 3, 8, 17, 64] {
                let position = index % count
                let jobs = (0..<count).map { $0 == position ? job : $0 % 3 == 1 ? bad : good }
                let expected = (0..<count).map { $0 == position ? item.valid : $0 % 3 != 1 }
                #expect(verify(kernel, jobs) == expected, "\(item.name) at \(position) of \(count)")
            }
        }
        // Not more keys at a time than the default budget has tables for.
        for first in stride(from: 0, to: cases.count, by: 40) {
            let part = cases[first..<min(first + 40, cases.count)]
            let jobs = try part.map { Job(try Prepared(kernel, $0.key), $0.input, $0.signature) }
            #expect(verify(kernel, jobs) == part.map(\.valid))
            #expect(verify(kernel, jobs.flatMap { [$0, good, bad] }) == part.flatMap { [$0.valid, true, false] })
        }
        var after = fv_table_counters()
        fv_tables_read(&after)
        if ProcessInfo.processInfo.environment["FASTVERIFY_TABLES"]?.contains("eager") == true, !row.isOracle {
            #expect(after.uses.1 + after.uses.2 >= before.uses.1 + before.uses.2 + UInt64(cases.count), "with tables")
        }
    }
}
