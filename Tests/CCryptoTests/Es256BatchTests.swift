// ES256 rows beside each other: batch sizes, mixed keys, random and mutated signatures, guard pages.
import CCrypto
import Foundation
import Testing

@Suite struct Es256BatchTests {
    struct Source: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {  // SplitMix64
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
            return z ^ z >> 31
        }
    }

    static var kernels: [Kernel] { FV_ES256.kernels }
    static let n = EcdsaTests.curves[0].n

    /// A valid signature, or one changed the way an attacker or a broken sender would.
    static func signature(_ signing: SigningKey, _ input: Bytes, _ random: inout Source) -> Bytes {
        var signature = signing.sign(FV_ES256, input)
        let r = Bytes(signature.prefix(32))
        let s = Bytes(signature.suffix(32))
        let small = Bytes(repeating: 0, count: 31) + [UInt8.random(in: 0...3, using: &random)]
        switch Int.random(in: 0..<14, using: &random) {
        case 0: signature[Int.random(in: 0..<64, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: signature = r + subtract(n, s)
        case 2: signature = subtract(n, r) + s
        case 3: signature = s + r
        case 4: signature = r + add(s, n)
        case 5: signature = [small + s, r + small, small + small].randomElement(using: &random)!
        case 6: signature = subtract(n, small) + s
        case 7: signature = r + subtract(n, small)
        case 8: signature = Bytes((0..<64).map { _ in UInt8.random(in: 0...255, using: &random) })
        case 9: signature = Bytes(signature.prefix(Int.random(in: 0...64, using: &random)))
        default: break
        }
        return signature
    }

    /// All rows agree with OpenSSL's. FASTVERIFY_AGREEMENT=10000000 asks for that many signatures, FASTVERIFY_SEED for others:
    /// `FASTVERIFY_AGREEMENT=10000000 swift test --scratch-path .build-test -c release -Xswiftc -enable-testing
    /// --filter Es256BatchTests/agreement`.
    @Test func agreement() throws {
        let environment = ProcessInfo.processInfo.environment
        let wanted = environment["FASTVERIFY_AGREEMENT"].flatMap { Int($0) } ?? 3000
        let seed = environment["FASTVERIFY_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
        print("ES256 agreement: \(wanted) signatures, FASTVERIFY_SEED=\(seed)")
        var random = Source(state: seed)
        let oracle = Self.kernels.first { String(cString: $0.pointee.name) == "openssl" }!
        var accepted = 0
        var done = 0
        while done < wanted {
            // New keys now and then, one to four in a batch, so that prepared keys are tested too.
            let signing = try (0..<Int.random(in: 1...4, using: &random)).map { _ in try SigningKey(FV_ES256) }
            let keys = try signing.map { try $0.publicKey() }
            let prepared = try Self.kernels.map { kernel in try keys.map { try Prepared(kernel, $0) } }
            let oracleKeys = prepared[Self.kernels.firstIndex(of: oracle)!]
            for _ in 0..<16 where done < wanted {
                let count = [1, 2, 3, 5, 8, 13, 47, 48, 64, 255, 300, 512].randomElement(using: &random)!
                let items = (0..<count).map { _ in
                    let key = Int.random(in: 0..<signing.count, using: &random)
                    let input = Bytes(
                        (0..<Int.random(in: 0..<80, using: &random)).map { _ in
                            UInt8.random(in: 0...255, using: &random)
                        })
                    return (key, input, Self.signature(signing[key], input, &random))
                }
                let expected = verify(oracle, items.map { Job(oracleKeys[$0.0], $0.1, $0.2) })
                for (row, kernel) in Self.kernels.enumerated() where kernel != oracle {
                    let verdicts = verify(kernel, items.map { Job(prepared[row][$0.0], $0.1, $0.2) })
                    #expect(
                        verdicts == expected, "\(String(cString: kernel.pointee.name)), batch of \(count), seed \(seed)"
                    )
                }
                accepted += expected.count { $0 }
                done += count
            }
        }
        #expect(accepted > done / 4 && accepted < done)
        print("ES256 agreement: \(done) signatures, \(accepted) valid, all rows agree unless reported")
    }

    /// Every size up to two vectors and beyond each chunk; each position wrong in turn changes that verdict alone.
    @Test(arguments: Array(1...17) + [31, 32, 33, 47, 48, 49, 64, 255, 256, 257, 512, 513])
    func sizesAndPositions(_ count: Int) throws {
        for kernel in Self.kernels {
            let signing = try (0..<2).map { _ in try SigningKey(FV_ES256) }
            let keys = try signing.map { try Prepared(kernel, try $0.publicKey()) }
            var jobs = (0..<count).map { i in
                let input = Bytes("token \(i)".utf8)
                return Job(keys[i * 7 % 5 % 2], input, signing[i * 7 % 5 % 2].sign(FV_ES256, input))
            }
            #expect(verify(kernel, jobs).allSatisfy { $0 })
            for position in stride(from: 0, to: count, by: count < 65 ? 1 : 37) {
                let kept = jobs[position]
                let wrong = [
                    Job(kept.key, kept.input, kept.signature.flippingBit(position % 512)),
                    Job(kept.key, kept.input, Bytes(repeating: 0, count: 64)), Job(kept.key, kept.input, []),
                    Job(keys[1 - position * 7 % 5 % 2], kept.input, kept.signature),
                    Job(nil, kept.input, kept.signature),
                ]
                jobs[position] = wrong[position % wrong.count]
                #expect(verify(kernel, jobs) == (0..<count).map { $0 != position })
                jobs[position] = kept
            }
        }
    }

    /// Published rows, all in one batch, shuffled, between signatures of other keys: verdicts as published in every row.
    @Test(.vectors("wycheproof"), arguments: [1, 2, 3]) func wycheproofShuffled(_ seed: UInt64) throws {
        var random = Source(state: seed)
        let groups = try Vectors.wycheproof("ecdsa_secp256r1_sha256_p1363").testGroups
        let signing = try SigningKey(FV_ES256)
        for kernel in Self.kernels {
            let neighbour = try Prepared(kernel, try signing.publicKey())
            var all: [(Job, Bool)] = []
            for group in groups {
                let key = try Prepared(kernel, try WycheproofSignatureTests.key(group, FV_ES256))
                all += group.tests.map { (Job(key, $0.input, $0.signature), $0.isValid) }
                let input = Bytes("\(all.count)".utf8)
                all.append((Job(neighbour, input, signing.sign(FV_ES256, input)), true))
                let noise = Bytes((0..<64).map { _ in UInt8.random(in: 0...255, using: &random) })
                all.append((Job(neighbour, input, noise), false))
            }
            for size in [1, 7, 8, 9, 64, 100, 512] {
                all.shuffle(using: &random)
                for first in stride(from: 0, to: all.count, by: size) {
                    let part = all[first..<min(first + size, all.count)]
                    #expect(verify(kernel, part.map(\.0)) == part.map(\.1))
                }
            }
        }
    }

    /// Input, signature and verdicts end where the next page cannot be read or written.
    @Test func guardPages() throws {
        let signing = try SigningKey(FV_ES256)
        let key = try signing.publicKey()
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let region = mmap(nil, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        defer { munmap(region, 4 * page) }
        mprotect(region + page, page, PROT_NONE)
        mprotect(region + 3 * page, page, PROT_NONE)
        for kernel in Self.kernels {
            var prepared: OpaquePointer?
            key.withPointer { _ = fv_prepare(kernel, $0, &prepared) }
            defer { fv_prepared_key_free(prepared) }
            for length in [0, 1, 55, 64, 300] {
                for count in [1, 3, 9, 60] {
                    let input = Bytes((0..<length).map { UInt8(truncatingIfNeeded: $0) })
                    let bytes = input + signing.sign(FV_ES256, input)
                    let start = region + page - bytes.count
                    start.copyMemory(from: bytes, byteCount: bytes.count)
                    let at = UnsafePointer(start.assumingMemoryBound(to: UInt8.self))
                    let job = fv_job(
                        key: prepared, input: at, input_count: length, signature: at + length, signature_count: 64)
                    let verdicts = (region + 3 * page - count).assumingMemoryBound(to: UInt8.self)
                    fv_verify(kernel, Array(repeating: job, count: count), count, verdicts)
                    #expect((0..<count).allSatisfy { verdicts[$0] == 1 })
                }
            }
        }
    }
}
