import FastVerify

/// How tokens that fall due come to the library.
enum LoadMode: String, Codable, CaseIterable {
    /// One call a token, on the generator's thread.
    case single
    /// All that are due in one call, on the generator's thread.
    case batch
    /// One by one to a pool, whose workers answer.
    case pool

    /// `limit` bounds what is handed over at once.
    func target(_ verifier: Verifier, _ tokens: [String], limit: Int) -> any LoadTarget {
        switch self {
        case .single: return CallTarget(SingleTokenContender(verifier, TokenText(tokens)), capacity: 1)
        case .batch:
            let text = TokenText(tokens)
            let contender = TokenContender(
                name: "batches", verifier: verifier, text: text, isValid: text.views.map { _ in true })
            return CallTarget(contender, capacity: limit)
        case .pool: return PoolTarget(VerifierPool(verifier), tokens)
        }
    }
}
