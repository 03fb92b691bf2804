// ECDSA rows beside each other: batch sizes, mixed keys, random and mutated signatures, guard pages.
import CCrypto
import Foundation
import Testing

@Suite struct EcdsaBatchTests {
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

    /// A valid signature, or one changed the way an attacker or a broken sender would.
    static func signature(_ curve: Curve, _ signing: SigningKey, _ input: Bytes, _ random: inout Source) -> Bytes {
        let size = curve.size
        let n = curve.n.bytes(size)
        var signature = signing.sign(curve.algorithm, input)
        let r = Bytes(signature.prefix(size))
        let s = Bytes(signature.suffix(size))
        let small = Bytes(repeating: 0, count: size - 1) + [UInt8.random(in: 0...3, using: &random)]
        switch Int.random(in: 0..<14, using: &random) {
        case 0: signature = signature.flippingBit(Int.random(in: 0..<16 * size, using: &random))
        case 1: signature = r + subtract(n, s)
        case 2: signature = subtract(n, r) + s
        case 3: signature = s + r
        case 4: signature = r + add(s, n)
        case 5: signature = [small + s, r + small, small + small].randomElement(using: &random)!
        case 6: signature = subtract(n, small) + s
        case 7: signature = r + subtract(n, small)
        case 8: signature = Bytes((0..<2 * size).map { _ in UInt8.random(in: 0...255, using: &random) })
        case 9: signature = Bytes(signature.prefix(Int.random(in: 0...2 * size, using: &random)))
        default: break
        }
        return signature
    }

    /// All rows agree with OpenSSL's. FASTVERIFY_AGREEMENT=1000000 asks for that many signatures of each curve,
    /// FASTVERIFY_SEED for others: `FASTVERIFY_AGREEMENT=1000000 swift test --scratch-path .build-test -c release
    /// -Xswiftc -enable-testing --filter EcdsaBatchTests/agreement`. OpenSSL checks 2,000 a second of the larger curves.
    @Test(arguments: Curve.all) func agreement(_ curve: Curve) throws {
        let environment = ProcessInfo.processInfo.environment
        let wanted = environment["FASTVERIFY_AGREEMENT"].flatMap { Int($0) } ?? (curve.bits == 256 ? 3000 : 600)
        let seed = environment["FASTVERIFY_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
        let name = curve.algorithm.name
        print("\(name) agreement: \(wanted) signatures, FASTVERIFY_SEED=\(seed)")
        var random = Source(state: seed)
        let kernels = curve.algorithm.kernels
        let oracle = kernels.first { String(cString: $0.pointee.name) == "openssl" }!
        var accepted = 0
        var done = 0
        while done < wanted {
            // New keys now and then, one to four in a batch, so that prepared keys are tested too.
            let signing = try (0..<Int.random(in: 1...4, using: &random)).map { _ in try SigningKey(curve.algorithm) }
            let keys = try signing.map { try $0.publicKey() }
            let prepared = try kernels.map { kernel in try keys.map { try Prepared(kernel, $0) } }
            let oracleKeys = prepared[kernels.firstIndex(of: oracle)!]
            for _ in 0..<16 where done < wanted {
                let count = [1, 2, 3, 5, 8, 13, 47, 48, 64, 255, 300, 512].filter { $0 <= wanted }
                    .randomElement(using: &random)!
                let items = (0..<count).map { _ in
                    let key = Int.random(in: 0..<signing.count, using: &random)
                    let input = Bytes(
                        (0..<Int.random(in: 0..<80, using: &random)).map { _ in
                            UInt8.random(in: 0...255, using: &random)
                        })
                    return (key, input, Self.signature(curve, signing[key], input, &random))
                }
                let expected = verify(oracle, items.map { Job(oracleKeys[$0.0], $0.1, $0.2) })
                for (row, kernel) in kernels.enumerated() where kernel != oracle {
                    let verdicts = verify(kernel, items.map { Job(prepared[row][$0.0], $0.1, $0.2) })
                    #expect(
                        verdicts == expected,
                        "\(name) \(String(cString: kernel.pointee.name)), batch of \(count), seed \(seed)")
                }
                accepted += expected.count { $0 }
                done += count
            }
        }
        #expect(accepted > done / 4 && accepted < done)
        print("\(name) agreement: \(done) signatures, \(accepted) valid, all rows agree unless reported")
    }

