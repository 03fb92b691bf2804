// P-256 by OpenSSL's big integers and points: what the lanes are compared with.
import COpenSSL

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
    func bytes(_ count: Int = 32) -> Bytes {
        var out = Bytes(repeating: 0, count: count)
        precondition(BN_bn2binpad(pointer, &out, Int32(count)) == Int32(count))
        return out
    }
    var limbs: [UInt64] {
        let bytes = Bytes(bytes(40).reversed())
        func bits(_ from: Int, _ count: Int) -> UInt64 {
            (0..<count).reduce(0) { $0 | UInt64(bytes[(from + $1) / 8] >> UInt8((from + $1) % 8) & 1) << UInt64($1) }
        }
        return (0..<4).map { bits(52 * $0, 52) } + [bits(208, 64)]
    }
}

/// A point that is not infinity, or nil.
struct P256Point: Equatable {
    let x, y: Integer

    static let p = Integer(EcdsaTests.curves[0].p)
    static let n = Integer(EcdsaTests.curves[0].n)
    private static var group: OpaquePointer { EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1) }

    init(x: Integer, y: Integer) {
        self.x = x
        self.y = y
    }
    /// The point with this x and an even y, if there is one.
    init?(x: Integer) {
        let group = Self.group
        let point = EC_POINT_new(group)
        defer {
            EC_POINT_free(point)
            EC_GROUP_free(group)
        }
        let ok = EC_POINT_set_compressed_coordinates(group, point, x.pointer, 0, nil)
        ERR_clear_error()
        guard ok == 1 else { return nil }
        self.x = x
        y = Integer()
        EC_POINT_get_affine_coordinates(group, point, nil, y.pointer, nil)
    }
    /// a G + b P.
    init?(_ a: Integer, _ point: P256Point? = nil, times b: Integer = Integer(0)) {
        let group = Self.group
        let result = EC_POINT_new(group)
        let other = point.map { given in
            let made = EC_POINT_new(group)
            EC_POINT_set_affine_coordinates(group, made, given.x.pointer, given.y.pointer, nil)
            return made
        }
        defer {
            EC_POINT_free(result)
            if let other { EC_POINT_free(other) }
            EC_GROUP_free(group)
        }
        EC_POINT_mul(group, result, a.pointer, other ?? nil, point == nil ? nil : b.pointer, nil)
        guard EC_POINT_is_at_infinity(group, result) == 0 else { return nil }
        x = Integer()
        y = Integer()
        EC_POINT_get_affine_coordinates(group, result, x.pointer, y.pointer, nil)
    }
}
