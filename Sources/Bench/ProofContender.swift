import FastVerify
import FastVerifyAccess

/// Tokens that are bound to their senders, one request at a time as a server gets them: the token, and what its sender shows.
final class ProofContender: Contender {
    /// What a request brings besides its token.
    enum Evidence {
        /// A token that anybody may present, for comparison.
        case none
        case certificate(ClientCertificate)
        /// One proof for each token.
        case proofs([String])
    }

    let name: String
    let validBefore: [Int]
    private let verifier: Verifier
    private let constraint: SenderConstraint
    private let tokens: [String]
    private let text: TokenText
    private let evidence: Evidence

    static let target = RequestTarget(method: "POST", uri: TargetURI("https://api.example/v1/orders")!)

    init(_ name: String, _ verifier: Verifier, _ tokens: [String], _ evidence: Evidence, cachedKeys: Int) {
        self.name = name
        self.verifier = verifier
        self.tokens = tokens
        self.evidence = evidence
        text = TokenText(tokens)
        validBefore = Array(0...tokens.count)
        var policy = ProofPolicy()
        policy.cachedKeys = cachedKeys
        let window = ReplayWindow(capacity: tokens.count * 16)
        constraint = SenderConstraint(proofs: ProofVerifier(policy, replays: window, clock: .fixed(Claims.now)))
    }

    var count: Int { tokens.count }

    func check(_ range: Range<Int>) -> Int {
        // The same proofs come again in each round, which no window allows.
        if case .proofs = evidence { constraint.proofs?.replays.forgetAll() }
        return range.count { passes($0) }
    }

    private func passes(_ position: Int) -> Bool {
        do {
            let token = try verifier.verify(text.views[position])
            switch evidence {
            case .none: return true
            case .certificate(let certificate):
                try constraint.check(
                    token, text: tokens[position], evidence: .init(scheme: .bearer, certificate: certificate))
            case .proofs(let proofs):
                try constraint.check(
                    token, text: tokens[position],
                    evidence: .init(scheme: .dpop, proofs: [proofs[position]], target: Self.target))
            }
            return true
        } catch {
            return false
        }
    }
}
