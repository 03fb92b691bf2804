// After a revocation, a key replacement or a higher epoch has returned, no verification that begins accepts: with many
// threads, one token or batches, with a cache and without.
import Foundation
import Synchronization
import Testing

@testable import FastVerify

@Suite struct RevocationThreadTests {
    /// What has been taken back so far; whoever reads it before a verification begins knows what must not be accepted.
    private final class Progress: Sendable {
        let takenBack = Atomic<Int>(0)
        let isDone = Atomic<Bool>(false)
        let acceptedTooLate = Atomic<Int>(0)
        let accepted = Atomic<Int>(0)
        let refused = Atomic<Int>(0)
    }

    /// Readers verify the first tokens not yet taken back and some that are, while `takeBack` takes them back in order.
    private func race(
        _ verifier: Verifier, _ tokens: [String], _ takeBack: @escaping @Sendable (Int) throws -> Void
    ) async throws {
        let progress = Progress()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for thread in 0..<3 {
                group.addTask {
                    var batch = VerificationBatch()
                    while !progress.isDone.load(ordering: .acquiring) {
                        // There may be fewer threads than tasks.
                        await Task.yield()
                        let known = progress.takenBack.load(ordering: .acquiring)
                        let picks = (max(0, known - 4)..<min(tokens.count, known + 4)).shuffled()
                        var verdicts: [Bool]
                        if thread == 0 {
                            verdicts = picks.map { (try? verifier.verify(tokens[$0])) != nil }
                        } else {
                            verifier.verify(batch: picks.map { tokens[$0] }, into: &batch)
                            verdicts = picks.indices.map { batch.error(at: $0) == nil }
                        }
                        for (pick, isAccepted) in zip(picks, verdicts) {
                            if isAccepted, pick < known { progress.acceptedTooLate.add(1, ordering: .relaxed) }
                            if isAccepted {
                                progress.accepted.add(1, ordering: .relaxed)
                            } else {
                                progress.refused.add(1, ordering: .relaxed)
                            }
                        }
                    }
                }
            }
            group.addTask {
                defer { progress.isDone.store(true, ordering: .releasing) }
                for position in tokens.indices {
                    // So that most tokens are seen, and cached, before they are taken back.
                    let seen = progress.accepted.load(ordering: .relaxed)
                    var patience = 0
                    while progress.accepted.load(ordering: .relaxed) < seen + 12, patience < 100 {
                        patience += 1
                        await Task.yield()
                    }
                    try takeBack(position)
                    progress.takenBack.store(position + 1, ordering: .releasing)
                }
            }
            try await group.waitForAll()
        }
        #expect(progress.acceptedTooLate.load(ordering: .relaxed) == 0)
        #expect(progress.accepted.load(ordering: .relaxed) > 0)
        #expect(progress.refused.load(ordering: .relaxed) > 0)
    }

    private static let names = (0..<200).map { "n-\($0)" }

    private func tokens(_ claim: String, iat: (Int) -> Int64 = { _ in Fixture.now }) -> [String] {
        Self.names.enumerated().map { position, name in
            let claims =
                #"{"iss":"\#(Fixture.issuer)","aud":"\#(Fixture.audience)","exp":\#(Fixture.now + 900),"#
                + #""iat":\#(iat(position)),"\#(claim)":"\#(name)"}"#
            return Fixture.token(payload: claims, .hs256)
        }
    }

    @Test(arguments: ["jti", "sub", "sid", "tenant"], [true, false])
    func revokedByName(claim: String, withCache: Bool) async throws {
        let set = RevocationSet(capacity: 1000, staleness: .failOpen, clock: .fixed(Fixture.now))
        let verifier = Verifier(
            Fixture.policy(), keys: KeySource(Fixture.keySet), clock: .fixed(Fixture.now),
            cache: withCache ? TokenCache(bytes: 4 << 20) : nil, revocation: set)
        try await race(verifier, tokens(claim)) { position in
            let name = Self.names[position]
            let target: RevocationEvent.Target =
                switch claim {
                case "jti": .token(id: name)
                case "sub": .subject(name, issuedBefore: Fixture.now + 1)
                case "sid": .session(name, issuedBefore: Fixture.now + 1)
                default: .tenant(name, issuedBefore: Fixture.now + 1)
                }
            try set.apply(RevocationEvent(issuer: Fixture.issuer, target, expiration: Fixture.now + 900))
        }
    }

    /// The epoch of the issuer rises by a second at a time, and with each a token falls under it.
    @Test(arguments: [true, false]) func risingEpoch(ofKey: Bool) async throws {
        let set = RevocationSet(capacity: 1000, staleness: .failOpen, clock: .fixed(Fixture.now))
        let verifier = Verifier(
            Fixture.policy(), keys: KeySource(Fixture.keySet), clock: .fixed(Fixture.now),
            cache: TokenCache(bytes: 4 << 20), revocation: set)
        let first = Fixture.now - 400
        try await race(verifier, tokens("jti") { first + Int64($0) }) { position in
            let time = first + Int64(position) + 1
            let target: RevocationEvent.Target =
                ofKey ? .key("key-HS256", issuedBefore: time) : .everything(issuedBefore: time)
            try set.apply(RevocationEvent(issuer: Fixture.issuer, target, expiration: nil))
        }
    }

    /// Each token has a key of its own, and the keys leave the set one after the other.
    @Test(arguments: [true, false]) func keysThatLeave(withCache: Bool) async throws {
        let keys = try Self.names.map {
            try SigningKey(secret: Array("secret of 32 bytes and more of \($0)".utf8), keyID: $0, algorithm: .hs256)
        }
        let set = try keys.map { try JWK($0.verificationKey, keyID: $0.keyID, algorithm: .hs256) }
        let source = KeySource(KeySet(set))
        let verifier = Verifier(
            Fixture.policy(), keys: source, clock: .fixed(Fixture.now),
            cache: withCache ? TokenCache(bytes: 4 << 20) : nil)
        let tokens = keys.map {
            Fixture.token(
                headerBytes: Array(#"{"alg":"HS256","kid":"\#($0.keyID!)"}"#.utf8), payload: Array(Fixture.claims.utf8),
                $0)
        }
        try await race(verifier, tokens) { position in
            source.replace(with: KeySet(Array(set[(position + 1)...])))
        }
    }

    /// Writers, readers, snapshots and the search for what has expired at once, while the table grows.
    @Test func growthUnderLoad() async throws {
        let set = RevocationSet(capacity: 1 << 20, staleness: .failOpen, clock: .fixed(Fixture.now))
        let verifier = Verifier(
            Fixture.policy(), keys: KeySource(Fixture.keySet), clock: .fixed(Fixture.now), revocation: set)
        let good = Fixture.token(.hs256)
        let bad = Fixture.token(payload: Fixture.claims("jti", "\"gone\""), .hs256)
        try set.apply(RevocationEvent(issuer: Fixture.issuer, .token(id: "gone"), expiration: Fixture.now + 900))
        await withTaskGroup(of: Bool.self) { group in
            for writer in 0..<2 {
                group.addTask {
                    for number in 0..<8000 {
                        // Every other rule has expired when it comes.
                        let end = number % 2 == 0 ? Fixture.now + 900 : Fixture.now - 900
                        let event = RevocationEvent(
                            issuer: Fixture.issuer, .token(id: "\(writer)-\(number)"), expiration: end)
                        guard (try? set.apply(event)) != nil else { return false }
                    }
                    return true
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    var batch = VerificationBatch()
                    for round in 0..<300 {
                        verifier.verify(batch: [good, bad, good, bad], into: &batch)
                        guard batch.validCount == 2, batch.error(at: 1) == .revoked, batch.error(at: 3) == .revoked
                        else { return false }
                        if round % 50 == 0 { _ = set.snapshot() }
                        if round % 20 == 0 { set.dropExpired(lookingAt: 100) }
                    }
                    return true
                }
            }
            for await fine in group { #expect(fine) }
        }
        set.dropExpired(lookingAt: 100_000)
        #expect(set.statistics.count == 8002)
    }
}
