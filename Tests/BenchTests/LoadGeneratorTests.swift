import FastVerify
import Synchronization
import Testing

@testable import Bench

/// Time that passes only where it is spent.
private final class SteppedClock: LoadClock {
    private let time = Mutex(100.0)

    var now: Double { time.withLock { $0 } }
    func wait(until moment: Double) { time.withLock { $0 = max($0, moment) } }
    func pass(_ seconds: Double) { time.withLock { $0 += seconds } }
}

/// Takes a fixed time for each request, and a longer one once.
private final class SteadyTarget: LoadTarget {
    let capacity: Int
    private let clock: SteppedClock
    private let seconds: Double
    private let stall: (request: Int, seconds: Double)?
    private(set) var calls: [Range<Int>] = []

    init(_ clock: SteppedClock, seconds: Double, stall: (Int, Double)? = nil, capacity: Int = 1) {
        self.clock = clock
        self.seconds = seconds
        self.stall = stall
        self.capacity = capacity
    }

    func take(_ requests: Range<Int>, _ answers: Answers) {
        calls.append(requests)
        clock.pass(seconds * Double(requests.count))
        if let stall, requests.contains(stall.request) { clock.pass(stall.seconds) }
        answers.enter(requests)
    }
}

@Suite struct LoadGeneratorTests {
    private func run(
        _ plan: ArrivalPlan, seconds: Double, stall: (Int, Double)? = nil, capacity: Int = 1, within: Double = 1000
    ) throws -> (load: Load, calls: [Range<Int>]) {
        let clock = SteppedClock()
        let target = SteadyTarget(clock, seconds: seconds, stall: stall, capacity: capacity)
        let load = try LoadGenerator(clock: clock).run(plan, on: target, within: within)
        return (load, target.calls)
    }

    /// To the three digits of the histogram.
    private func isNear(_ ns: UInt64?, _ seconds: Double) -> Bool {
        ns.map { abs(Double($0) - seconds * 1e9) <= seconds * 1e6 + 2 } ?? false
    }

    @Test func anIdleTargetShowsItsServiceTime() throws {
        let plan = ArrivalPlan(.uniform, rate: 100, seconds: 20, seed: 1)
        let load = try run(plan, seconds: 0.001).load
        #expect(isNear(load.latency.p50Ns, 0.001) && isNear(load.latency.maxNs, 0.001))
        #expect(abs(load.achievedPerS - 100) < 0.1)
        #expect(load.requests == 2000 && load.givenUp == 0 && load.requestsPerCall == 1)
    }

    /// Coordinated omission: a second's stall delays everything planned in that second, not one request.
    @Test func aStallShowsInEverythingPlannedMeanwhile() throws {
        let plan = ArrivalPlan(.uniform, rate: 1000, seconds: 10, seed: 1)
        let load = try run(plan, seconds: 1e-6, stall: (5000, 1)).load
        // 1,000 of 10,000 requests wait from 1 s down to nothing: a tenth at all, a hundredth above 0.9 s.
        #expect(isNear(load.latency.maxNs, 1.000001))
        #expect(isNear(load.latency.p50Ns, 1e-6))
        #expect(Double(load.latency.p99Ns) > 0.89e9 && Double(load.latency.p99Ns) < 0.91e9)
        #expect(Double(try #require(load.latency.p999Ns)) > 0.98e9)
        #expect(Double(load.latency.p90Ns) < 0.01e9)
    }

    @Test func anOverloadedTargetFallsBehind() throws {
        let plan = ArrivalPlan(.uniform, rate: 1000, seconds: 2, seed: 1)
        let load = try run(plan, seconds: 0.002).load
        #expect(abs(load.achievedPerS - 500) < 1)
        // The queue grows to the end: the last request has waited 2 s.
        #expect(isNear(load.latency.maxNs, 2.001))
    }

    @Test func whatIsGivenUpCounts() throws {
        let plan = ArrivalPlan(.uniform, rate: 1000, seconds: 2, seed: 1)
        let load = try run(plan, seconds: 0.01, within: 4).load
        #expect(load.requests == 2000)
        #expect(load.givenUp > 1500 && load.givenUp < 1700)
        #expect(abs(load.achievedPerS - 100) < 1)
        // Those never sent have waited from 2 s, the last one, to 3.6 s, the one planned for 0.4 s.
        #expect(load.latency.p50Ns > 2_600_000_000)
        #expect(load.latency.maxNs > 3_590_000_000 && load.latency.maxNs < 3_620_000_000)
    }

    @Test func aBatchIsWhatHasFallenDue() throws {
        let plan = ArrivalPlan(.uniform, rate: 1000, seconds: 1, seed: 1)
        let calm = try run(plan, seconds: 1e-6, capacity: 64)
        #expect(calm.calls.allSatisfy { $0.count == 1 })
        let busy = try run(plan, seconds: 1e-6, stall: (0, 0.1), capacity: 64)
        // 100 requests fall due in the tenth of a second: one full call, one with the rest.
        #expect(busy.calls.prefix(3).map(\.count) == [1, 64, 36])
        #expect(busy.calls.flatMap { Array($0) } == Array(0..<1000), "every request once, in order")
    }

