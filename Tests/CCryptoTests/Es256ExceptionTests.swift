// Points that incomplete additions cannot add, forced through every row: the attacker chooses u1 and u2.
import CCrypto
import Testing

@Suite struct Es256ExceptionTests {
    static let p = P256Point.p
    static let n = P256Point.n
    static let one = Integer(1)

    struct Case: Sendable {
        let name: String
        let key: Key
        let input, signature: Bytes
        let valid: Bool
    }

    static func number(_ label: String) -> Integer {
        var digest = Bytes(repeating: 0, count: 32)
        let bytes = Bytes(label.utf8)
        fv_sha256(bytes, bytes.count, &digest)
        return Integer(digest).modulo(n)
    }
    static func negate(_ a: Integer) -> Integer { (n - a).modulo(n) }

    /// The signature of `input` whose R is `point`, with u1 given; the key is what it has to be: (R - u1 G) / u2.
    static func forging(_ name: String, _ input: Bytes, r: Integer, point: P256Point, u1: Integer, valid: Bool) throws
        -> Case
    {
        var digest = Bytes(repeating: 0, count: 32)
        fv_sha256(input, input.count, &digest)
        let s = (Integer(digest) * u1.inverse(n)).modulo(n)
        let u2 = (r * s.inverse(n)).modulo(n)
        let back = u2.inverse(n)
        let q = P256Point((negate(u1) * back).modulo(n), point, times: back)!
        return Case(
            name: name, key: try Key(FV_KEY_P256, x: q.x.bytes(), y: q.y.bytes()), input: input,
            signature: r.bytes() + s.bytes(), valid: valid)
    }

    /// Valid, with u2 Q = t G; none where that makes R infinity.
    static func meeting(_ name: String, u1: Integer, t: Integer) throws -> [Case] {
        guard let point = P256Point((u1 + t).modulo(n)) else { return [] }
        return [try forging(name, Bytes(name.utf8), r: point.x.modulo(n), point: point, u1: u1, valid: true)]
    }

