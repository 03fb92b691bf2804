// Signatures an RSA key gives to right and wrong encodings, made once and mutated by the tests: signing is slow.
import CCrypto
import COpenSSL

/// EMSA-PKCS1-v1_5 and EMSA-PSS (RFC 8017 §9), and everything near them.
struct RSAEncoding {
    let isPSS: Bool
    let hash: Int
    let size: Int

    init(_ algorithm: fv_algorithm, size: Int) {
        isPSS = algorithm.name.hasPrefix("PS")
        hash = Int(algorithm.info.hash_size)
        self.size = size
    }

    static func digest(_ size: Int, _ message: Bytes) -> Bytes {
        var out = Bytes(repeating: 0, count: 64)
        let method = size == 20 ? EVP_sha1() : size == 32 ? EVP_sha256() : size == 48 ? EVP_sha384() : EVP_sha512()
        precondition(EVP_Digest(message, message.count, &out, nil, method, nil) == 1)
        return Bytes(out.prefix(size))
    }
    func digest(_ message: Bytes) -> Bytes { Self.digest(hash, message) }

    // MARK: PKCS #1 v1.5

    /// DigestInfo without the hash.
    func info(null: Bool = true, named: Int? = nil) -> Bytes {
        let name = (named ?? hash) == 32 ? 1 : (named ?? hash) == 48 ? 2 : 3 as UInt8
        let oid = hex("06096086480165030402") + [name]
        let algorithm = null ? oid + [5, 0] : oid
        return [0x30, UInt8(algorithm.count + 4 + hash), 0x30, UInt8(algorithm.count)] + algorithm + [4, UInt8(hash)]
    }
    func block(_ tail: Bytes) -> Bytes {
        [0, 1] + Bytes(repeating: 0xff, count: size - 3 - tail.count) + [0] + tail
    }
    func wrongPKCS1(_ message: Bytes) -> [(String, Bytes)] {
        let h = digest(message)
        let right = block(info() + h)
        func changed(_ index: Int, _ value: UInt8) -> Bytes {
            var copy = right
            copy[index] = value
            return copy
        }
        let long = [0x30, 0x81] + info().dropFirst() + h
        let garbage = Bytes(repeating: 0x5a, count: size - 11 - info().count - hash)
        let short = [0, 1] + Bytes(repeating: 0xff, count: 8) + [0] + info() + h
        return [
            ("no NULL", block(info(null: false) + h)), ("BER length", block(long)),
            ("another hash's name", block(info(named: hash == 32 ? 48 : 32) + h)), ("bare hash", block(h)),
            ("trailing zero", block(info() + h + [0])), ("other message", block(info() + digest(message + [1]))),
            ("type 2", changed(1, 2)), ("type 0", changed(1, 0)), ("leading octet", changed(0, 1)),
            ("first of padding", changed(2, 0xfe)), ("zero in padding", changed(size / 2, 0)),
            ("last of padding", changed(size - hash - 21, 0xfe)), ("no separator", changed(size - hash - 20, 0xff)),
            ("first of DigestInfo", changed(size - hash - 19, 0x31)), ("NULL of length 1", changed(size - hash - 3, 1)),
            ("first of hash", changed(size - hash, h[0] ^ 0x80)), ("last of hash", changed(size - 1, h[hash - 1] ^ 1)),
            ("Bleichenbacher's short padding", short + garbage),
            ("one octet of padding less", [0] + right.dropFirst(2) + [0]),
            ("hash of zeros", block(info() + Bytes(repeating: 0, count: hash))),
        ]
    }

    // MARK: PSS

    func mask(_ seed: Bytes, _ count: Int, hash: Int) -> Bytes {
        Bytes((0...UInt8(count / hash)).flatMap { Self.digest(hash, seed + [0, 0, 0, $0]) }.prefix(count))
    }
    /// `change` edits DB before it is masked; emBits is taken for 8 `size` - 1.
    func pss(
        _ message: Bytes, salt: Bytes, mgf1: Int? = nil, trailer: UInt8 = 0xbc, hashOf prefix: Bytes? = nil,
        flipping bit: Int? = nil,
        change: (inout Bytes) -> Void = { _ in }
    ) -> Bytes {
        var h = digest((prefix ?? Bytes(repeating: 0, count: 8)) + digest(message) + salt)
        if let bit { h = h.flippingBit(bit) }
        var db = Bytes(repeating: 0, count: size - hash - 2 - salt.count) + [1] + salt
        change(&db)
        var masked = zip(db, mask(h, db.count, hash: mgf1 ?? hash)).map { $0 ^ $1 }
        masked[0] &= 0x7f
        return masked + h + [trailer]
    }
    func wrongPSS(_ message: Bytes, _ random: inout Random) -> [(String, Bytes)] {
        let salt = random.bytes(hash)
        let longest = size - hash - 2
        var all = [0, 1, 20, hash - 1, hash + 1, longest - 1, longest].map { count in
            ("salt of \(count)", pss(message, salt: random.bytes(count)))
        }
        for trailer: UInt8 in [0xcc, 0xbd, 0x3c, 0] {
            all.append(("trailer \(trailer)", pss(message, salt: salt, trailer: trailer)))
        }
        let separator = size - hash - 2 - hash
        for index in [0, 1, separator / 2, separator - 1] {
            all.append(("\(index) is not zero", pss(message, salt: salt) { $0[index] = 1 }))
        }
        all += [
            ("separator 2", pss(message, salt: salt) { $0[separator] = 2 }),
            ("separator 0", pss(message, salt: salt) { $0[separator] = 0 }),
            ("separator early", pss(message, salt: salt) { $0[separator - 1] = 1 }),
            ("first of hash", pss(message, salt: salt, flipping: 7)),
            ("last of hash", pss(message, salt: salt, flipping: 8 * hash - 8)),
            ("other salt hashed", pss(message, salt: salt) { $0[separator + 1] ^= 1 }),
            ("last of salt", pss(message, salt: salt) { $0[$0.count - 1] ^= 0x80 }),
            ("other message", pss(message + [1], salt: salt)),
            ("no zeros before the hash", pss(message, salt: salt, hashOf: [])),
            ("ones before the hash", pss(message, salt: salt, hashOf: Bytes(repeating: 1, count: 8))),
            ("MGF1 of SHA-1", pss(message, salt: salt, mgf1: 20)),
            ("MGF1 of another hash", pss(message, salt: salt, mgf1: hash == 32 ? 64 : 32)),
            ("PKCS #1", block(info() + digest(message))),
        ]
        return all
    }
}

