import FastVerify
import Synchronization

/// One pool, what it was asked, and when it was shut down.
final class PoolReign: Sendable {
    let pool: VerifierPool
    let asked = Atomic<Int>(0)
    let answered = Atomic<Int>(0)
    /// Tokens of streams that were given up: some were looked at.
    let surplus = Atomic<Int>(0)
    /// Whether tokens are refused because it has shut down.
    let isShutDown = FactHistory(false)

    init(_ pool: VerifierPool) { self.pool = pool }
}

/// The pools of a run, one after the other: of several sizes, ended in both ways.
final class PoolSuccession: Sendable {
    private let verifier: Verifier
    private let stamps: Stamps
    private let reign: Guarded<PoolReign>

    init(_ verifier: Verifier, _ stamps: Stamps) {
        self.verifier = verifier
        self.stamps = stamps
        reign = Guarded(PoolReign(VerifierPool(verifier, options: .init(workers: 2))))
    }

    var current: PoolReign { reign.withLock { $0 } }

    /// Puts a new pool in the place of the current one, ends that, and sees that every call was answered and counted.
    func replace(_ world: World, _ random: inout Random) async {
        let capacity = [2, 16, 64, 1024][random.below(4)]
        let options = VerifierPool.Options(
            workers: 1 + random.below(3), capacity: capacity, batchLimit: [1, 8, 64, 256][random.below(4)])
        let next = PoolReign(VerifierPool(verifier, options: options))
        let old = reign.withLock { reign in
            defer { reign = next }
            return reign
        }
        await end(old, random.isOne(in: 2) ? .drain : .refuse, world)
    }

    func end(_ reign: PoolReign, _ ending: VerifierPool.Ending, _ world: World) async {
        reign.isShutDown.begin(true, stamps)
        await reign.pool.shutDown(ending)
        reign.isShutDown.end(stamps)
        // Whoever took this pool as the current one asks some more.
        var patience = 0
        while reign.asked.load(ordering: .relaxed) != reign.answered.load(ordering: .relaxed) || patience < 20 {
            patience += 1
            if patience > 6000 {
                return world.fail(
                    "lost: \(reign.asked.load(ordering: .relaxed)) asked, "
                        + "\(reign.answered.load(ordering: .relaxed)) answered a minute after shutDown(\(ending))")
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
        let asked = reign.asked.load(ordering: .relaxed)
        let statistics = reign.pool.statistics
        let counted =
            statistics.accepted + statistics.refused.values.reduce(0, +) + statistics.overloaded
            + statistics.deadlineExceeded + statistics.cancelled + statistics.shutDown
        // Somebody may ask between the two readings.
        let most = asked + reign.surplus.load(ordering: .relaxed)
        if asked == reign.asked.load(ordering: .relaxed), !(asked...most).contains(Int(counted)) {
            world.fail("counters: \(asked) to \(most) asked, \(counted) counted")
        }
        world.count("pools ended by \(ending)")
        world.count("batches of the pools", Int(statistics.batches.reduce(0, +)))
    }
}
