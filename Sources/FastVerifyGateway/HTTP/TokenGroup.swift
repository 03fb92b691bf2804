internal import FastVerify

/// The tokens of one turn that one verifier looks at, and the requests they came with.
final class TokenGroup {
    private struct Turn {
        var requests: [AdmittedRequest] = []
        /// Copied out of the connections' buffers, which may change before the turn ends.
        var text: [UInt8] = []
        var ranges: [Range<Int>] = []

        mutating func removeAll() {
            requests.removeAll(keepingCapacity: true)
            ranges.removeAll(keepingCapacity: true)
            // What a burst needed is given back.
            text.removeAll(keepingCapacity: text.capacity < 8 << 20)
        }
    }

    private let verifier: Verifier
    /// Taken out while its claims are looked at.
    private var batch: VerificationBatch? = VerificationBatch()
    private var coming = Turn()
    /// An answer lets its connection go on to the next request, which belongs to the next turn.
    private var settling = Turn()
    private var tokens: [UnsafeRawBufferPointer] = []

    init(_ verifier: Verifier) { self.verifier = verifier }

    var isEmpty: Bool { coming.requests.isEmpty }

    @inline(__always)
    func add(_ request: AdmittedRequest, _ token: UnsafeRawBufferPointer) {
        coming.requests.append(request)
        coming.ranges.append(coming.text.count..<coming.text.count + token.count)
        coming.text.append(contentsOf: token)
    }

    /// Ends the turn. The verdicts, in the order of `settled`.
    func verified() -> VerificationBatch {
        swap(&coming, &settling)
        var batch = batch.take() ?? VerificationBatch()
        settling.text.withUnsafeBytes { text in
            tokens.removeAll(keepingCapacity: true)
            for range in settling.ranges { tokens.append(text.slice(range)) }
            verifier.verify(batch: tokens, into: &batch)
        }
        return batch
    }

    /// Requests of the turn that has ended.
    var settled: [AdmittedRequest] { settling.requests }

    func token(at position: Int) -> ArraySlice<UInt8> { settling.text[settling.ranges[position]] }

    /// Forgets the turn that has ended and takes its batch back.
    func clear(_ batch: consuming VerificationBatch) {
        self.batch = consume batch
        settling.removeAll()
    }
}
