// A second opinion on signatures: when it is asked for, and what a difference does.
import CCrypto
import Testing

@testable import FastVerify

@Suite struct ShadowTests {
    private final class Reports: Sendable {
        let all = WaitingLock<[ShadowVerification.Disagreement]>([])
    }

    private func keys(_ algorithm: Algorithm) throws -> KeySet {
        let key = Fixture.key(algorithm)
        return KeySet([try JWK(key.verificationKey, keyID: key.keyID, algorithm: algorithm)])
    }

    private func verifier(_ keys: KeySet, _ shadow: ShadowVerification) -> Verifier {
        Verifier(Fixture.policy(), keys: KeySource(keys), clock: .fixed(Fixture.now), shadow: shadow)
    }

    /// Good and bad tokens of every algorithm: both kernels agree, so nothing changes.
    @Test(arguments: Algorithm.allCases) func agreement(_ algorithm: Algorithm) throws {
        let shadow = ShadowVerification(share: 1) { Issue.record("\($0)") }
        let verifier = verifier(try keys(algorithm), shadow)
        let good = Fixture.token(algorithm)
        let parts = good.split(separator: ".")
        let other = Fixture.token(payload: Fixture.claims("sub", "\"other\""), algorithm).split(separator: ".")
        let bad = "\(parts[0]).\(other[1]).\(parts[2])"
        for _ in 0..<2 {
            let verdicts = verifier.verify(batch: [good, bad, "x.y", good])
            #expect(verdicts.map { (try? $0.get()) != nil } == [true, false, false, true])
        }
        let counts = shadow.counts
        // Two backends exist for all algorithms but those that only OpenSSL has.
        let backends = Set(Kernel.all(for: algorithm).filter(\.isUsable).map(\.backend))
        #expect(counts.checked + counts.withoutShadow == 6)
        if backends.count == 1 { #expect(counts.withoutShadow == 6) } else { #expect(counts.checked > 0) }
        #expect(counts.disagreements == 0)
    }

    /// A shadow that holds another key refuses what the kernel accepts.
    @Test(arguments: [true, false]) func disagreement(failsClosed: Bool) throws {
        let set = try keys(.es256)
        try plantStranger(in: set)
        let reports = Reports()
        let shadow = ShadowVerification(share: 1, failsClosed: failsClosed) { report in
            reports.all.withLock { $0.append(report) }
        }
        let verifier = verifier(set, shadow)
        let good = Fixture.token(.es256)
        #expect(Fixture.error(good, verifier) == (failsClosed ? .badSignature : nil))
        let verdicts = verifier.verify(batch: [good, good + "A", good])
        #expect(verdicts.map { (try? $0.get()) != nil } == [!failsClosed, false, !failsClosed])
        #expect(shadow.counts == .init(checked: 3, disagreements: 3, withoutShadow: 0))
        let report = try #require(reports.all.withLock { $0.first })
        #expect(report.algorithm == .es256 && report.keyID == "key-ES256" && report.accepted)
        #expect(report.kernel == Kernel.selected(for: .es256) && report.shadow.backend != report.kernel.backend)
        #expect(report.description == "ES256: \(report.kernel.name) accepts, \(report.shadow.name) refuses")
    }

    /// Two bad opinions against each other: what the kernel refuses stays refused, whatever the shadow says.
    @Test func refusedStaysRefused() throws {
        let stranger = try SigningKey(generate: .es256, keyID: "key-ES256")
        let set = try keys(.es256)
        try plantKey(stranger.verificationKey, in: set)
        for failsClosed in [true, false] {
            let shadow = ShadowVerification(share: 1, failsClosed: failsClosed)
            let foreign = Fixture.token(
                headerBytes: Array(Fixture.header(.es256).utf8), payload: Array(Fixture.claims.utf8), stranger)
            #expect(Fixture.error(foreign, verifier(set, shadow)) == .badSignature)
            #expect(shadow.counts.disagreements == 1)
        }
    }

    @Test func share() throws {
        let set = try keys(.hs256)
        let token = Fixture.token(.hs256)
        for (share, expected) in [
            (0, 0...0), (-1, 0...0), (Double.nan, 0...0), (1, 20_000...20_000), (2, 20_000...20_000),
            // 20,000 draws of 0.1: 2,000 ± 6 standard deviations of 42.4.
            (0.1, 1745...2255),
        ] as [(Double, ClosedRange<UInt64>)] {
            let shadow = ShadowVerification(share: share)
            let verifier = verifier(set, shadow)
            var batch = VerificationBatch()
            for _ in 0..<20 { verifier.verify(batch: Array(repeating: token, count: 1000), into: &batch) }
            #expect(expected.contains(shadow.counts.checked), "\(share)")
        }
    }

    private func plantStranger(in set: KeySet) throws {
        try plantKey(SigningKey(generate: .es256).verificationKey, in: set)
    }

    private func plantKey(_ key: VerificationKey, in set: KeySet) throws {
        let row = try #require(fv_kernel_named(FV_ES256, "openssl"))
        var prepared: OpaquePointer?
        #expect(fv_prepare(row, key.handle, &prepared) == FV_KEY_OK)
        set.shadows.plant(try #require(prepared), at: set.slot(of: 0, for: .es256))
    }
}
