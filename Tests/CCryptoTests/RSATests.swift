import CAllocations
import CCrypto
import COpenSSL
import Testing

@Suite struct RSAKeyTests {
    static let e: Bytes = [1, 0, 1]
    static let good = RawRSA(bits: 2048).n

    /// Row 22: sizes, refused before OpenSSL has made a single number of them.
    @Test func sizes() throws {
        func bits(_ count: Int) -> Bytes { Number.random(bits: Int32(count)).bytes }
        var refused: [Bytes] = [[], [0], [1], [0, 0, 0], bits(512), bits(1024), bits(2047), bits(8193), bits(16385)]
        refused += [65536 / 8, 1 << 20].map { Bytes(repeating: 0xff, count: $0) }
        refused.append([0, 0] + bits(2040))
        for n in refused {
            var key: OpaquePointer?
            let before = allocations_openssl()
            #expect(fv_key_import_rsa(n, n.count, Self.e, 3, &key) == FV_KEY_RSA_SIZE, "\(n.count)")
            #expect(allocations_openssl() == before)
        }
        for size: Int32 in [2048, 2049, 3072, 8192] {
            var n = Number.random(bits: size)
            while !n.hasNoSmallFactor { n = Number.random(bits: size) }
            let key = try Key(rsa: n.bytes, Self.e)
            #expect(key.bits == size)
            #expect(key.parameter(FV_PARAMETER_N) == n.bytes)
        }
    }

    @Test func leadingZeros() throws {
        let key = try Key(rsa: [0, 0, 0] + Self.good, [0, 0, 0, 0, 0, 0] + Self.e)
        #expect(key.parameter(FV_PARAMETER_N) == Self.good)
        #expect(key.parameter(FV_PARAMETER_E) == Self.e)
        let long = try Key(rsa: Bytes(repeating: 0, count: 1 << 20) + Self.good, Self.e)
        #expect(long.parameter(FV_PARAMETER_N) == Self.good)
    }

