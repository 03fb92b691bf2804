// Short Weierstrass curves by OpenSSL's big integers and points: what the lanes are compared with.
import CCrypto
import COpenSSL
import CWeierstrass
import Testing

/// A non-negative integer with arithmetic modulo p, n or anything else. Immutable.
final class Integer: @unchecked Sendable, Equatable {
    fileprivate let pointer: OpaquePointer
    fileprivate init() { pointer = BN_new() }
    deinit { BN_free(pointer) }

    convenience init(_ word: UInt64) {
        self.init()
        BN_set_word(pointer, UInt(word))
    }
    convenience init(_ bytes: Bytes) {
        self.init()
        BN_bin2bn(bytes, Int32(bytes.count), pointer)
    }
    /// From limbs of 52 bits, the last one of any size.
    convenience init(limbs: ArraySlice<UInt64>) {
        self.init()
        for limb in limbs.reversed() {
            BN_lshift(pointer, pointer, 52)
            BN_add_word(pointer, UInt(limb))
        }
    }
    static func power(_ exponent: Int) -> Integer {
        let result = Integer()
        BN_set_bit(result.pointer, Int32(exponent))
        return result
    }

    static func == (a: Integer, b: Integer) -> Bool { BN_cmp(a.pointer, b.pointer) == 0 }
    static func < (a: Integer, b: Integer) -> Bool { BN_cmp(a.pointer, b.pointer) < 0 }
    static func + (a: Integer, b: Integer) -> Integer {
        let result = Integer()
        BN_add(result.pointer, a.pointer, b.pointer)
        return result
    }
    /// a must not be below b.
    static func - (a: Integer, b: Integer) -> Integer {
        let result = Integer()
        BN_sub(result.pointer, a.pointer, b.pointer)
        return result
    }
    static func * (a: Integer, b: Integer) -> Integer {
        let result = Integer()
        let context = BN_CTX_new()
        BN_mul(result.pointer, a.pointer, b.pointer, context)
        BN_CTX_free(context)
        return result
    }
    func modulo(_ m: Integer) -> Integer {
        let result = Integer()
        let context = BN_CTX_new()
        BN_nnmod(result.pointer, pointer, m.pointer, context)
        BN_CTX_free(context)
        return result
    }
    func inverse(_ m: Integer) -> Integer {
        let result = Integer()
        let context = BN_CTX_new()
        BN_mod_inverse(result.pointer, pointer, m.pointer, context)
        BN_CTX_free(context)
        return result
    }

    var isOdd: Bool { BN_is_odd(pointer) == 1 }
    func bytes(_ count: Int) -> Bytes {
        var out = Bytes(repeating: 0, count: count)
        precondition(BN_bn2binpad(pointer, &out, Int32(count)) == Int32(count))
        return out
    }
    /// So many limbs of 52 bits, the last one of up to 64.
    func limbs(_ count: Int) -> [UInt64] {
        let bytes = Bytes(bytes(104).reversed())
        func bits(_ from: Int, _ count: Int) -> UInt64 {
            (0..<count).reduce(0) { $0 | UInt64(bytes[(from + $1) / 8] >> UInt8((from + $1) % 8) & 1) << UInt64($1) }
        }
        return (0..<count - 1).map { bits(52 * $0, 52) } + [bits(52 * (count - 1), 64)]
    }
}

/// What the tests of all curves run over.
final class Curve: Sendable, CustomTestStringConvertible {
    let algorithm: fv_algorithm
    let p, n: Integer
    let bits: Int
    let lanes: cw_curve
    private let nid: Int32
    var size: Int { (bits + 7) / 8 }
    var keyType: fv_key_type { algorithm.info.key_type }
    var testDescription: String { algorithm.name }

    init(_ algorithm: fv_algorithm, bits: Int, nid: Int32, lanes: cw_curve) {
        let numbers = EcdsaTests.curves.first { $0.algorithm == algorithm }!
        self.algorithm = algorithm
        self.bits = bits
        self.nid = nid
        self.lanes = lanes
        p = Integer(numbers.p)
        n = Integer(numbers.n)
    }

    static let p256 = Curve(FV_ES256, bits: 256, nid: NID_X9_62_prime256v1, lanes: cw_p256)
    static let all = [
        p256, Curve(FV_ES384, bits: 384, nid: NID_secp384r1, lanes: cw_p384),
        Curve(FV_ES512, bits: 521, nid: NID_secp521r1, lanes: cw_p521),
        Curve(FV_ES256K, bits: 256, nid: NID_secp256k1, lanes: cw_secp256k1),
    ]

    fileprivate func withGroup<Result>(_ body: (OpaquePointer?) -> Result) -> Result {
        let group = EC_GROUP_new_by_curve_name(nid)
        defer { EC_GROUP_free(group) }
        return body(group)
    }

    /// Of the JWS algorithm.
    func hash(_ input: Bytes) -> Integer {
        var digest = Bytes(repeating: 0, count: Int(algorithm.info.hash_size))
        switch digest.count {
        case 32: SHA256(input, input.count, &digest)
        case 48: SHA384(input, input.count, &digest)
        default: SHA512(input, input.count, &digest)
        }
        return Integer(digest)
    }
    /// A number below n that depends on the label only.
    func number(_ label: String) -> Integer {
        var digest = Bytes(repeating: 0, count: 64)
        let bytes = Bytes(label.utf8)
        SHA512(bytes, bytes.count, &digest)
        return (Integer(digest) * Integer(digest)).modulo(n)
    }
}

/// A point that is not infinity, or nil.
struct Point: Equatable {
    let x, y: Integer

    init(x: Integer, y: Integer) {
        self.x = x
        self.y = y
    }
    /// The point with this x and an even y, if there is one.
    init?(_ curve: Curve, x: Integer) {
        let found: Integer? = curve.withGroup { group in
            let point = EC_POINT_new(group)
            defer { EC_POINT_free(point) }
            let ok = EC_POINT_set_compressed_coordinates(group, point, x.pointer, 0, nil)
            ERR_clear_error()
            guard ok == 1 else { return nil }
            let y = Integer()
            EC_POINT_get_affine_coordinates(group, point, nil, y.pointer, nil)
            return y
        }
        guard let found else { return nil }
        self.x = x
        y = found
    }
    /// a G + b P.
    init?(_ curve: Curve, _ a: Integer, _ point: Point? = nil, times b: Integer = Integer(0)) {
        let x = Integer()
        let y = Integer()
        let finite = curve.withGroup { group in
            let result = EC_POINT_new(group)
            let other = point.map { given in
                let made = EC_POINT_new(group)
                EC_POINT_set_affine_coordinates(group, made, given.x.pointer, given.y.pointer, nil)
                return made
            }
            defer {
                EC_POINT_free(result)
                if let other { EC_POINT_free(other) }
            }
            EC_POINT_mul(group, result, a.pointer, other ?? nil, point == nil ? nil : b.pointer, nil)
            guard EC_POINT_is_at_infinity(group, result) == 0 else { return false }
            EC_POINT_get_affine_coordinates(group, result, x.pointer, y.pointer, nil)
            return true
        }
        guard finite else { return nil }
        self.x = x
        self.y = y
    }
}
