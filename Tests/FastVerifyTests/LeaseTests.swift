import Dispatch
import Foundation
import Synchronization
import Testing

@testable import FastVerify

@Suite struct LeaseTests {
    /// A book that checks only when it is told to, at a time that is set.
    private final class Fixed: Sendable {
        let revocation: RevocationSet
        let book: LeaseBook
        private let ended = WaitingLock<[String]>([])

        init(leeway: Int64 = 0, _ staleness: RevocationSet.Staleness = .failOpen) {
            let clock = Clock()
            self.clock = clock
            let unix = UnixClock { clock.now.load(ordering: .relaxed) }
            revocation = RevocationSet(capacity: 100, staleness: staleness, clock: unix)
            book = LeaseBook(revocation: revocation, leeway: leeway, interval: .seconds(100_000), clock: unix)
        }

        final class Clock: Sendable { let now = Atomic<Int64>(Fixture.now) }
        private let clock: Clock

        func set(_ seconds: Int64) { clock.now.store(Fixture.now + seconds, ordering: .relaxed) }

        func lease(_ token: VerifiedToken) throws(VerificationError) -> ConnectionLease {
            let subject = token.subject ?? ""
            return try book.lease(token) { ending in self.ended.withLock { $0.append("\(subject) \(ending)") } }
        }

        var endings: [String] { ended.withLock { $0.sorted() } }
    }

