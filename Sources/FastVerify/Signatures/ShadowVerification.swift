internal import CCrypto
internal import Synchronization

/// Checks a sampled share of signatures a second time, on a kernel of another backend, and reports where the two verdicts
/// differ. A watchdog for a new processor, library or release: a disagreement is a fault of ours, or of the machine.
///
///     let shadow = ShadowVerification(share: 0.01, failsClosed: true) { log.critical("\($0)") }
///     let verifier = Verifier(policy, keys: keys, shadow: shadow)
///
/// One may serve any number of verifiers and threads. Which signatures are drawn cannot be foreseen. A key's second
/// preparation happens at its first draw and allocates; what OpenSSL allocates for a check is its own affair.
public final class ShadowVerification: Sendable {
    /// Two verdicts on one signature.
    public struct Disagreement: Sendable, CustomStringConvertible {
        public let algorithm: Algorithm
        public let keyID: String?
        /// The kernel that runs, and whether it accepted.
        public let kernel: Kernel
        public let accepted: Bool
        /// The kernel that was asked as well, and said the opposite.
        public let shadow: Kernel

        public var description: String {
            func text(_ kernel: Kernel, _ accepted: Bool) -> String {
                "\(kernel.name) \(accepted ? "accepts" : "refuses")"
            }
            return "\(algorithm.name): \(text(kernel, accepted)), \(text(shadow, !accepted))"
        }
    }

    /// Counts since it was made.
    public struct Counts: Sendable, Hashable {
        /// Signatures checked a second time.
        public let checked: UInt64
        public let disagreements: UInt64
        /// Signatures drawn for which this processor has no kernel of another backend.
        public let withoutShadow: UInt64
    }

    /// A draw below this takes the signature.
    private let bound: UInt64
    private let takesAll: Bool
    private let failsClosed: Bool
    private let report: @Sendable (Disagreement) -> Void
    private let checked = Atomic<UInt64>(0)
    private let disagreements = Atomic<UInt64>(0)
    private let withoutShadow = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - share: The part of signatures to check again, from 0 to 1; other values count as the nearer end.
    ///   - failsClosed: Refuses a signature that only one of two kernels accepts.
    ///   - onDisagreement: Called on the verifying thread, which waits for it.
    public init(
        share: Double, failsClosed: Bool = true, onDisagreement: @escaping @Sendable (Disagreement) -> Void = { _ in }
    ) {
        takesAll = share >= 1
        // What is not above 0 is not a number either.
        bound = share > 0 && share < 1 ? UInt64(share * 0x1p64) : 0
        self.failsClosed = failsClosed
        report = onDisagreement
    }

    public var counts: Counts {
        Counts(
            checked: checked.load(ordering: .relaxed), disagreements: disagreements.load(ordering: .relaxed),
            withoutShadow: withoutShadow.load(ordering: .relaxed))
    }

    /// After the signatures of a batch were checked, before its claims are.
    func check(_ batch: inout VerificationBatch) {
        for position in batch.entries.indices where batch.entries[position].awaitsSignature {
            guard takesAll || batch.draw() < bound else { continue }
            let entry = batch.entries[position]
            let keys = batch.snapshots[entry.issuer].keys
            guard let shadow = keys.shadow(of: entry.key, for: entry.algorithm) else {
                withoutShadow.add(1, ordering: .relaxed)
                continue
            }
            let accepted = batch.signatures.verdicts[entry.job] == 1
            let agrees = batch.signatures.recheck(entry.job, with: shadow) == accepted
            checked.add(1, ordering: .relaxed)
            if agrees { continue }
            disagreements.add(1, ordering: .relaxed)
            let kernel = Kernel(batch.signatures.kernel(of: entry.job))
            if failsClosed { batch.signatures.refuse(entry.job) }
            report(
                Disagreement(
                    algorithm: entry.algorithm, keyID: keys.keys[entry.key].keyID, kernel: kernel, accepted: accepted,
                    shadow: Kernel(fv_prepared_key_kernel(shadow))))
        }
    }
}
