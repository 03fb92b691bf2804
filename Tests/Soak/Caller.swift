import Dispatch
import FastVerify
import Foundation
import Synchronization

/// What every caller has: its own numbers, its notebook, and the tokens and the pool as it looked them up last. It looks
/// seldom, because common locks order callers among themselves, which would hide races from thread sanitizer.
final class Caller {
    let world: World
    let notes: Notebook
    var random: Random
    private(set) var corpus: [IssuedToken] = []
    private(set) var reign: PoolReign
    private var hot = 0

    init(_ world: World, _ part: Int) {
        self.world = world
        notes = Notebook(world)
        random = Random(world.seed, part)
        reign = world.pools.current
    }

    func look() {
        corpus = world.corpus.withLock { $0 }
        reign = world.pools.current
        hot = random.below(corpus.count)
    }

    /// Half of the time one of a few, so that the cache has something to remember.
    func pick() -> IssuedToken {
        random.isOne(in: 2) ? corpus[random.below(corpus.count)] : corpus[(hot + random.below(32)) % corpus.count]
    }

    /// Notes what `body` answers.
    func observe(
        _ token: IssuedToken, _ form: Observation.Form, _ body: () throws(VerificationError) -> VerifiedToken
    ) {
        let (begin, time) = (world.stamps.next(), world.now)
        let verdict = Result(catching: body)
        notes.add(Self.observation(token, form, begin, time, verdict.mapError { .refused($0) }, world))
    }

    static func observation(
        _ token: IssuedToken, _ form: Observation.Form, _ begin: Int, _ time: Int64, _ verdict: VerifierPool.Verdict,
        _ world: World
    ) -> Observation {
        let (last, end) = (world.now, world.stamps.next())
        var failure: VerifierPool.Failure?
        var id: String?
        switch verdict {
        case .success(let token): id = token.tokenID ?? ""
        case .failure(let error): failure = error
        }
        return Observation(
            token: token, form: form, begin: begin, end: end, times: time...last, failure: failure, acceptedID: id)
    }
}

/// Callers with threads of their own, who use no pool.
enum ThreadCallers {
    static func direct(_ world: World, _ part: Int) {
        let caller = Caller(world, part)
        while world.goesOn {
            caller.look()
            let verifier = caller.random.isOne(in: 2) ? world.verifier : world.plain
            for _ in 0..<256 where world.goesOn {
                let token = caller.pick()
                caller.observe(token, .direct) { () throws(VerificationError) in try verifier.verify(token.text) }
            }
        }
        caller.notes.close()
    }

    static func batches(_ world: World, _ part: Int) {
        let caller = Caller(world, part)
        var batch = VerificationBatch()
        while world.goesOn {
            caller.look()
            let verifier = caller.random.isOne(in: 2) ? world.verifier : world.plain
            let tokens = (0..<1 + caller.random.below(caller.random.isOne(in: 4) ? 400 : 40)).map { _ in caller.pick() }
            let (begin, time) = (world.stamps.next(), world.now)
            verifier.verify(batch: tokens.map(\.text), into: &batch)
            let (last, end) = (world.now, world.stamps.next())
            for (place, token) in tokens.enumerated() {
                var seen = Observation(
                    token: token, form: .batch, begin: begin, end: end, times: time...last,
                    failure: batch.error(at: place).map { .refused($0) })
                if let claims = batch.claims(at: place) { seen.acceptedID = claims.tokenID ?? "" }
                caller.notes.add(seen)
            }
        }
        caller.notes.close()
    }

    /// Bursts of calls of the completion form, some with a deadline.
    static func completions(_ world: World, _ part: Int) {
        let caller = Caller(world, part)
        while world.goesOn {
            caller.look()
            for _ in 0..<2 where world.goesOn { burst(caller) }
        }
        caller.notes.close()
    }

    /// A process that is stopped for minutes uses up one wait.
    private static func isSignalled(_ semaphore: DispatchSemaphore) -> Bool {
        for _ in 0..<60 where semaphore.wait(timeout: .now() + 1) == .success { return true }
        return false
    }

    private static func burst(_ caller: Caller) {
        let (world, reign) = (caller.world, caller.reign)
        let count = 1 + caller.random.below(caller.random.isOne(in: 4) ? 200 : 24)
        let answers = Guarded([[Observation]](repeating: [], count: count))
        let end = DispatchSemaphore(value: 0)
        for place in 0..<count {
            let token = caller.pick()
            let (limit, deadline) = Deadlines.draw(&caller.random)
            let (begin, time) = (world.stamps.next(), world.now)
            let keep: @Sendable (VerifierPool.Verdict) -> Void = { verdict in
                var seen = Caller.observation(token, .poolCompletion, begin, time, verdict, world)
                seen.reign = reign
                seen.deadline = deadline
                answers.withLock { $0[place].append(seen) }
                reign.answered.add(1, ordering: .relaxed)
                end.signal()
            }
            reign.asked.add(1, ordering: .relaxed)
            if caller.random.isOne(in: 2) {
                reign.pool.verify(token.text, deadline: limit, completion: keep)
            } else {
                reign.pool.verify(Array(token.text.utf8), deadline: limit, completion: keep)
            }
        }
        for _ in 0..<count where !isSignalled(end) {
            return world.fail("lost: a completion was not called in sixty waits of a second")
        }
        for seen in answers.withLock({ $0 }) {
            if seen.count != 1 { world.fail("\(seen.count) answers to one call") }
            for seen in seen { caller.notes.add(seen) }
        }
        usleep(UInt32(caller.random.below(count * 100)))
    }
}

enum Deadlines {
    /// Mostly none; at times one that has passed, or one that may pass while the token waits.
    static func draw(_ random: inout Random) -> (ContinuousClock.Instant?, Observation.Deadline) {
        switch random.below(30) {
        case 0: (.now - .microseconds(1), .passed)
        case 1, 2: (.now + .microseconds(20 + random.below(2000)), .ahead)
        case 3: (.now + .seconds(3600), .ahead)
        default: (nil, .none)
        }
    }
}
