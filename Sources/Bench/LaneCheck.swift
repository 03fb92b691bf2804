import CCrypto
import FastVerify

/// Holds one kernel against rows of vectors: each row in every lane, between good and bad neighbours, and all rows of a
/// file in one batch.
struct LaneCheck {
    private let kernel: UnsafePointer<fv_kernel>
    private let neighbour: KernelKey
    /// Alternately a valid signature and one with a bit changed.
    private let neighbours: [(signature: [UInt8], verdict: UInt8)]
    private static let message = Array("a signature beside the one in question".utf8)
    private let lanes: Int

    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    init(_ kernel: Kernel) throws {
        self.kernel = kernel.row
        lanes = max(kernel.lanes, 8)
        let key = try SigningKey(generate: kernel.algorithm)
        neighbour = try KernelKey(KeyMaterial(key.verificationKey), for: kernel.row)
        guard let good = key.sign(Self.message) else {
            throw Failed(description: "signing with \(kernel.algorithm) failed")
        }
        var bad = good
        bad[good.count - 1] ^= 1
        neighbours = [(good, 1), (bad, 0)]
    }

    /// What the kernel says of a signature; `nil` where it depends on lane or neighbours, or changes theirs.
    func verdict(_ key: KernelKey, _ message: [UInt8], _ signature: [UInt8]) -> Bool? {
        var seen: Set<UInt8> = []
        for position in 0..<lanes {
            var items: [Item] = []
            for lane in 0...lanes {
                let (other, _) = neighbours[(lane + position) % 2]
                let isRow = lane == position
                items.append(isRow ? Item(key, message, signature) : Item(neighbour, Self.message, other))
            }
            let verdicts = run(items)
            for lane in 0...lanes where lane != position {
                if verdicts[lane] != neighbours[(lane + position) % 2].verdict { return nil }
            }
            seen.insert(verdicts[position])
        }
        return seen == [1] ? true : seen == [0] ? false : nil
    }

    struct Item {
        let key: KernelKey
        let message: [UInt8]
        let signature: [UInt8]

        init(_ key: KernelKey, _ message: [UInt8], _ signature: [UInt8]) {
            self.key = key
            self.message = message
            self.signature = signature
        }
    }

    /// One call of the kernel. Every byte string has memory of its own, exactly as long as it is.
    func run(_ items: [Item]) -> [UInt8] {
        let memory = items.flatMap { [$0.message, $0.signature] }.map { bytes -> UnsafeMutableBufferPointer<UInt8> in
            let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
            _ = copy.initialize(from: bytes)
            return copy
        }
        defer { for bytes in memory { bytes.deallocate() } }
        let jobs = items.indices.map { index in
            let (message, signature) = (memory[index * 2], memory[index * 2 + 1])
            return fv_job(
                key: items[index].key.prepared, input: message.isEmpty ? nil : UnsafePointer(message.baseAddress),
                input_count: message.count, signature: signature.isEmpty ? nil : UnsafePointer(signature.baseAddress),
                signature_count: signature.count)
        }
        // Neither 0 nor 1, so that a verdict the kernel forgets to write is seen.
        var verdicts = [UInt8](repeating: 0xa5, count: items.count)
        fv_verify(kernel, jobs, jobs.count, &verdicts)
        return verdicts
    }
}