    private func token(_ subject: String, expires: Int64? = 900, id: String = "t") throws -> VerifiedToken {
        let claims =
            #"{"iss":"\#(Fixture.issuer)","aud":"\#(Fixture.audience)","sub":"\#(subject)","jti":"\#(id)","iat":\#(Fixture.now)"#
            + (expires.map { #","exp":\#(Fixture.now + $0)"# } ?? "") + "}"
        var policy = Fixture.policy()
        policy.requiresExpiration = false
        return try Fixture.verifier(policy).verify(Fixture.token(payload: claims, .hs256))
    }

    @Test func anExpiredTokenEndsItsLease() throws {
        let fixed = Fixed(leeway: 5)
        let lease = try fixed.lease(token("a", expires: 100))
        _ = try fixed.lease(token("b", expires: 101))
        let endless = try fixed.lease(token("c", expires: nil))
        #expect(lease.expiration == Fixture.now + 100 && endless.expiration == nil)
        fixed.set(104)
        fixed.book.check()
        #expect(fixed.endings.isEmpty && fixed.book.count == 3)
        fixed.set(105)
        fixed.book.check()
        fixed.book.check()
        #expect(fixed.endings == ["a expired"], "once, and only that one")
        #expect(!lease.isActive && lease.expiration == nil && endless.isActive && fixed.book.count == 2)
    }

    @Test func aRevokedTokenEndsItsLease() throws {
        let fixed = Fixed()
        _ = try fixed.lease(token("a", id: "1"))
        _ = try fixed.lease(token("a", id: "2"))
        _ = try fixed.lease(token("b", id: "3"))
        func revoke(_ target: RevocationEvent.Target) throws {
            try fixed.revocation.apply(RevocationEvent(issuer: Fixture.issuer, target, expiration: nil))
            fixed.book.check()
        }
        try revoke(.token(id: "2"))
        #expect(fixed.endings == ["a refused(FastVerify.VerificationError.revoked)"])
        try revoke(.subject("b", issuedBefore: Fixture.now + 1))
        #expect(fixed.endings.count == 2 && fixed.book.count == 1)
        #expect(throws: VerificationError.revoked) { try fixed.lease(token("b", id: "4")) }
        #expect(fixed.book.count == 1)
    }

    @Test func aSetGrownStaleEndsAll() throws {
        let fixed = Fixed(.failClosed(after: 60))
        #expect(throws: VerificationError.revocationUnknown) { try fixed.lease(token("a")) }
        fixed.revocation.markFresh(at: Fixture.now)
        _ = try fixed.lease(token("a"))
        fixed.set(60)
        fixed.book.check()
        #expect(fixed.endings.isEmpty)
        fixed.set(61)
        fixed.book.check()
        #expect(fixed.endings == ["a refused(FastVerify.VerificationError.revocationUnknown)"])
    }

    /// A clock that does something once after it was read.
    private final class Interrupted: Sendable {
        let time = Fixed.Clock()
        let then = WaitingLock<(@Sendable () -> Void)?>(nil)

        var unix: UnixClock {
            UnixClock {
                let now = self.time.now.load(ordering: .relaxed)
                let then = self.then.withLock { then -> (@Sendable () -> Void)? in
                    defer { then = nil }
                    return then
                }
                then?()
                return now
            }
        }
    }

    /// A check holds no lease against a time before it began. Here a rule was in force when the check began, and has ended
    /// when a lease begins while the check goes on.
    @Test func aCheckKnowsNoTimeBeforeTheLease() async throws {
        let clock = Interrupted()
        let set = RevocationSet(capacity: 10, staleness: .failOpen, margin: 0, clock: clock.unix)
        let book = LeaseBook(revocation: set, interval: .seconds(100_000), clock: clock.unix)
        try set.apply(
            RevocationEvent(
                issuer: Fixture.issuer, .subject("a", issuedBefore: Fixture.now + 1), expiration: Fixture.now + 10))
        let token = try token("a")
        #expect(throws: VerificationError.revoked) { try book.lease(token) { _ in } }
        let leases = WaitingLock<[ConnectionLease]>([])
        let begun = Tally()
        clock.then.withLock {
            $0 = {
                Thread {
                    clock.time.now.store(Fixture.now + 20, ordering: .relaxed)
                    if let lease = try? book.lease(token, onEnd: { _ in }) { leases.withLock { $0.append(lease) } }
                    begun.add()
                }.start()
                // Where the lease has to wait for the check, it is not waited for.
                for _ in 0..<1000 where begun.count == 0 { sched_yield() }
            }
        }
        book.check()
        while begun.count == 0 { await Task.yield() }
        #expect(leases.withLock { $0.map(\.isActive) } == [true])
    }

    @Test func renewalInPlace() throws {
        let fixed = Fixed()
        let lease = try fixed.lease(token("a", expires: 100))
        try lease.renew(with: token("a", expires: 200))
        #expect(lease.expiration == Fixture.now + 200)
        fixed.set(150)
        fixed.book.check()
        #expect(lease.isActive)
        #expect(throws: ConnectionLease.RenewalError.otherSubject) { try lease.renew(with: token("b", expires: 500)) }
        #expect(throws: ConnectionLease.RenewalError.refused(.expired)) {
            try lease.renew(with: token("a", expires: 150))
        }
        #expect(lease.expiration == Fixture.now + 200, "as before")
        fixed.set(200)
        fixed.book.check()
        #expect(fixed.endings == ["a expired"])
        #expect(throws: ConnectionLease.RenewalError.ended) { try lease.renew(with: token("a", expires: 500)) }
    }

    @Test func whoGivesUpIsNotCalled() throws {
        let fixed = Fixed()
        let lease = try fixed.lease(token("a", expires: 100))
        lease.giveUp()
        lease.giveUp()
        fixed.set(1000)
        fixed.book.check()
        #expect(fixed.endings.isEmpty && fixed.book.count == 0 && !lease.isActive)
        #expect(throws: VerificationError.expired) { try fixed.lease(token("a", expires: 100)) }
    }

    /// Nobody calls `check` here but the book's own timer.
    @Test func theTimerChecks() async throws {
        let book = LeaseBook(interval: .milliseconds(1), clock: .fixed(Fixture.now + 100))
        let token = try token("a", expires: 101)
        #expect(throws: VerificationError.expired) { _ = try book.lease(self.token("b", expires: 100)) { _ in } }
        let lease = try book.lease(token) { _ in }
        #expect(lease.isActive)
        let clock = Fixed.Clock()
        let ticking = LeaseBook(
            interval: .milliseconds(1), clock: UnixClock { clock.now.load(ordering: .relaxed) })
        await withCheckedContinuation { continuation in
            let ended = try? ticking.lease(token) { _ in continuation.resume() }
            #expect(ended != nil)
            clock.now.store(Fixture.now + 200, ordering: .relaxed)
        }
        #expect(ticking.count == 0)
    }
}
