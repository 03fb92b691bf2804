public import FastVerify

/// What proofs are accepted (RFC 9449 §4.3, §11.1).
public struct ProofPolicy: Sendable {
    /// Of `alg`; those with a shared secret are never accepted.
    public var algorithms: AlgorithmSet = .asymmetric
    /// Seconds since `iat` for which a proof is good, from 1 to 3,600. The replay window has to hold all proofs of that time.
    public var maximumAge: Int64 = 60
    /// Seconds that `iat` may lie in the future, for clients whose clocks run ahead; from 0 to 300.
    public var futureLeeway: Int64 = 5
    /// Characters of the longest proof.
    public var proofBytes = 8192
    /// Characters of the longest `jti`.
    public var tokenIDBytes = 256
    /// Bits of the longest key. One with a modulus of 8,192 bits makes each proof sixteen times as dear as one with 2,048.
    public var keyBits = 4096
    /// Clients whose keys stay prepared, about 2 KiB each with its table of multiples not counted (`KeyTables`). Only keys
    /// that an accepted token is bound to and that have made a valid signature are kept.
    public var cachedKeys = 4096

    public init() {}

    /// The algorithms as `algs` of a challenge lists them (RFC 9449 §5.1), in a fixed order.
    public var algorithmNames: String {
        Algorithm.allCases.filter { algorithms.contains($0) && !$0.isSymmetric }.map(\.name).joined(separator: " ")
    }
}

/// A proof that has passed every check.
public struct AcceptedProof: Sendable, Hashable {
    /// Of the key that signed it.
    public let thumbprint: SHA256Digest
    /// A nonce that the answer should carry as `DPoP-Nonce`, because the one of the proof will soon be none (RFC 9449 §8.2).
    public let nextNonce: String?
}
