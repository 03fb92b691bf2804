import FastVerify

/// Whole tokens through FastVerify's batch API, with the kernel of one name.
final class TokenContender: Contender {
    let name: String
    let validBefore: [Int]
    private let verifier: Verifier
    private let text: TokenText
    private var batch = VerificationBatch()

    /// `isValid` says of each token whether it must be accepted.
    init(name: String, verifier: Verifier, text: TokenText, isValid: [Bool]) {
        self.name = name
        self.verifier = verifier
        self.text = text
        validBefore = Self.sums(isValid)
    }

    var count: Int { text.views.count }

    func check(_ range: Range<Int>) -> Int {
        verifier.verify(batch: text.views[range], into: &batch)
        return batch.validCount
    }
}
