import CCrypto
import Testing

// The STRICT rule (ed25519_strict.h), and that every kernel obeys it.
@Suite struct EdwardsTests {
    /// The points whose order divides 8, in every encoding a lenient decoder takes.
    static let smallOrder25519 = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ].flatMap { [hex($0), hex($0).settingBit(255)] }

    struct Case: Decodable {
        let message, key, signature: String
        enum CodingKeys: String, CodingKey {
            case message, signature
            case key = "pub_key"
        }
    }

    @Test(.vectors("ed25519-speccheck")) func speccheck() throws {
        let cases = try Vectors.decode([Case].self, "ed25519-speccheck/cases.json")
        #expect(cases.count == 12)
        for kernel in FV_ED25519.kernels {
            let accepted = cases.indices.filter { index in
                guard let key = try? Key(FV_KEY_ED25519, edwards: hex(cases[index].key)),
                    let prepared = try? Prepared(kernel, key)
                else { return false }
                return prepared.verify(hex(cases[index].message), hex(cases[index].signature))
            }
            #expect(accepted == [3], "\(String(cString: kernel.pointee.name))")
        }
    }

    @Test func keysOfSmallOrder25519() {
        #expect(Set(Self.smallOrder25519).count == 14)
        for key in Self.smallOrder25519 {
            #expect(throws: Refused(FV_KEY_SMALL_ORDER)) { try Key(FV_KEY_ED25519, edwards: key) }
        }
    }

    @Test func keysOutOfRange25519() throws {
        // p + 2 … 2^255 - 1 are not canonical; p and p + 1 are among those of small order.
        for low in UInt8(0xef)...0xff {
            let key = [low] + Bytes(repeating: 0xff, count: 30) + [0x7f]
            #expect(throws: Refused(FV_KEY_POINT_INVALID)) { try Key(FV_KEY_ED25519, edwards: key) }
            #expect(throws: Refused(FV_KEY_POINT_INVALID)) { try Key(FV_KEY_ED25519, edwards: key.settingBit(255)) }
        }
        for count in [0, 1, 31, 33, 57, 64] {
            let key = Bytes(repeating: 9, count: count)
            #expect(throws: Refused(FV_KEY_COORDINATE_LENGTH)) { try Key(FV_KEY_ED25519, edwards: key) }
        }
        #expect(throws: Refused(FV_KEY_UNSUPPORTED)) { try Key(FV_KEY_P256, edwards: Bytes(repeating: 9, count: 32)) }
    }

    /// About half of all y belong to a point. Which ones was computed apart, with Euler's criterion in Python.
    @Test func keysThatAreNoPoint25519() throws {
        var points: [UInt8] = []
        for y in UInt8(2)...30 {
            let key = [y] + Bytes(repeating: 0, count: 31)
            let first = (try? Key(FV_KEY_ED25519, edwards: key)) != nil
            let second = (try? Key(FV_KEY_ED25519, edwards: key.settingBit(255))) != nil
            #expect(first == second)
            if first { points.append(y) }
        }
        #expect(points == [3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 19, 21, 23, 24, 25, 26, 27, 28, 29, 30])
    }

    @Test func keys448() throws {
        let zero = Bytes(repeating: 0, count: 57)
        let one = [1] + zero.dropFirst()
        // p - 1 = 2^448 - 2^224 - 2
        let p: Bytes = Bytes(repeating: 0xff, count: 28) + [0xfe] + Bytes(repeating: 0xff, count: 27) + [0]
        let minusOne = [0xfe] + p.dropFirst()
        for key in [zero, one, minusOne] {
            for key in [key, key.settingBit(455)] {
                #expect(throws: Refused(FV_KEY_SMALL_ORDER)) { try Key(FV_KEY_ED448, edwards: key) }
            }
        }
        for key in [p, Bytes(repeating: 0xff, count: 56) + [0], zero.settingBit(448), zero.settingBit(454)] {
            #expect(throws: Refused(FV_KEY_POINT_INVALID)) { try Key(FV_KEY_ED448, edwards: key) }
        }
        var points: [UInt8] = []
        for y in UInt8(2)...30 where (try? Key(FV_KEY_ED448, edwards: [y] + zero.dropFirst())) != nil {
            points.append(y)
        }
        #expect(points == [3, 4, 5, 7, 8, 9, 12, 13, 19, 21, 24, 25, 26, 27, 29])
        #expect(throws: Refused(FV_KEY_COORDINATE_LENGTH)) { try Key(FV_KEY_ED448, edwards: Bytes(zero.dropLast())) }
    }

    static let orders: [fv_algorithm: Bytes] = [
        FV_ED25519: hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"),
        FV_ED448: hex(
            "f34458ab92c27823558fc58d72c26c219036d6ae49db4ec4e923ca7cffffffff"
                + "ffffffffffffffffffffffffffffffffffffffffffffff3f00"),
    ]

    @Test(arguments: [FV_ED25519, FV_ED448]) func malleatedSignatures(_ algorithm: fv_algorithm) throws {
        let signing = try SigningKey(algorithm)
        let key = try signing.publicKey()
        let order = Self.orders[algorithm]!
        let half = order.count
        let input = Bytes("message".utf8)
        let signature = signing.sign(algorithm, input)
        let r = Bytes(signature.prefix(half))
        let s = Bytes(signature.suffix(half))
        var refused = [r + order, r + sum(s, order), sum(r, order) + s, order + s]
        refused += (1...4).map { r + s.settingBit(half * 8 - $0) }
        refused += Self.smallOrder25519.map { $0 + s }
        refused += [0, 1, half, 2 * half - 1].map { Bytes(signature.prefix($0)) }
        refused += [
            signature + [0], [0] + signature, Bytes(repeating: 0, count: 2 * half),
            r + Bytes(repeating: 0, count: half),
        ]
        for kernel in algorithm.kernels {
            let prepared = try Prepared(kernel, key)
            #expect(prepared.verify(input, signature))
            for (index, item) in refused.enumerated() { #expect(!prepared.verify(input, item), "\(index)") }
            #expect(prepared.verify(input, signature), "a context survives what it refused")
        }
    }

    /// Every kernel gives the same verdict on flipped bits of key and signature, and only on the untouched one a yes.
    @Test(arguments: [FV_ED25519, FV_ED448]) func flippedBits(_ algorithm: fv_algorithm) throws {
        let signing = try SigningKey(algorithm)
        let key = try signing.publicKey()
        let input = Bytes("another message".utf8)
        let signature = signing.sign(algorithm, input)
        let encoded = key.parameter(FV_PARAMETER_X)
        for kernel in algorithm.kernels {
            let prepared = try Prepared(kernel, key)
            let jobs = (0..<signature.count * 8).map { Job(prepared, input, signature.flippingBit($0)) }
            #expect(verify(kernel, jobs).allSatisfy { !$0 })
            for bit in 0..<encoded.count * 8 {
                guard let other = try? Key(algorithm.info.key_type, edwards: encoded.flippingBit(bit)) else { continue }
                #expect(!(try Prepared(kernel, other).verify(input, signature)))
            }
        }
    }
}

extension [UInt8] {
    func settingBit(_ bit: Int) -> Bytes {
        var copy = self
        copy[bit / 8] |= 1 << UInt8(bit % 8)
        return copy
    }
    func flippingBit(_ bit: Int) -> Bytes {
        var copy = self
        copy[bit / 8] ^= 1 << UInt8(bit % 8)
        return copy
    }
}

/// Little-endian, without the last carry.
func sum(_ a: Bytes, _ b: Bytes) -> Bytes {
    var carry = 0
    return zip(a, b).map { x, y in
        carry += Int(x) + Int(y)
        defer { carry >>= 8 }
        return UInt8(carry & 255)
    }
}
