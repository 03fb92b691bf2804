import CCrypto
import Testing

/// Batches of Ed25519: no verdict depends on the lane, the neighbours, the size of the batch or the mix of keys.
@Suite struct EddsaBatchTests {
    struct Signer {
        let signing: SigningKey
        let key: Key
        init() throws {
            signing = try SigningKey(FV_ED25519)
            key = try signing.publicKey()
        }
    }

    /// Sizes around whole groups of lanes, and around a chunk that shares an inversion.
    static let sizes = Array(1...17) + [31, 33, 64, 255, 256, 257, 512, 513]

    @Test(arguments: FV_ED25519.kernels.map { String(cString: $0.pointee.name) })
    func sizesKeysAndPositions(_ name: String) throws {
        let kernel = try #require(fv_kernel_named(FV_ED25519, name))
        let signers = try (0..<3).map { _ in try Signer() }
        let prepared = try signers.map { try Prepared(kernel, $0.key) }
        let inputs = (0..<24).map { Bytes(repeating: UInt8($0), count: $0 * 23) }
        let signatures = signers.map { signer in inputs.map { signer.signing.sign(FV_ED25519, $0) } }
        for size in Self.sizes {
            var expected: [Bool] = []
            let jobs = (0..<size).map { i -> Job in
                let who = Int.random(in: 0..<3)
                let which = Int.random(in: 0..<24)
                let signature = signatures[who][which]
                let kind = Int.random(in: 0..<8)
                expected.append(kind < 3)
                switch kind {
                case 0...2: return Job(prepared[who], inputs[which], signature)
                case 3: return Job(prepared[(who + 1) % 3], inputs[which], signature)
                case 4: return Job(prepared[who], inputs[which] + [1], signature)
                case 5: return Job(prepared[who], inputs[which], signature.flippingBit(.random(in: 0..<512)))
                case 6: return Job(prepared[who], inputs[which], Bytes(signature.dropLast()))
                default: return Job(prepared[who], inputs[which], signature.settingBit(511).settingBit(510))
                }
            }
            #expect(verify(kernel, jobs) == expected, "\(name), \(size)")
        }
    }

    /// One good signature among refused ones and one bad among good ones, at every position.
    @Test func everyPosition() throws {
        let signer = try Signer()
        let input = Bytes("position".utf8)
        let signature = signer.signing.sign(FV_ED25519, input)
        for kernel in FV_ED25519.kernels {
            let key = try Prepared(kernel, signer.key)
            let good = Job(key, input, signature)
            for bad in [signature.flippingBit(255), signature.flippingBit(256), signature.settingBit(511), []] {
                let bad = Job(key, input, bad)
                for size in [3, 8, 17] {
                    for position in 0..<size {
                        var jobs = Array(repeating: bad, count: size)
                        jobs[position] = good
                        #expect(verify(kernel, jobs) == (0..<size).map { $0 == position })
                        jobs = Array(repeating: good, count: size)
                        jobs[position] = bad
                        #expect(verify(kernel, jobs) == (0..<size).map { $0 != position })
                    }
                }
            }
        }
    }

    /// S = 0 and S = L - 1, k arbitrary: the equation fails, and every row says so.
    @Test func edgesOfTheScalar() throws {
        let signer = try Signer()
        let input = Bytes("edge".utf8)
        let r = Bytes(signer.signing.sign(FV_ED25519, input).prefix(32))
        let order = EdwardsTests.orders[FV_ED25519]!
        let edges = [
            Bytes(repeating: 0, count: 32), [1] + Bytes(repeating: 0, count: 31), [order[0] - 1] + order.dropFirst(),
            Bytes(repeating: 0xff, count: 31) + [0x0f], Bytes(repeating: 0x80, count: 31) + [0x0f],
            Bytes(repeating: 0x7f, count: 31) + [0x0f],
        ]
        for kernel in FV_ED25519.kernels {
            let key = try Prepared(kernel, signer.key)
            #expect(verify(kernel, edges.map { Job(key, input, r + $0) }).allSatisfy { !$0 })
        }
    }
}
