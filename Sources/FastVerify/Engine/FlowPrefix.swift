/// Where the flow can be cut off, in its order.
package enum FlowStage: Int, CaseIterable, Sendable {
    case split, header, decode, scan, key, queue, signature, claims
}

/// The flow cut off after a stage, for the harness: a stage costs what one prefix takes longer than the one before.
extension Verifier {
    /// Takes tokens through the flow up to a stage, that stage included. Returns how many got through it; with
    /// `claims`, that is every valid token, and `batch` holds the verdicts.
    package func verify(
        batch tokens: ArraySlice<UnsafeRawBufferPointer>, through last: FlowStage, into batch: inout VerificationBatch
    ) -> Int {
        batch.begin(self)
        var passed = 0
        for token in tokens where passes(token, last, &batch) { passed += 1 }
        switch last {
        case .signature:
            batch.signatures.verify()
            return batch.signatures.verdicts.count { $0 == 1 }
        case .claims:
            settle(&batch)
            return batch.validCount
        default:
            return passed
        }
    }

    @inline(__always)
    private func passes(_ text: UnsafeRawBufferPointer, _ last: FlowStage, _ batch: inout VerificationBatch) -> Bool {
        do throws(VerificationError) {
            try admit(text, unmanagedCache, to: &batch, until: last)
            return true
        } catch {
            return false
        }
    }
}

extension RevocationSet {
    /// Asks again about some tokens of a batch, accepted ones and those that this set has refused. Returns how many of them
    /// are accepted.
    package func checkAgain(_ batch: inout VerificationBatch, _ positions: Range<Int>, now: Int64) -> Int {
        for position in positions where batch.entries[position].error == .revoked {
            batch.entries[position].error = nil
        }
        check(&batch, positions, now: now)
        return positions.count { batch.entries[$0].error == nil }
    }
}
