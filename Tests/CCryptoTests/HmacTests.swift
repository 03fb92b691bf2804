// HS256, HS384 and HS512: every row against the openssl row, in batches of every size, with good and bad neighbours.
import CCrypto
import Testing

@Suite struct HmacTests {
    static let algorithms = [FV_HS256, FV_HS384, FV_HS512]

    /// Secrets shorter than a block, as long, longer (hashed first), and the longest; each signs for itself.
    struct Owner {
        let secret: Bytes
        let signing: SigningKey

        init(_ secret: Bytes) throws {
            self.secret = secret
            signing = try SigningKey(FV_KEY_SECRET, [FV_PARAMETER_K: secret])
        }

        static func all(_ algorithm: fv_algorithm, _ random: inout Random) throws -> [Owner] {
            let hash = Int(algorithm.info.hash_size)
            return try [hash, hash + 1, 63, 64, 65, 127, 128, 129, 500, Int(FV_SECRET_MAX)].filter { $0 >= hash }
                .map { try Owner(random.bytes($0)) }
        }
    }

    enum Damage: CaseIterable {
        case none, oneBit, cut, longer, empty, otherInput, otherKey, swapped, zero

        func apply(_ tag: Bytes, _ random: inout Random) -> Bytes {
            switch self {
            case .oneBit: tag.flippingBit(random.below(tag.count * 8))
            case .cut: Bytes(tag.prefix(random.below(tag.count)))
            case .longer: tag + random.bytes(1 + random.below(40))
            case .empty: []
            case .zero: Bytes(repeating: 0, count: tag.count)
            // The same words in another order: a comparison that adds or XORs them up would not notice.
            case .swapped: Bytes(tag[8..<16] + tag[..<8] + tag[16...])
            case .none, .otherInput, .otherKey: tag
            }
        }
    }

    @Test(arguments: algorithms) func batches(_ algorithm: fv_algorithm) throws {
        var random = Random("hmac \(algorithm.name)")
        let owners = try Owner.all(algorithm, &random)
        let keys = try owners.map { try Key(secret: $0.secret) }
        let prepared = try algorithm.kernels.map { kernel in try keys.map { try Prepared(kernel, $0) } }
        for count in Array(1...34) + [47, 64, 100, 255, 256, 257, 520] {
            var plan: [(owner: Int, input: Bytes, tag: Bytes, good: Bool)] = []
            for i in 0..<count {
                let owner = random.below(owners.count)
                let length = i % 17 == 3 ? 0 : i % 31 == 30 ? 1 << 16 : random.below(900)
                let input = random.bytes(length)
                let damage = random.below(2) == 0 ? .none : Damage.allCases.randomElement(using: &random)!
                let signed = damage == .otherInput ? input + [0] : input
                let by = damage == .otherKey ? (owner + 1) % owners.count : owner
                let tag = damage.apply(owners[by].signing.sign(algorithm, signed), &random)
                plan.append((owner, input, tag, damage == .none))
            }
            for (kernel, prepared) in zip(algorithm.kernels, prepared) {
                let verdicts = verify(kernel, plan.map { Job(prepared[$0.owner], $0.input, $0.tag) })
                #expect(verdicts == plan.map(\.good), "\(kernel.pointee.name), batch of \(count)")
            }
        }
    }

    /// One good token among bad ones and one bad among good ones, in every place of a batch wider than the lanes.
    @Test(arguments: algorithms) func everyLane(_ algorithm: fv_algorithm) throws {
        let owner = try Owner(Bytes(repeating: 0x5a, count: 80))
        let key = try Key(secret: owner.secret)
        for kernel in algorithm.kernels {
            let prepared = try Prepared(kernel, key)
            let width = 2 * Int(kernel.pointee.lanes) + 1
            let good = (0..<width).map { i in
                let input = Bytes(repeating: UInt8(truncatingIfNeeded: i), count: 40 + i * 7)
                return Job(prepared, input, owner.signing.sign(algorithm, input))
            }
            let bad = good.enumerated().map { i, job in
                Job(prepared, job.input, job.signature.flippingBit(i * 37 % (job.signature.count * 8)))
            }
            for place in 0..<width {
                var jobs = bad
                jobs[place] = good[place]
                #expect(verify(kernel, jobs) == (0..<width).map { $0 == place })
                jobs = good
                jobs[place] = bad[place]
                #expect(verify(kernel, jobs) == (0..<width).map { $0 != place })
            }
            let same = [Job](repeating: good[5 % width], count: width)
            #expect(verify(kernel, same).allSatisfy { $0 })
        }
    }

    /// Row 25: each single bit, each shorter tag, longer ones, and the tag of the longer hash cut to the shorter.
    @Test(arguments: algorithms) func tags(_ algorithm: fv_algorithm) throws {
        let owner = try Owner(Bytes(repeating: 0x11, count: 64))
        let input = Bytes("header.payload".utf8)
        let tag = owner.signing.sign(algorithm, input)
        for kernel in algorithm.kernels {
            let prepared = try Prepared(kernel, Key(secret: owner.secret))
            let flipped = (0..<(tag.count * 8)).map { Job(prepared, input, tag.flippingBit($0)) }
            let cut = (0..<tag.count).map { Job(prepared, input, Bytes(tag.prefix($0))) }
            let longer = [1, 8, 16, 32, 64].map { Job(prepared, input, tag + Bytes(repeating: 0, count: $0)) }
            let other = Self.algorithms.filter { $0 != algorithm }.flatMap { other in
                let foreign = owner.signing.sign(other, input)
                return [foreign, Bytes(foreign.prefix(tag.count))].map { Job(prepared, input, $0) }
            }
            let bad = flipped + cut + longer + other
            #expect(verify(kernel, bad).allSatisfy { !$0 })
            for job in bad.striding(by: 41) { #expect(!prepared.verify(job.input, job.signature)) }
            #expect(verify(kernel, [Job(prepared, input, tag)] + bad + [Job(prepared, input, tag)]).count { $0 } == 2)
        }
    }
}