    /// Every size up to two vectors and beyond each chunk; each position wrong in turn changes that verdict alone.
    @Test(arguments: Curve.all, Array(1...17) + [31, 33, 47, 48, 49, 64, 255, 256, 257, 512, 513])
    func sizesAndPositions(_ curve: Curve, _ count: Int) throws {
        let algorithm = curve.algorithm
        // OpenSSL's row has no chunks, and takes 0.4 ms a signature of the larger curves.
        for kernel in algorithm.kernels where kernel.pointee.lanes > 1 || count < 10 || !Self.isOpenSSL(kernel) {
            let signing = try (0..<2).map { _ in try SigningKey(algorithm) }
            let keys = try signing.map { try Prepared(kernel, try $0.publicKey()) }
            var jobs = (0..<count).map { i in
                let input = Bytes("token \(i)".utf8)
                return Job(keys[i * 7 % 5 % 2], input, signing[i * 7 % 5 % 2].sign(algorithm, input))
            }
            #expect(verify(kernel, jobs).allSatisfy { $0 })
            for position in stride(from: 0, to: count, by: count < 18 ? 1 : count / 6) {
                let kept = jobs[position]
                let wrong = [
                    Job(kept.key, kept.input, kept.signature.flippingBit(position % (16 * curve.size))),
                    Job(kept.key, kept.input, Bytes(repeating: 0, count: 2 * curve.size)),
                    Job(kept.key, kept.input, []),
                    Job(keys[1 - position * 7 % 5 % 2], kept.input, kept.signature),
                    Job(nil, kept.input, kept.signature),
                ]
                jobs[position] = wrong[position % wrong.count]
                #expect(verify(kernel, jobs) == (0..<count).map { $0 != position })
                jobs[position] = kept
            }
        }
    }
    static func isOpenSSL(_ kernel: Kernel) -> Bool { String(cString: kernel.pointee.name) == "openssl" }

    /// Published rows, all in one batch, shuffled, between signatures of other keys: verdicts as published in every row.
    @Test(
        .vectors("wycheproof"),
        arguments: [("secp256r1_sha256", 0), ("secp384r1_sha384", 1), ("secp521r1_sha512", 2), ("secp256k1_sha256", 3)])
    func wycheproofShuffled(_ file: String, _ index: Int) throws {
        let curve = Curve.all[index]
        var random = Source(state: UInt64(index))
        let groups = try Vectors.wycheproof("ecdsa_\(file)_p1363").testGroups
        let signing = try SigningKey(curve.algorithm)
        for kernel in curve.algorithm.kernels where !Self.isOpenSSL(kernel) {
            let neighbour = try Prepared(kernel, try signing.publicKey())
            var all: [(Job, Bool)] = []
            for group in groups {
                let key = try Prepared(kernel, try WycheproofSignatureTests.key(group, curve.algorithm))
                all += group.tests.map { (Job(key, $0.input, $0.signature), $0.isValid) }
                let input = Bytes("\(all.count)".utf8)
                all.append((Job(neighbour, input, signing.sign(curve.algorithm, input)), true))
                let noise = Bytes((0..<2 * curve.size).map { _ in UInt8.random(in: 0...255, using: &random) })
                all.append((Job(neighbour, input, noise), false))
            }
            for size in curve.bits == 256 ? [1, 7, 8, 9, 64, 100, 512] : [1, 9, 100, 512] {
                all.shuffle(using: &random)
                for first in stride(from: 0, to: all.count, by: size) {
                    let part = all[first..<min(first + size, all.count)]
                    #expect(verify(kernel, part.map(\.0)) == part.map(\.1))
                }
            }
        }
    }

    /// Input, signature and verdicts end where the next page cannot be read or written.
    @Test(arguments: Curve.all) func guardPages(_ curve: Curve) throws {
        let signing = try SigningKey(curve.algorithm)
        let key = try signing.publicKey()
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let region = mmap(nil, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        defer { munmap(region, 4 * page) }
        mprotect(region + page, page, PROT_NONE)
        mprotect(region + 3 * page, page, PROT_NONE)
        for kernel in curve.algorithm.kernels {
            var prepared: OpaquePointer?
            key.withPointer { _ = fv_prepare(kernel, $0, &prepared) }
            defer { fv_prepared_key_free(prepared) }
            for length in [0, 1, 55, 64, 300] {
                for count in [1, 3, 9, 60] {
                    let input = Bytes((0..<length).map { UInt8(truncatingIfNeeded: $0) })
                    let signature = signing.sign(curve.algorithm, input)
                    let bytes = input + signature
                    let start = region + page - bytes.count
                    start.copyMemory(from: bytes, byteCount: bytes.count)
                    let at = UnsafePointer(start.assumingMemoryBound(to: UInt8.self))
                    let job = fv_job(
                        key: prepared, input: at, input_count: length, signature: at + length,
                        signature_count: signature.count)
                    let verdicts = (region + 3 * page - count).assumingMemoryBound(to: UInt8.self)
                    fv_verify(kernel, Array(repeating: job, count: count), count, verdicts)
                    #expect((0..<count).allSatisfy { verdicts[$0] == 1 })
                }
            }
        }
    }
}
