internal import FastVerify

/// The tokens of one turn that one verifier looks at, and the requests they came with.
final class TokenGroup {
    private let verifier: Verifier
    /// Taken out while its claims are looked at.
    private var batch: VerificationBatch? = VerificationBatch()
    private(set) var requests: [AdmittedRequest] = []
    /// Copied out of the connections' buffers, which may change before the turn ends.
    private var text: [UInt8] = []
    private var ranges: [Range<Int>] = []
    private var tokens: [UnsafeRawBufferPointer] = []

    init(_ verifier: Verifier) { self.verifier = verifier }

    @inline(__always)
    func add(_ request: AdmittedRequest, _ token: UnsafeRawBufferPointer) {
        requests.append(request)
        ranges.append(text.count..<text.count + token.count)
        text.append(contentsOf: token)
    }

    /// The verdicts, in the order of the requests.
    func verified() -> VerificationBatch {
        var batch = batch.take() ?? VerificationBatch()
        text.withUnsafeBytes { text in
            tokens.removeAll(keepingCapacity: true)
            for range in ranges { tokens.append(text.slice(range)) }
            verifier.verify(batch: tokens, into: &batch)
        }
        return batch
    }

    func token(at position: Int) -> ArraySlice<UInt8> { text[ranges[position]] }

    /// Forgets the requests and takes the batch back.
    func clear(_ batch: consuming VerificationBatch) {
        self.batch = consume batch
        requests.removeAll(keepingCapacity: true)
        ranges.removeAll(keepingCapacity: true)
        // What a burst needed is given back.
        text.removeAll(keepingCapacity: text.capacity < 8 << 20)
    }
}
