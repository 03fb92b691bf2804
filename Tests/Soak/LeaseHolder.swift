import FastVerify
import Foundation

/// Opens leases, renews them, gives them up, and sees that they end when they must and not before.
final class LeaseHolder {
    /// How a lease ended, and when.
    private final class Endings: Sendable { let all = Guarded<[(ConnectionLease.Ending, Int, Int64)]>([]) }

    private struct Held {
        let lease: ConnectionLease
        /// All it was made and renewed with; the last one counts.
        var tokens: [IssuedToken]
        let since: (stamp: Int, time: Int64)
        let endings: Endings
        var isGivenUp = false
    }

    private let caller: Caller
    private var world: World { caller.world }
    private var held: [Held] = []

    private static let most = 150

    init(_ world: World, _ part: Int) { caller = Caller(world, part) }

    func run() {
        while world.goesOn {
            caller.look()
            for _ in 0..<50 where world.goesOn {
                switch caller.random.below(10) {
                case 0...3: if held.count < Self.most { open() } else { check() }
                case 4...6: check()
                case 7, 8: renew()
                default: giveUp()
                }
            }
            usleep(1000)
        }
        caller.notes.close()
    }

    /// A token that is sound and accepted at this moment, verified.
    private func accepted(_ token: IssuedToken) -> VerifiedToken? {
        token.defect == nil ? try? world.plain.verify(token.text) : nil
    }

    private func now() -> (stamp: Int, time: Int64) { (world.stamps.next(), world.now) }

    private func verdicts(_ token: IssuedToken, since begin: (stamp: Int, time: Int64)) -> Set<VerificationError?>? {
        let time = world.now
        return Judge.claims(token, begin.stamp, world.stamps.next(), begin.time...time, withStatus: false)
    }

    private func complain(_ what: String, _ token: IssuedToken) {
        world.fail("lease of \(token.id), key \(token.key.id): \(what)")
    }

    private func open() {
        let token = caller.pick()
        guard let verified = accepted(token) else { return }
        let endings = Endings()
        let begin = now()
        var error: VerificationError?
        do throws(VerificationError) {
            let lease = try world.leases.lease(verified) { [world] ending in
                let (time, stamp) = (world.now, world.stamps.next())
                endings.all.withLock { $0.append((ending, stamp, time)) }
            }
            held.append(Held(lease: lease, tokens: [token], since: begin, endings: endings))
            caller.notes.count("leases opened")
        } catch let reason {
            error = reason
            caller.notes.count("leases refused")
        }
        if let right = verdicts(token, since: begin), !right.contains(error) {
            complain("\(error?.name ?? "opened"), which it should not be", token)
        }
    }

    /// After `check` no lease goes on whose token was refused all the time.
    private func check() {
        let begin = now()
        if caller.random.isOne(in: 4) { world.leases.check() } else { return judgeEnded() }
        for held in held where !held.isGivenUp {
            let isActive = held.lease.isActive
            let token = held.tokens.last!
            if isActive, let right = verdicts(token, since: begin), !right.contains(nil) {
                complain("goes on after check() though \(right.map { $0?.name ?? "" })", token)
            }
        }
    }

    private func renew() {
        guard !held.isEmpty else { return }
        let place = caller.random.below(held.count)
        let old = held[place].tokens.last!
        let isOther = caller.random.isOne(in: 5)
        let token = caller.corpus.first {
            $0.defect == nil && $0.expiration > world.now
                && ($0.subject == old.subject && $0.key.group.issuer == old.key.group.issuer) != isOther
        }
        guard let token, let verified = accepted(token) else { return }
        let begin = now()
        do throws(ConnectionLease.RenewalError) {
            try held[place].lease.renew(with: verified)
            held[place].tokens.append(token)
            caller.notes.count("leases renewed")
            if isOther { complain("renewed by another subject", token) }
            if held[place].isGivenUp { complain("renewed after it was given up", token) }
            if let right = verdicts(token, since: begin), !right.contains(nil) { complain("renewed too late", token) }
        } catch {
            caller.notes.count("renewals refused")
            switch error {
            case .ended: if held[place].lease.isActive { complain("ended, and active", token) }
            case .otherSubject: if !isOther { complain("the same subject is called another", token) }
            case .refused(let ending):
                if let right = verdicts(token, since: begin), !right.contains(Self.error(ending)) {
                    complain("not renewed: \(ending)", token)
                }
            }
        }
    }

    private func giveUp() {
        guard !held.isEmpty else { return }
        let place = caller.random.below(held.count)
        held[place].lease.giveUp()
        held[place].isGivenUp = true
        if held[place].lease.isActive { complain("active after giveUp()", held[place].tokens[0]) }
        caller.notes.count("leases given up")
    }

    private static func error(_ ending: ConnectionLease.Ending) -> VerificationError {
        switch ending {
        case .expired: .expired
        case .refused(let error): error
        }
    }

    /// Forgets leases that have ended, if they ended once and for a reason.
    private func judgeEnded() {
        held.removeAll { held in
            let endings = held.endings.all.withLock { $0 }
            if endings.count > 1 { complain("called back \(endings.count) times", held.tokens[0]) }
            guard let (ending, stamp, time) = endings.first else { return held.isGivenUp }
            let isRight = held.tokens.contains { token in
                Judge.claims(token, held.since.stamp, stamp, held.since.time...time, withStatus: false)?
                    .contains(Self.error(ending)) ?? true
            }
            if !isRight { complain("ended as \(ending) without a reason", held.tokens.last!) }
            caller.notes.count("leases ended: \(Self.error(ending).name)")
            return true
        }
    }

    /// After everything has expired and `check` has returned: each lease was called back once.
    func close() {
        for held in held where !held.isGivenUp && held.endings.all.withLock({ $0.count }) != 1 {
            complain("was not called back once at the end", held.tokens.last!)
        }
        judgeEnded()
        caller.notes.close()
    }
}