    /// One that answers after `take` has returned: a new way of calling is one more type.
    private final class LateTarget: LoadTarget {
        let capacity = 8
        private let queue = Mutex<[(Range<Int>, Answers)]>([])

        func take(_ requests: Range<Int>, _ answers: Answers) { queue.withLock { $0.append((requests, answers)) } }
        func finish() { for (requests, answers) in queue.withLock({ $0 }) { answers.enter(requests) } }
    }

    @Test func lateAnswersAreWaitedFor() throws {
        let clock = SteppedClock()
        let plan = ArrivalPlan(.uniform, rate: 100, seconds: 1, seed: 1)
        let load = try LoadGenerator(clock: clock).run(plan, on: LateTarget(), within: 2)
        // All answered when the last was sent, at 0.99 s.
        #expect(isNear(load.latency.maxNs, 0.99) && load.givenUp == 0)
        #expect(isNear(load.latency.p50Ns, 0.49))
    }

    /// Takes every fourth request and turns the others down.
    private final class ChoosyTarget: LoadTarget {
        let capacity = 1

        func take(_ requests: Range<Int>, _ answers: Answers) {
            for request in requests {
                if request % 4 == 0 { answers.enter(request..<request + 1) } else { answers.turnDown(request) }
            }
        }
    }

    @Test func beingTurnedDownIsNoAnswer() throws {
        let plan = ArrivalPlan(.uniform, rate: 100, seconds: 10, seed: 1)
        let load = try LoadGenerator(clock: SteppedClock()).run(plan, on: ChoosyTarget(), within: 20)
        #expect(load.turnedDown == 750 && load.givenUp == 0 && load.requests == 1000)
        #expect(abs(load.achievedPerS - 25) < 0.1)
        #expect(isNear(load.latency.maxNs, 0), "those have no latency")
    }

    /// A pool answers every request once, and a token it refuses ends the measurement.
    @Test func aPoolIsATarget() throws {
        let workload = try Workload(Subject(.hs256), count: 12)
        let keys = KeySource(KeySet(try workload.verificationKeys()))
        let verifier = Verifier(Claims.policy(.hs256), keys: keys, clock: .fixed(Claims.now))
        let clock = WallClock(waiting: .spin)
        let plan = ArrivalPlan(.uniform, rate: 20_000, seconds: 0.05, seed: 1)
        let tokens = workload.tokens
        let load = try LoadGenerator(clock: clock)
            .run(plan, on: LoadMode.pool.target(verifier, tokens, limit: 8), within: 60)
        #expect(load.requests == 1000 && load.givenUp == 0)
        let spoiled = PoolTarget(VerifierPool(verifier), tokens + ["e30.e30."])
        #expect(throws: WrongVerdict.self) { try LoadGenerator(clock: clock).run(plan, on: spoiled, within: 60) }
        // One place, and none to take what waits: all but the first few are turned down, and nothing waits for them.
        let narrow = PoolTarget(VerifierPool(verifier, options: .init(workers: 1, capacity: 1)), tokens)
        let crowd = try LoadGenerator(clock: clock).run(ArrivalPlan(burst: 5000), on: narrow, within: 60)
        #expect(crowd.requests == 5000 && (crowd.turnedDown ?? 0) <= 5000)
    }

    private final class CountingContender: Contender {
        let name = "counting"
        let count = 10
        let validBefore = Array(0...10)
        var ranges: [Range<Int>] = []
        var isWrong = false

        func check(_ range: Range<Int>) -> Int {
            ranges.append(range)
            return isWrong ? 0 : range.count
        }
    }

    @Test func callsGoRoundAndRoundAndEndAtAWrongVerdict() throws {
        let contender = CountingContender()
        let target = CallTarget(contender, capacity: 25)
        let answers = Answers(count: 100, SteppedClock())
        try target.take(7..<12, answers)
        try target.take(12..<37, answers)
        #expect(contender.ranges == [7..<10, 0..<2, 2..<10, 0..<10, 0..<7])
        #expect(answers[6] == .infinity && answers[7] == 100 && answers[36] == 100 && answers[37] == .infinity)
        contender.isWrong = true
        #expect(throws: WrongVerdict.self) { try target.take(37..<38, answers) }
        #expect(throws: WrongVerdict.self) {
            try LoadGenerator(clock: SteppedClock()).run(ArrivalPlan(burst: 3), on: target, within: 1)
        }
    }

    @Test func percentilesOfKnownLatencies() {
        var recorder = LatencyDistribution.Recorder()
        for value in 1...20_000 { recorder.record(Double(value) * 1e-6) }
        let known = recorder.distribution
        #expect(isNear(known.p50Ns, 0.010) && isNear(known.p90Ns, 0.018) && isNear(known.p99Ns, 0.0198))
        #expect(isNear(known.p999Ns, 0.01998) && isNear(known.p9999Ns, 0.019998) && known.maxNs == 20_000_000)
        var few = LatencyDistribution.Recorder()
        for value in 1...1000 { few.record(Double(value)) }
        #expect(few.distribution.p999Ns == nil && few.distribution.p9999Ns == nil, "no request lies above")
    }
}