/// A key and what it signed.
final class RSASigner: @unchecked Sendable {
    struct Item: Sendable {
        let label: String
        let isValid: Bool
        let input, signature: Bytes
    }

    let raw: RawRSA
    let key: Key
    let bits: Int
    let n: Integer

    init(_ bits: Int, exponent: UInt) {
        raw = RawRSA(bits: bits, exponent: exponent)
        self.bits = bits
        key = try! Key(rsa: raw.n, raw.e)
        n = Integer(raw.n)
    }

    /// Without optimisation and under sanitizers the lanes take a hundred times as long: every so many cases there.
    #if DEBUG
        static let stride = 32
    #else
        static let stride = 1
    #endif

    /// Same size and exponent twice, other exponents, and sizes that the lanes leave to OpenSSL.
    static let all = [
        (2048, 65537), (2048, 65537), (2048, 3), (3072, 65537), (3072, 17), (4096, 65537), (4096, 257), (2056, 65537),
        (2560, 5),
    ].map { RSASigner($0.0, exponent: UInt($0.1 as Int)) }

    static let algorithms = [FV_RS256, FV_RS384, FV_RS512, FV_PS256, FV_PS384, FV_PS512]

    /// Right ones of different messages, and a wrong one of each kind.
    static let items: [fv_algorithm.RawValue: [[Item]]] = Dictionary(
        uniqueKeysWithValues: algorithms.map { algorithm in
            (algorithm.rawValue, all.map { $0.items(algorithm) })
        })

    func sign(_ encoded: Bytes) -> Bytes? { Integer(encoded) < n ? raw.sign(raw: encoded) : nil }

    private func items(_ algorithm: fv_algorithm) -> [Item] {
        var random = Random("\(algorithm.name) \(bits)")
        let encoding = RSAEncoding(algorithm, size: bits / 8)
        var all = (0..<12).map { i in
            let input = random.bytes(i * 31)
            let right =
                encoding.isPSS
                ? encoding.pss(input, salt: random.bytes(encoding.hash))
                : encoding.block(encoding.info() + encoding.digest(input))
            return Item(label: "valid", isValid: true, input: input, signature: sign(right)!)
        }
        let input = Bytes("to be signed".utf8)
        var wrong = encoding.isPSS ? encoding.wrongPSS(input, &random) : encoding.wrongPKCS1(input)
        // The leftmost bit set: below n for some salts only.
        while encoding.isPSS && wrong.last!.0 != "top bit" {
            var encoded = encoding.pss(input, salt: random.bytes(encoding.hash))
            encoded[0] |= 0x80
            if Integer(encoded) < n { wrong.append(("top bit", encoded)) }
        }
        for (label, encoded) in wrong {
            if let signature = sign(encoded) {
                all.append(Item(label: label, isValid: false, input: input, signature: signature))
            }
        }
        return all
    }

    /// What is not below n, or is a number whose powers anybody knows, or was changed on the way.
    func mutations(_ item: Item, _ random: inout Random) -> Item {
        let size = bits / 8
        let s = Integer(item.signature)
        func bytes(_ value: Integer) -> Bytes {
            Integer.power(8 * size) < value + Integer(1) ? value.bytes(size + 1) : value.bytes(size)
        }
        func refused(_ label: String, _ signature: Bytes) -> Item {
            Item(label: label, isValid: false, input: item.input, signature: signature)
        }
        switch random.below(13) {
        case 0: return refused("bit of the signature", item.signature.flippingBit(random.below(8 * size)))
        case 1:
            let input = item.input.isEmpty ? [0] : item.input.flippingBit(random.below(8 * item.input.count))
            return Item(label: "bit of the message", isValid: false, input: input, signature: item.signature)
        case 2: return refused("s + n", bytes(s + n))
        case 3: return refused("n - s", bytes(n - s))
        case 4: return refused("n", bytes(n))
        case 5: return refused("n + small", bytes(n + Integer(UInt64(random.below(4)))))
        case 6: return refused("n - small", bytes(n - Integer(UInt64(random.below(4) + 1))))
        case 7: return refused("small", bytes(Integer(UInt64(random.below(4)))))
        case 8: return refused("ones", Bytes(repeating: 0xff, count: size))
        case 9: return refused("noise", random.bytes(size))
        case 10: return refused("shorter", Bytes(item.signature.prefix(random.below(size))))
        case 11: return refused("zero before", [0] + item.signature)
        default: return refused("zero after", item.signature + [0])
        }
    }
}
