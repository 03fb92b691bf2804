import CCrypto
import FastVerify

/// The flow up to a stage.
final class PrefixContender: Contender {
    let name: String
    let validBefore: [Int]
    private let verifier: Verifier
    private let text: TokenText
    private let last: FlowStage
    private var batch = VerificationBatch()

    init(_ last: FlowStage, _ verifier: Verifier, _ text: TokenText) {
        name = "through \(last)"
        validBefore = Array(0...text.views.count)
        self.verifier = verifier
        self.text = text
        self.last = last
        // Through the whole flow once: only a token that has led to a key makes its header known to the batch, and the
        // short prefixes would otherwise decode the header of every token.
        _ = verifier.verify(batch: text.views.prefix(1), through: .claims, into: &batch)
    }

    var count: Int { text.views.count }

    func check(_ range: Range<Int>) -> Int { verifier.verify(batch: text.views[range], through: last, into: &batch) }
}

/// The kernel alone: the same signing inputs and signatures, already split and decoded.
final class KernelContender: Contender {
    let name: String
    let validBefore: [Int]
    private let kernel: Kernel
    private let key: KernelKey
    private let memory: [UnsafeMutableRawBufferPointer]
    private var jobs: [fv_job] = []
    private var verdicts: [UInt8]

    /// `isValid` says of each signature whether it must be accepted.
    init(
        _ kernel: Kernel, _ material: KeyMaterial, _ signatures: [(input: [UInt8], signature: [UInt8])], isValid: [Bool]
    ) throws {
        self.kernel = kernel
        key = try KernelKey(material, for: kernel.row)
        name = "\(kernel.name) alone"
        validBefore = Self.sums(isValid)
        verdicts = Array(repeating: 0, count: signatures.count)
        memory = signatures.map { input, signature in
            let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: input.count + signature.count, alignment: 8)
            bytes.copyBytes(from: input + signature)
            return bytes
        }
        jobs = zip(memory, signatures).map { [key] memory, parts in
            let start = memory.bindMemory(to: UInt8.self).baseAddress!
            return fv_job(
                key: key.prepared, input: start, input_count: parts.input.count, signature: start + parts.input.count,
                signature_count: parts.signature.count)
        }
    }

    deinit { for bytes in memory { bytes.deallocate() } }

    var count: Int { jobs.count }

    func check(_ range: Range<Int>) -> Int {
        jobs.withUnsafeBufferPointer { jobs in
            verdicts.withUnsafeMutableBufferPointer { verdicts in
                fv_verify(kernel.row, jobs.baseAddress! + range.lowerBound, range.count, verdicts.baseAddress!)
            }
        }
        return verdicts[..<range.count].count { $0 == 1 }
    }
}
