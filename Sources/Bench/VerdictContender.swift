import FastVerify

/// Tokens whose verdicts are known to the reason. Counts those that come out as they must, so that all have to.
final class VerdictContender: Contender {
    let name: String
    let validBefore: [Int]
    private let verifier: Verifier
    private let text: TokenText
    private let expected: [VerificationError?]
    private let mode: CallMode
    private var batch = VerificationBatch()

    /// `expected` has a verdict for each token, `nil` for those that must be accepted.
    init(_ name: String, _ verifier: Verifier, _ text: TokenText, _ expected: [VerificationError?], _ mode: CallMode) {
        self.name = name
        self.verifier = verifier
        self.text = text
        self.expected = expected
        self.mode = mode
        validBefore = Array(0...expected.count)
    }

    var count: Int { expected.count }

    func check(_ range: Range<Int>) -> Int {
        var right = 0
        switch mode {
        case .single:
            for position in range where verdict(text.views[position]) == expected[position] { right += 1 }
        case .batch:
            verifier.verify(batch: text.views[range], into: &batch)
            for position in range where batch.error(at: position - range.lowerBound) == expected[position] {
                right += 1
            }
        }
        return right
    }

    private func verdict(_ token: UnsafeRawBufferPointer) -> VerificationError? {
        do throws(VerificationError) {
            _ = try verifier.verify(token)
            return nil
        } catch {
            return error
        }
    }
}
