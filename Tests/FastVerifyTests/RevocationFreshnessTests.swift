// Full sets, forgetting, and silence of the feed.
import Foundation
import Testing

@testable import FastVerify

@Suite struct RevocationFreshnessTests {
    private let wall = AdjustableClock(Fixture.now)
    private let elapsed = AdjustableClock(50)

    private func set(_ staleness: RevocationSet.Staleness, capacity: Int = 1000) -> RevocationSet {
        RevocationSet(
            capacity: capacity, staleness: staleness, margin: 300, clock: wall.unix,
            elapsed: ElapsedClock { [elapsed] in elapsed.now })
    }

    private func error(_ set: RevocationSet) -> VerificationError? {
        let verifier = Verifier(
            Fixture.policy(), keys: KeySource(Fixture.keySet), clock: wall.unix, cache: TokenCache(bytes: 0),
            revocation: set)
        let token = Fixture.token(
            payload: #"{"iss":"\#(Fixture.issuer)","aud":"\#(Fixture.audience)","exp":9999999999}"#, .hs256)
        let first = Fixture.error(token, verifier)
        #expect(Fixture.error(token, verifier) == first)
        return first
    }

    private func pass(_ seconds: Int64) {
        wall.now += seconds
        elapsed.now += seconds
    }

    @Test func failOpen() {
        let set = set(.failOpen)
        #expect(error(set) == nil && set.freshness == nil && !set.isStale(at: .max))
        set.markFresh(at: 5)
        pass(1_000_000)
        #expect(error(set) == nil && set.freshness == 5)
    }

    @Test func failClosed() {
        let set = set(.failClosed(after: 60))
        #expect(error(set) == .revocationUnknown)
        set.markFresh(at: wall.now)
        pass(60)
        #expect(error(set) == nil)
        pass(1)
        #expect(error(set) == .revocationUnknown)
        // Complete as of half a minute ago.
        set.markFresh(at: wall.now - 30)
        pass(30)
        #expect(error(set) == nil)
        pass(1)
        #expect(error(set) == .revocationUnknown)
        // What is known already is not made worse by old news.
        set.markFresh(at: wall.now)
        set.markFresh(at: wall.now - 1000)
        #expect(error(set) == nil)
    }

    /// Neither a clock that is put back nor a feed from the future keeps a set fresh.
    @Test func clocksThatStep() {
        let set = set(.failClosed(after: 60))
        set.markFresh(at: wall.now)
        elapsed.now += 61
        wall.now -= 10_000
        #expect(error(set) == .revocationUnknown)
        set.markFresh(at: .max)
        #expect(error(set) == nil)
        pass(61)
        #expect(error(set) == .revocationUnknown)
        set.markFresh(at: .min + 1)
        #expect(error(set) == .revocationUnknown)
    }

    @Test func fullSetsSaySo() throws {
        let set = set(.failOpen, capacity: 10)
        func revoke(_ id: Int, until: Int64) throws(RevocationError) {
            try set.apply(RevocationEvent(issuer: Fixture.issuer, .token(id: "\(id)"), expiration: until))
        }
        // Nine rules and their issuer.
        for id in 0..<9 { try revoke(id, until: wall.now + 100) }
        #expect(throws: RevocationError.full) { try revoke(9, until: wall.now + 100) }
        #expect(set.statistics.count == 10 && set.statistics.dropped == 0)
        // A stricter form of what is there needs no room.
        try revoke(3, until: wall.now + 200)
        pass(400)
        try revoke(9, until: wall.now + 100)
        set.dropExpired()
        #expect(set.statistics.dropped == 8 && set.statistics.count == 3)
        #expect(throws: RevocationError.identifierTooLong) {
            try set.apply(
                RevocationEvent(
                    issuer: "x", .subject(String(repeating: "x", count: 2049), issuedBefore: 1), expiration: nil))
        }
        #expect(throws: RevocationError.identifierTooLong) {
            try set.apply(
                RevocationEvent(
                    issuer: String(repeating: "x", count: 2049), .everything(issuedBefore: 1), expiration: nil))
        }
    }

    @Test func whatHasExpiredIsDropped() throws {
        let set = set(.failOpen, capacity: 100_000)
        for id in 0..<20_000 {
            try set.apply(RevocationEvent(issuer: Fixture.issuer, .token(id: "\(id)"), expiration: wall.now + 10))
        }
        try set.apply(RevocationEvent(issuer: Fixture.issuer, .everything(issuedBefore: 5), expiration: wall.now + 10))
        let bytes = set.statistics.bytes
        // A clock that jumps ahead and back makes it forget nothing.
        wall.now += 1_000_000
        set.dropExpired(lookingAt: 100_000)
        #expect(set.statistics.count == 20_001 && set.statistics.dropped == 0)
        wall.now -= 1_000_000
        pass(310)
        set.dropExpired(lookingAt: 5000)
        #expect(set.statistics.dropped == 5000 || set.statistics.dropped == 4999)
        // New rules drop the rest by themselves, and live where the old ones did.
        for id in 0..<15_000 {
            try set.apply(RevocationEvent(issuer: Fixture.issuer, .token(id: "\(id)"), expiration: wall.now + 10))
        }
        #expect(set.statistics.dropped == 20_001 && set.statistics.count == 15_001)
        #expect(set.statistics.bytes == bytes)
    }
}
