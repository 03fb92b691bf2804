// RSA rows beside each other: batch sizes, mixed keys, wrong encodings, mutated signatures, guard pages.
import CCrypto
import Foundation
import Testing

@Suite struct RSABatchTests {
    static let algorithms = RSASigner.algorithms

    struct Item {
        let who: Int
        let item: RSASigner.Item
    }

    static func prepare(_ kernel: Kernel) throws -> [Prepared] {
        try RSASigner.all.map { try Prepared(kernel, $0.key) }
    }
    static func name(_ kernel: Kernel) -> String { String(cString: kernel.pointee.name) }

    /// Everything the signers signed, in shuffled batches of all keys: OpenSSL's row and ours say what is known.
    @Test(arguments: algorithms) func knownVerdicts(_ algorithm: fv_algorithm) throws {
        var random = Random("known \(algorithm.name)")
        for kernel in algorithm.kernels {
            let keys = try Self.prepare(kernel)
            var all = RSASigner.items[algorithm.rawValue]!.enumerated().flatMap { who, items in
                items.map { Item(who: who, item: $0) }
            }
            for size in RSASigner.stride > 1 ? [100] : [1, 8, 100, 1000] {
                all.shuffle(using: &random)
                for first in stride(from: 0, to: all.count, by: size) {
                    let part = all[first..<min(first + size, all.count)]
                    let verdicts = verify(kernel, part.map { Job(keys[$0.who], $0.item.input, $0.item.signature) })
                    for (verdict, one) in zip(verdicts, part) {
                        #expect(
                            verdict == one.item.isValid,
                            "\(Self.name(kernel)) \(RSASigner.all[one.who].bits) \(one.item.label)")
                    }
                }
            }
        }
    }

    /// PKCS #1: the lanes compare s^e / R^(e-1) with what it has to be. Signatures for which that differs in one limb alone,
    /// by 1 or by its highest bit: every limb is compared.
    @Test func everyLimbIsCompared() throws {
        let rows = FV_RS256.kernels
        for (who, signer) in RSASigner.all.enumerated() where [2048, 3072, 4096].contains(signer.bits) {
            let limbs = RSAArithmeticTests.limbCount(signer.bits)
            let item = RSASigner.items[FV_RS256.rawValue]![who][1]
            let encoding = RSAEncoding(FV_RS256, size: signer.bits / 8)
            let right = Integer(encoding.block(encoding.info() + encoding.digest(item.input)))
            let radix = Number(Integer.power(52 * limbs).modulo(signer.n).bytes(signer.bits / 8))
            let exponent = Number(signer.raw.e.reduce(UInt(0)) { $0 << 8 | UInt($1) } - 1)
            let factor = Integer(radix.raised(to: exponent, modulo: Number(signer.raw.n)).bytes)
            var jobs: [(Int, Bytes)] = [(-1, item.signature)]
            for limb in stride(from: 0, to: limbs, by: RSASigner.stride) {
                for bit in [0, 51] where 52 * limb + bit < signer.bits {
                    let other = (right + Integer.power(52 * limb + bit) * factor).modulo(signer.n)
                    jobs.append((limb, signer.sign(other.bytes(signer.bits / 8))!))
                }
            }
            for kernel in rows {
                let key = try Prepared(kernel, signer.key)
                let verdicts = verify(kernel, jobs.map { Job(key, item.input, $0.1) })
                #expect(zip(verdicts, jobs).allSatisfy { $0 == ($1.0 == -1) }, "\(Self.name(kernel)) \(signer.bits)")
            }
        }
    }

    /// Another algorithm's signature with the same key is no signature.
    @Test(arguments: algorithms) func otherAlgorithms(_ algorithm: fv_algorithm) throws {
        for kernel in algorithm.kernels {
            let keys = try Self.prepare(kernel)
            let jobs = Self.algorithms.filter { $0 != algorithm }.flatMap { other in
                keys.indices.map { who in
                    let item = RSASigner.items[other.rawValue]![who][3]
                    return Job(keys[who], item.input, item.signature)
                }
            }
            #expect(verify(kernel, jobs).allSatisfy { !$0 })
        }
    }

    /// All rows agree with OpenSSL's. FASTVERIFY_AGREEMENT=10000000 asks for that many signatures, FASTVERIFY_SEED for
    /// others: `FASTVERIFY_AGREEMENT=10000000 swift test --scratch-path .build-test -c release -Xswiftc -enable-testing
    /// --filter RSABatchTests/agreement`.
    @Test func agreement() throws {
        let wanted =
            ProcessInfo.processInfo.environment["FASTVERIFY_AGREEMENT"].flatMap { Int($0) } ?? 6000 / RSASigner.stride
        var random = Random("RSA agreement")
        let prepared = try Self.algorithms.map { algorithm in try algorithm.kernels.map { try Self.prepare($0) } }
        var done = 0
        var accepted = 0
        while done < wanted {
            let which = random.below(Self.algorithms.count)
            let kernels = Self.algorithms[which].kernels
            let oracle = kernels.firstIndex { Self.name($0) == "openssl" }!
            let count = [1, 2, 3, 5, 7, 8, 9, 13, 16, 17, 64, 100, 255, 256, 257, 300].randomElement(using: &random)!
            // One key, two, or any.
            let signers = RSASigner.all.indices.shuffled(using: &random).prefix(
                [1, 2, 9].randomElement(using: &random)!)
            let items = (0..<count).map { _ in
                let who = signers.randomElement(using: &random)!
                let item = RSASigner.items[Self.algorithms[which].rawValue]![who].randomElement(using: &random)!
                let owner = random.below(20) == 0 ? random.below(RSASigner.all.count) : who
                let mutated = random.below(3) == 0 ? RSASigner.all[who].mutations(item, &random) : item
                return Item(who: owner, item: mutated)
            }
            func verdicts(_ row: Int) -> [Bool] {
                let keys = prepared[which][row]
                return verify(kernels[row], items.map { Job(keys[$0.who], $0.item.input, $0.item.signature) })
            }
            let expected = verdicts(oracle)
            for row in kernels.indices where row != oracle {
                #expect(verdicts(row) == expected, "\(Self.name(kernels[row])), batch of \(count) after \(done)")
            }
            #expect(zip(items, expected).allSatisfy { $0.item.isValid || !$1 })
            accepted += expected.count { $0 }
            done += count
        }
        #expect(accepted > done / 16 && accepted < done)
        print("RSA agreement: \(done) signatures, \(accepted) valid, all rows agree unless reported")
    }

    /// Every size up to two groups of lanes and beyond each chunk; each position wrong in turn changes that verdict
    /// alone. Keys of one size in turn, or one key.
    @Test(
        arguments: RSASigner.stride > 1 ? [1, 9] : Array(1...17) + [64, 255, 256, 257, 512], [FV_RS256, FV_PS512])
    func sizesAndPositions(_ count: Int, _ algorithm: fv_algorithm) throws {
        for kernel in algorithm.kernels where count < 18 || Self.name(kernel) != "openssl" {
            let keys = try Self.prepare(kernel)
            for owners in [[0], [0, 1], [3, 5, 0, 3, 1, 2, 7]] where count < 18 || owners.count < 3 {
                var jobs = (0..<count).map { i in
                    let who = owners[i % owners.count]
                    let item = RSASigner.items[algorithm.rawValue]![who][i % 12]
                    return Job(keys[who], item.input, item.signature)
                }
                #expect(verify(kernel, jobs).allSatisfy { $0 })
                for position in stride(from: 0, to: count, by: count < 18 ? 1 : 61) {
                    let kept = jobs[position]
                    let bits = kept.signature.count * 8
                    let wrong = [
                        Job(kept.key, kept.input, kept.signature.flippingBit(position * 97 % bits)),
                        Job(kept.key, kept.input, Bytes(repeating: 0, count: bits / 8)), Job(kept.key, kept.input, []),
                        Job(keys[owners[position % owners.count] ^ 1], kept.input, kept.signature),
                        Job(nil, kept.input, kept.signature), Job(kept.key, kept.input + [0], kept.signature),
                    ]
                    jobs[position] = wrong[position % wrong.count]
                    #expect(verify(kernel, jobs) == (0..<count).map { $0 != position }, "\(Self.name(kernel))")
                    jobs[position] = kept
                }
            }
        }
    }

    static let suites = WycheproofSignatureTests.suites.filter { suite in
        algorithms.contains(suite.algorithm) && suite.exceptions == nil
    }

    /// Published rows in every lane, between good, bad and random ones of the same size; both kinds of neighbour.
    @Test(.vectors("wycheproof"), arguments: suites)
    func publishedRowsInEveryLane(_ suite: WycheproofSignatureTests.Suite) throws {
        let algorithm = suite.algorithm
        var random = Random(suite.file)
        for kernel in algorithm.kernels where Self.name(kernel) != "openssl" {
            let lanes = Int(kernel.pointee.lanes)
            for group in try Vectors.wycheproof(suite.file).testGroups {
                let key = try Prepared(kernel, WycheproofSignatureTests.key(group, algorithm))
                let size = group.keySize! / 8
                let who = RSASigner.all.firstIndex { $0.bits == group.keySize! }!
                let other = try Prepared(kernel, RSASigner.all[who].key)
                let items = RSASigner.items[algorithm.rawValue]![who]
                for (index, row) in group.tests.enumerated() where index % RSASigner.stride == 0 {
                    for position in 0..<lanes {
                        var jobs = (0..<lanes).map { _ in
                            let item = items.randomElement(using: &random)!
                            return (Job(other, item.input, item.signature), item.isValid)
                        }
                        let near = group.tests[(index + position + 1) % group.tests.count]
                        jobs[(position + 1) % lanes] = (Job(key, near.input, near.signature), near.isValid)
                        let noise = [0] + random.bytes(size - 1)
                        jobs[(position + 2) % lanes] = (Job(key, row.input, noise), false)
                        jobs[position] = (Job(key, row.input, row.signature), row.isValid)
                        #expect(verify(kernel, jobs.map(\.0)) == jobs.map(\.1), "\(row.label) in lane \(position)")
                    }
                }
            }
        }
    }

    /// Input, signature and verdicts end, or begin, where the next page cannot be read or written.
    @Test(arguments: algorithms) func guardPages(_ algorithm: fv_algorithm) throws {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let region = mmap(nil, 7 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        defer { munmap(region, 7 * page) }
        for i in [1, 3, 5] { mprotect(region + i * page, page, PROT_READ | PROT_WRITE) }
        func place(_ bytes: Bytes, _ index: Int, atEnd: Bool) -> UnsafeMutablePointer<UInt8> {
            let start = (region + index * page).assumingMemoryBound(to: UInt8.self)
            let at = atEnd ? start + page - bytes.count : start
            at.update(from: bytes, count: bytes.count)
            return at
        }
        for kernel in algorithm.kernels {
            let keys = try Self.prepare(kernel)
            for (who, items) in RSASigner.items[algorithm.rawValue]!.enumerated() {
                for item in items[0..<(RSASigner.stride > 1 ? 1 : 3)] {
                    for (count, atEnd) in [(1, true), (3, false), (9, true)] {
                        for kept in [item.signature.count, item.signature.count - 1] {
                            let job = keys[who].job(
                                place(item.input, 1, atEnd: atEnd), item.input.count,
                                place(Bytes(item.signature[..<kept]), 3, atEnd: atEnd), kept)
                            let verdicts = place(Bytes(repeating: 2, count: count), 5, atEnd: atEnd)
                            fv_verify(kernel, Array(repeating: job, count: count), count, verdicts)
                            #expect((0..<count).allSatisfy { verdicts[$0] == (kept == item.signature.count ? 1 : 0) })
                        }
                    }
                }
            }
        }
    }
}
