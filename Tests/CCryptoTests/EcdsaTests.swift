import CCrypto
import Testing

@Suite struct EcdsaTests {
    struct Curve: Sendable {
        let algorithm: fv_algorithm
        let p, n: Bytes
        var size: Int { p.count }
    }

    // SEC 2 §2.4.1, §2.4.2, §2.5.1, §2.6.1.
    static let curves = [
        Curve(
            algorithm: FV_ES256,
            p: hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),
            n: hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")),
        Curve(
            algorithm: FV_ES256K,
            p: hex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"),
            n: hex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")),
        Curve(
            algorithm: FV_ES384,
            p: hex(
                "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe"
                    + "ffffffff0000000000000000ffffffff"),
            n: hex(
                "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"
                    + "581a0db248b0a77aecec196accc52973")),
        Curve(
            algorithm: FV_ES512,
            p: [1] + Bytes(repeating: 0xff, count: 65),
            n: hex(
                "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa"
                    + "51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409")),
    ]

    /// Row 16: psychic signatures.
    @Test(arguments: curves) func psychicSignatures(_ curve: Curve) throws {
        let zero = Bytes(repeating: 0, count: curve.size)
        let one: Bytes = zero.dropLast() + [1]
        let ones = Bytes(repeating: 0xff, count: curve.size)
        let values = [
            zero, one, subtract(curve.n, one), curve.n, add(curve.n, one), curve.p, subtract(curve.p, one), ones,
        ]
        let key = try SigningKey(curve.algorithm).publicKey()
        for kernel in curve.algorithm.kernels {
            let prepared = try Prepared(kernel, key)
            let jobs = values.flatMap { r in values.map { s in Job(prepared, Bytes("x".utf8), r + s) } }
            #expect(verify(kernel, jobs).allSatisfy { !$0 })
        }
    }

    /// Row 17: other lengths, DER, stripped and added zeros. Row 18: the malleated form of a signature is one, too.
    @Test(arguments: curves) func lengthsAndHighS(_ curve: Curve) throws {
        let signing = try SigningKey(curve.algorithm)
        let key = try signing.publicKey()
        let input = Bytes("message".utf8)
        let size = curve.size
        let signature = signing.sign(curve.algorithm, input)
        let r = Bytes(signature.prefix(size))
        let s = Bytes(signature.suffix(size))
        var encoded = der(0x30, der(2, [0] + r) + der(2, [0] + s))
        var refused = [encoded, [0] + signature, signature + [0], [0] + r + [0] + s]
        encoded += Bytes(repeating: 0, count: max(0, 2 * size - encoded.count))
        refused += [Bytes(encoded.prefix(2 * size)), Bytes(encoded.suffix(2 * size)), hex("3006020100020100")]
        refused += [0, 1, size, 2 * size - 2, 2 * size - 1].map { Bytes(signature.prefix($0)) }
        refused += [128, 150, 16372].filter { $0 != 2 * size }.map { Bytes(repeating: 1, count: $0) }
        refused += [r + add(s, curve.n), add(r, curve.n) + s, s + r]
        for kernel in curve.algorithm.kernels {
            let prepared = try Prepared(kernel, key)
            #expect(prepared.verify(input, signature))
            #expect(prepared.verify(input, r + subtract(curve.n, s)), "n - s")
            for (index, item) in refused.enumerated() { #expect(!prepared.verify(input, item), "\(index)") }
            #expect(prepared.verify(input, signature), "a context survives what it refused")
            #expect(!prepared.verify(input + [0], signature))
            #expect(!prepared.verify([], signature))
        }
    }

    /// Row 20: points off the curve, coordinates of other lengths or not below p, infinity.
    @Test(arguments: curves) func invalidPoints(_ curve: Curve) throws {
        let type = curve.algorithm.info.key_type
        let size = curve.size
        let key = try SigningKey(curve.algorithm).publicKey()
        let x = key.parameter(FV_PARAMETER_X)
        let y = key.parameter(FV_PARAMETER_Y)
        let zero = Bytes(repeating: 0, count: size)
        #expect(try Key(type, x: x, y: subtract(curve.p, y)).bits == key.bits, "-Q is a point as well")
        let invalid = [
            (x, y.flippingBit(0)), (x.flippingBit(1), y), (zero, zero), (x, zero), (zero, y), (y, x), (curve.p, y),
            (x, curve.p), (Bytes(repeating: 0xff, count: size), y),
        ]
        for (x, y) in invalid {
            #expect(throws: Refused(FV_KEY_POINT_INVALID)) { try Key(type, x: x, y: y) }
        }
        let lengths = [
            ([0] + x, y), (x, [0] + y), (x, []), ([], y), ([], []), (Bytes(x.dropFirst()), y), (x, Bytes(y.dropLast())),
            ([0] + x, [0] + y), (x + y, []), ([4] + x, y),
        ]
        for (x, y) in lengths {
            #expect(throws: Refused(FV_KEY_COORDINATE_LENGTH)) { try Key(type, x: x, y: y) }
        }
        for other in [FV_KEY_RSA, FV_KEY_SECRET, FV_KEY_ED25519, fv_key_type(rawValue: 99)] {
            #expect(throws: Refused(FV_KEY_UNSUPPORTED)) { try Key(other, x: x, y: y) }
        }
        let others = [FV_KEY_P256, FV_KEY_P384, FV_KEY_P521, FV_KEY_SECP256K1].filter { $0 != type }
        for other in others { #expect(throws: Refused.self) { try Key(other, x: x, y: y) } }
    }

    /// x + p has the same residue: OpenSSL would take it for x. Such an x exists only where it is small.
    @Test func coordinatesAreNotReduced() throws {
        // P-256 has a point with x = 5; p + 5 fits 32 octets.
        let x = Bytes(repeating: 0, count: 31) + [5]
        let y = hex("459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc")
        #expect(try Key(FV_KEY_P256, x: x, y: y).type == FV_KEY_P256)
        #expect(throws: Refused(FV_KEY_POINT_INVALID)) { try Key(FV_KEY_P256, x: add(x, Self.curves[0].p), y: y) }
    }
}

/// Big-endian, of equal length, without the last carry or borrow.
func add(_ a: Bytes, _ b: Bytes) -> Bytes { Bytes(sum(a.reversed(), b.reversed()).reversed()) }
func subtract(_ a: Bytes, _ b: Bytes) -> Bytes {
    let one = Bytes(repeating: 0, count: a.count - 1) + [1]
    return add(add(a, b.map { ~$0 }), one)
}
