public import FastVerify

/// A verifier that gives an unknown key a second chance: when a token names a key that the issuer may just have published,
/// it waits for the one fetch that is on its way and tries once more.
///
/// All other tokens are decided at once, by `Verifier.verify`, and so are tokens with unknown keys while the cool-down
/// holds. At most 1,024 tokens wait for a set; more are refused at once.
public struct RemoteVerifier: Sendable {
    /// Decides without waiting; for batches, and for callers that cannot wait.
    public let verifier: Verifier
    private let sets: [RemoteJWKSet]
    private let patience: Duration

    /// One issuer. `patience` bounds how long a token waits.
    public init(
        _ policy: ClaimPolicy, keys: RemoteJWKSet, limits: Verifier.Limits = .standard,
        patience: Duration = .seconds(2)
    ) {
        self.init(Verifier(policy, keys: keys.source, limits: limits), keys: [keys], patience: patience)
    }

    /// A verifier that uses the sources of these sets, perhaps besides others.
    public init(_ verifier: Verifier, keys: [RemoteJWKSet], patience: Duration = .seconds(2)) {
        self.verifier = verifier
        sets = keys
        self.patience = max(.zero, patience)
    }

    /// Verifies a token. Waits only where the first answer is `keyNotFound`.
    public func verify(_ token: String) async throws(VerificationError) -> VerifiedToken {
        try await verify { () throws(VerificationError) in try verifier.verify(token) }
    }

    public func verify(_ token: [UInt8]) async throws(VerificationError) -> VerifiedToken {
        try await verify { () throws(VerificationError) in try verifier.verify(token) }
    }

    private func verify(
        _ attempt: () throws(VerificationError) -> VerifiedToken
    ) async throws(VerificationError) -> VerifiedToken {
        do throws(VerificationError) {
            return try attempt()
        } catch {
            guard error == .keyNotFound, let set = missedSet(attempt),
                await set.awaitNews(until: set.clock.now + patience)
            else { throw error }
        }
        return try attempt()
    }

    /// Whose key is missing. Among several, a second look at the token shows it.
    private func missedSet(_ attempt: () throws(VerificationError) -> VerifiedToken) -> RemoteJWKSet? {
        guard sets.count > 1 else { return sets.first }
        let witness = MissWitness()
        MissWitness.$current.withValue(witness) { _ = try? attempt() }
        return sets.first { witness.isNoted($0.missing) }
    }
}