    /// Signed odd digits of u (or of n - u where u is even, all negated), as in comb_p256.h; in 2^(width i) each.
    static func digits(_ u: Integer, width: Int) -> [Integer] {
        let odd = u.isOdd ? u : n - u
        let windows = (256 + width - 1) / width
        let bytes = Bytes((odd + Integer.power(width * windows)).bytes(40).reversed())
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

    static let cases: [Case] = {
        do {
            var all: [Case] = []
            for i in 0..<3 {
                let u1 = number("u1 \(i)")
                // The last addition is a doubling; u1 G and u2 Q are equal.
                all += try meeting("u1 G = u2 Q \(i)", u1: u1, t: u1)
                // Each point of G meets the sum so far, equal and opposite.
                var sum = Integer(0)
                for (k, digit) in digits(u1, width: 13).enumerated() {
                    all += try meeting("doubling at window \(k) \(i)", u1: u1, t: (digit + negate(sum)).modulo(n))
                    all += try meeting("infinity at window \(k) \(i)", u1: u1, t: negate((digit + sum).modulo(n)))
                    sum = (sum + digit).modulo(n)
                }
                for t in [one, Integer(2), Integer(3), n - one, n - Integer(2), Integer.power(8), Integer.power(13)] {
                    all += try meeting("u2 Q = small \(i)", u1: u1, t: t)
                    all += try meeting("both small \(i)", u1: t, t: (t * Integer(3)).modulo(n))
                }
                // u2 Q = -u1 G: R is infinity, and no r may be accepted. r = -e / d.
                let d = number("d \(i)")
                let signing = try SigningKey(FV_KEY_P256, [FV_PARAMETER_D: d.bytes()])
                let input = Bytes("infinity \(i)".utf8)
                var digest = Bytes(repeating: 0, count: 32)
                fv_sha256(input, input.count, &digest)
                for (name, e) in [("R = infinity", negate(Integer(digest).modulo(n))), ("R = 2 u1 G", Integer(digest))]
                {
                    let r = (e * d.inverse(n)).modulo(n)
                    all.append(
                        Case(
                            name: name, key: try signing.publicKey(), input: input,
                            signature: r.bytes() + number("s \(i)").bytes(), valid: false))
                }
                all += try streams(i)
            }
            all += try wraps()
            return all
        } catch { preconditionFailure("\(error)") }
    }()

    /// Stream `stream` of the 13 shared sums (windows stream, stream + 13, … of Q) meets the first point of G added to it.
    static func streams(_ i: Int) throws -> [Case] {
        try (0..<13).flatMap { stream -> [Case] in
            let input = Bytes("stream \(stream) \(i)".utf8)
            var digest = Bytes(repeating: 0, count: 32)
            fv_sha256(input, input.count, &digest)
            let (s, u2) = (number("s \(stream) \(i)"), number("u2 \(stream) \(i)"))
            let u1 = (Integer(digest) * s.inverse(n)).modulo(n)
            let parts = digits(u2, width: 8).enumerated().filter { $0.offset % 13 == stream }.map(\.element)
            let part = parts.reduce(Integer(0)) { ($0 + $1).modulo(n) }
            let point = digits(u1, width: 13)[(stream + 13 - 32 % 13) % 13]
            // Stream 6 meets the first point of G; so does, in Jacobian sums, all of u2 Q: (0, 0, 0) must not pass for equal.
            let meetings =
                [(part, point), (part, negate(point))] + (stream == 6 ? [(u2, point), (u2, negate(point))] : [])
            return try meetings.map { multiple, target in
                let d = (target * multiple.inverse(n)).modulo(n)
                let key = try SigningKey(FV_KEY_P256, [FV_PARAMETER_D: d.bytes()]).publicKey()
                return Case(
                    name: "stream \(stream)", key: key, input: input,
                    signature: (u2 * s).modulo(n).bytes() + s.bytes(), valid: false)
            }
        }
    }

    /// x(R) at or above n is valid with r = x - n; r + n = x + p is not.
    static func wraps() throws -> [Case] {
        var all: [Case] = []
        var x = Integer(1)
        while all.count < 12 {
            x = x + one
            if let above = P256Point(x: n + x), above.x < p {
                all.append(
                    try forging(
                        "x = n + small", Bytes("wrap".utf8), r: x, point: above, u1: number("wrap"), valid: true))
            }
            if let below = P256Point(x: x) {
                let r = x + p - n
                all.append(
                    try forging(
                        "r + n = p + x", Bytes("wrap".utf8), r: r, point: below, u1: number("wrap"), valid: false))
            }
        }
        return all
    }

    /// Alone, in every lane of small and large batches between valid and invalid neighbours, and all together.
    @Test(arguments: FV_ES256.kernels.map { String(cString: $0.pointee.name) }) func everyRow(_ name: String) throws {
        let kernel = fv_kernel_named(FV_ES256, name)!
        let signing = try SigningKey(FV_ES256)
        let neighbour = try Prepared(kernel, signing.publicKey())
        let input = Bytes("neighbour".utf8)
        let good = Job(neighbour, input, signing.sign(FV_ES256, input))
        let bad = Job(neighbour, input + [1], good.signature)
        var together: [Job] = []
        for item in Self.cases {
            let job = Job(try Prepared(kernel, item.key), item.input, item.signature)
            together.append(job)
            #expect(verify(kernel, [job]) == [item.valid], "\(item.name)")
            for count in [2, 3, 8, 17, 64] {
                let position = together.count % count
                let jobs = (0..<count).map { $0 == position ? job : $0 % 3 == 1 ? bad : good }
                let expected = (0..<count).map { $0 == position ? item.valid : $0 % 3 != 1 }
                #expect(verify(kernel, jobs) == expected, "\(item.name) at \(position) of \(count)")
            }
        }
        let expected = Self.cases.map(\.valid)
        #expect(verify(kernel, together) == expected)
        let mixed = together.flatMap { [$0, good, bad] }
        #expect(verify(kernel, mixed) == expected.flatMap { [$0, true, false] })
    }
}
