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
            return try admit(text, through: last, to: &batch) != 0
        } catch {
            return false
        }
    }

    /// As in `Verifier`, with a way out after each stage. Returns something that depends on the stage's result, so that
    /// the stage is not optimised away; never 0.
    @inline(__always)
    private func admit(
        _ text: UnsafeRawBufferPointer, through last: FlowStage, to batch: inout VerificationBatch
    ) throws(VerificationError) -> Int {
        let token = try CompactToken(text, limit: limits.tokenBytes)
        if last == .split { return token.signature.count | 1 << 32 }
        let header = try batch.recognise(token.header)
        if last == .header {
            if case .known(let entry, _) = header { return entry.issuer | 1 << 32 }
            return 1
        }
        let payload = try batch.decode(token.payload)
        if last == .decode { return payload.count | 1 << 32 }
        let claims = try batch.scan(payload)
        if last == .scan { return claims.memberCount | 1 << 32 }
        let issuer = try issuer(of: claims)
        let key = try batch.key(for: header, of: issuer, issuers[issuer])
        if last == .key { return key.signatureSize | 1 << 32 }
        let signature = try batch.decode(token.signature, size: key.signatureSize)
        batch.append(key, token.signingInput, signature, payload, claims, issuer)
        return 1
    }
}
