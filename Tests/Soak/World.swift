import FastVerify
import Synchronization

/// Everything under test and everything known about it.
final class World: Sendable {
    static let audience = "orders"

    let seed: UInt64
    let stamps = Stamps()
    let issuers: [Issuer]
    let revocation: RevocationSet
    let statusLists = StatusListSource(staleness: .failOpen)
    let cache = TokenCache(bytes: 1 << 20, timeToLive: 20)
    /// With the cache, and without.
    let verifier: Verifier
    let plain: Verifier
    let leases: LeaseBook
    /// The tokens in use; some are replaced all the time.
    let corpus = Guarded<[IssuedToken]>([])
    let pools: PoolSuccession
    let isOver = Atomic<Bool>(false)
    let failures = Guarded<[String]>([])
    let tally = Guarded<[String: Int]>([:])
    private let time: Time

    /// Seconds since 1970, as the verifiers are told.
    private final class Time: Sendable { let now = Atomic<Int64>(1_800_000_000) }

    var now: Int64 { time.now.load(ordering: .relaxed) }

    func advance(_ seconds: Int64) { time.now.add(seconds, ordering: .relaxed) }

    var goesOn: Bool { !isOver.load(ordering: .relaxed) }

    init(seed: UInt64) throws {
        self.seed = seed
        let time = Time()
        self.time = time
        let clock = UnixClock { time.now.load(ordering: .relaxed) }
        issuers = try (0..<3).map { try Issuer($0) }
        let trusted = issuers.map { issuer in
            Verifier.TrustedIssuer(
                ClaimPolicy(issuer: issuer.name, audience: Self.audience, algorithms: AlgorithmSet(Issuer.algorithms)),
                keys: issuer.source)
        }
        revocation = RevocationSet(capacity: 1 << 20, staleness: .failOpen, margin: 0, clock: clock)
        verifier = Verifier(
            trusting: trusted, clock: clock, cache: cache, revocation: revocation, statusLists: statusLists)
        plain = Verifier(trusting: trusted, clock: clock, revocation: revocation, statusLists: statusLists)
        leases = LeaseBook(revocation: revocation, interval: .milliseconds(50), clock: clock)
        pools = PoolSuccession(verifier, stamps)
    }

    func fail(_ text: String) {
        failures.withLock { if $0.count < 20 { $0.append(text) } }
        isOver.store(true, ordering: .relaxed)
    }

    func add(_ counts: [String: Int]) { tally.withLock { $0.merge(counts, uniquingKeysWith: +) } }

    func count(_ what: String, _ number: Int = 1) { add([what: number]) }
}