    @Test func exponents() throws {
        let refused: [Bytes] = [
            [], [0], [1], [2], [4], [1, 0, 0], [0xff, 0xff, 0xff, 0xfe], [1, 0, 0, 0, 1], [1, 0, 0, 0, 3],
            [1, 0, 0, 0, 0, 0, 0, 0, 1], [1, 0, 0, 0, 0, 0, 0, 0, 3],
            Self.good, [0, 0, 0, 1],
        ]
        for e in refused { #expect(throws: Refused(FV_KEY_RSA_EXPONENT)) { try Key(rsa: Self.good, e) } }
        for e: Bytes in [[3], [5], [17], Self.e, [0x80, 0, 0, 1], [0xff, 0xff, 0xff, 0xff]] {
            #expect(try Key(rsa: Self.good, e).parameter(FV_PARAMETER_E) == e)
        }
    }

    @Test func moduli() throws {
        var even = Self.good
        even[even.count - 1] &= 0xfe
        // 2^1024 times an odd number is even, too, and so is a power of two.
        var refused = [even, [0x80] + Bytes(repeating: 0, count: 255)]
        refused.append(Number.prime(bits: 2048).bytes)
        let half = Number.prime(bits: 1025)
        refused.append((half * half).bytes)
        for factor: UInt in [3, 5, 7, 167, 173, 743, 751] {
            refused.append((Number(factor) * Number.prime(bits: 2046)).bytes)
        }
        for n in refused { #expect(throws: Refused(FV_KEY_RSA_MODULUS)) { try Key(rsa: n, Self.e) } }
        // 757 is the first prime that is not looked for.
        #expect(throws: Never.self) { try Key(rsa: (Number(757) * Number.prime(bits: 2046)).bytes, Self.e) }
        #expect(throws: Never.self) { try Key(rsa: Self.good, Self.e) }
    }

    /// A modulus as the generator of CVE-2017-15361 made it, and one that is like it modulo all but 4 of the primes.
    @Test func roca() throws {
        let primes = stride(from: 3 as UInt, through: 167, by: 2).filter { q in
            stride(from: 3, to: q, by: 2).allSatisfy { q % $0 != 0 }
        }
        func product(_ primes: [UInt]) -> Number { primes.reduce(Number(2)) { $0 * Number($1) } }
        func modulus(_ m: Number) -> Number {
            while true {
                let factors = [123457 as UInt, 987653].map { exponent in
                    let k = Number.random(bits: 1025 - Int32(m.bytes.count * 8 - 7))
                    return k * m + Number(65537).raised(to: Number(exponent + UInt.random(in: 0..<1000)), modulo: m)
                }
                let n = factors[0] * factors[1]
                if n.hasNoSmallFactor && (2040...2060).contains(n.bytes.count * 8) { return n }
            }
        }
        for _ in 0..<4 {
            #expect(throws: Refused(FV_KEY_RSA_MODULUS)) { try Key(rsa: modulus(product(primes)).bytes, Self.e) }
        }
        // Powers of 65537 are 1/5, 1/2, 1/2 and 1/12 of the residues modulo these: 1 in 240 looks like a ROCA modulus.
        let without = product(primes.filter { $0 != 11 && $0 != 13 && $0 != 17 && $0 != 37 })
        let passed = (0..<24).filter { _ in (try? Key(rsa: modulus(without).bytes, Self.e)) != nil }.count
        #expect(passed >= 20)
    }
}

@Suite struct RSAPaddingTests {
    static let key = RawRSA(bits: 2048)
    static let cubic = RawRSA(bits: 2048, exponent: 3)
    static let input = Bytes("to be signed".utf8)
    static let digestInfo = hex("3031300d060960864801650304020105000420")

    static func digest(_ bytes: Bytes) -> Bytes {
        var out = Bytes(repeating: 0, count: 32)
        fv_sha256(bytes, bytes.count, &out)
        return out
    }
    static func encoded(_ tail: Bytes, padding: UInt8 = 0xff, size: Int = 256) -> Bytes {
        [0, 1] + Bytes(repeating: padding, count: size - 3 - tail.count) + [0] + tail
    }

    /// Row 23: everything near the one right encoding.
    @Test(arguments: [false, true]) func pkcs1(_ isCubic: Bool) throws {
        let key = isCubic ? Self.cubic : Self.key
        let hash = Self.digest(Self.input)
        let info = Self.digestInfo
        let right = Self.encoded(info + hash)
        var wrong: [(String, Bytes)] = [
            ("no NULL", Self.encoded(hex("302f300b0609608648016503040201") + [4, 32] + hash)),
            ("BER length", Self.encoded(hex("308131300d060960864801650304020105000420") + hash)),
            ("long BER length", Self.encoded(hex("30820031300d060960864801650304020105000420") + hash)),
            ("extra parameter", Self.encoded(hex("3033300f0609608648016503040201050004000420") + hash)),
            ("SHA-1's name", Self.encoded(hex("3021300906052b0e03021a05000414") + hash.prefix(20))),
            ("SHA-512's name", Self.encoded(hex("3031300d060960864801650304020305000420") + hash)),
            ("bare hash", Self.encoded(hash)),
            ("trailing zero", Self.encoded(info + hash + [0])),
            ("padding of zeros", Self.encoded(info + hash, padding: 0)),
            ("padding of ones", Self.encoded(info + hash, padding: 1)),
            ("type 2", [0, 2] + right.dropFirst(2)),
            ("type 0", [0, 0] + right.dropFirst(2)),
            ("leading octet", [1] + right.dropFirst()),
            ("other hash", Self.encoded(info + Self.digest([1]))),
        ]
        // Bleichenbacher's e = 3 forgery: short padding, the rest free; at the end or inside the parameters.
        let garbage = Bytes(repeating: 0x5a, count: 256 - 11 - 51)
        wrong.append(("short padding", [0, 1] + Bytes(repeating: 0xff, count: 8) + [0] + info + hash + garbage))
        var hole = right
        hole[100] = 0
        wrong.append(("zero in the padding", hole))
        var flipped = right
        flipped[2] = 0xfe
        wrong.append(("flipped padding", flipped))
        let checked = try Key(rsa: key.n, key.e)
        for kernel in FV_RS256.kernels {
            let prepared = try Prepared(kernel, checked)
            let signature = key.sign(raw: right)
            #expect(prepared.verify(Self.input, signature))
            for (name, encoding) in wrong {
                #expect(!prepared.verify(Self.input, key.sign(raw: encoding)), "\(name)")
            }
            // The value itself: not below n, with zeros put before it or taken away, of another length.
            let larger = (Number(signature) + Number(key.n)).bytes
            let wrongLength: [Bytes] = [
                [], [0], larger, [0] + signature, signature + [0], Bytes(signature.dropLast()),
                Bytes(signature.dropFirst()),
                key.n, Bytes(repeating: 0xff, count: 256), Bytes(repeating: 0, count: 256),
                Bytes(repeating: 0, count: 255) + [1], right, Bytes(repeating: 1, count: 1 << 16),
            ]
            for item in wrongLength { #expect(!prepared.verify(Self.input, item)) }
            #expect(prepared.verify(Self.input, signature), "a context survives what it refused")
        }
    }

    /// Row 22: e = 1 would make every encoding its own signature; rule 3 keeps such a key out.
    @Test func exponentOne() { #expect(throws: Refused(FV_KEY_RSA_EXPONENT)) { try Key(rsa: Self.key.n, [1]) } }

    /// Row 24: salts of other lengths, another hash in MGF1, at sizes where the encoding has a whole octet less.
    @Test(arguments: [2048, 2049, 2050, 2056]) func pss(_ bits: Int) throws {
        let key = RawRSA(bits: bits, exponent: 17)
        let hash = Self.digest(Self.input)
        let checked = try Key(rsa: key.n, key.e)
        let sha256 = EVP_sha256()!
        let longest = (bits + 6) / 8 - 32 - 2
        for kernel in FV_PS256.kernels {
            let prepared = try Prepared(kernel, checked)
            func accepts(salt: Int, mgf1: OpaquePointer) -> Bool {
                prepared.verify(Self.input, key.signPSS(hash, hash: sha256, salt: salt, mgf1: mgf1))
            }
            #expect(accepts(salt: 32, mgf1: sha256))
            for salt in [0, 1, 20, 31, 33, 64, longest - 1, longest] {
                #expect(!accepts(salt: salt, mgf1: sha256), "salt \(salt)")
            }
            #expect(!accepts(salt: 32, mgf1: EVP_sha1()))
            #expect(!accepts(salt: 32, mgf1: EVP_sha384()))
            let signature = key.signPSS(hash, hash: sha256, salt: 32, mgf1: sha256)
            for item in [[0] + signature, Bytes(signature.dropFirst()), signature + [0], [], key.n] {
                #expect(!prepared.verify(Self.input, item))
            }
            #expect(!prepared.verify(Self.input + [0], signature))
            #expect(prepared.verify(Self.input, signature))
        }
    }
}
