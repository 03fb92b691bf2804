/// Sends requests at their planned times, never waiting for answers (an open loop): what a stall delays is sent late, and
/// its latency counts from the time it was planned for.
struct LoadGenerator {
    let clock: any LoadClock

    /// Carries out a plan on a target. What could not be sent within `limit` seconds is given up, and counts with the
    /// time it has waited by then. Memory is allocated before the first request.
    func run(_ plan: ArrivalPlan, on target: any LoadTarget, within limit: Double) throws(WrongVerdict) -> Load {
        let times = plan.times
        let answers = Answers(count: times.count, clock)
        var next = 0
        var calls = 0
        let cpu = Clock.thread.now
        let wall = Clock.wall.now
        let start = clock.now
        while next < times.count {
            var now = clock.now - start
            if now > limit { break }
            if times[next] > now {
                clock.wait(until: start + times[next])
                now = clock.now - start
            }
            var last = next + 1
            while last < times.count, last - next < target.capacity, times[last] <= now { last += 1 }
            try target.take(next..<last, answers)
            next = last
            calls += 1
        }
        try target.finish()
        let share = (Clock.thread.now - cpu) / max(Clock.wall.now - wall, .leastNormalMagnitude)
        return Load(
            plan, start: start, end: clock.now, answers: answers, sent: next, calls: calls, cpuShare: share)
    }
}

/// What became of a plan.
struct Load: Codable {
    /// Requests per second.
    let plannedPerS: Double
    /// Answers per second, from the start to the last one or to the end of the plan. Being turned down is none.
    let achievedPerS: Double
    let requests: Int
    let givenUp: Int
    /// Turned down at once by a target that has too many; they have no latency.
    var turnedDown: Int?
    let requestsPerCall: Double
    /// The part of the time in which the sending thread had the CPU.
    let cpuShare: Double
    let latency: LatencyDistribution
}

extension Load {
    fileprivate init(
        _ plan: ArrivalPlan, start: Double, end: Double, answers: Answers, sent: Int, calls: Int, cpuShare: Double
    ) {
        var latency = LatencyDistribution.Recorder()
        var last = plan.seconds
        var turnedDown = 0
        for (request, planned) in plan.times.enumerated() {
            guard !answers[request].isNaN else {
                turnedDown += 1
                continue
            }
            let answer = min(answers[request], end) - start
            if request < sent { last = max(last, answer) }
            latency.record(answer - planned)
        }
        self.init(
            plannedPerS: Double(plan.times.count) / plan.seconds, achievedPerS: Double(sent - turnedDown) / last,
            requests: plan.times.count, givenUp: plan.times.count - sent, turnedDown: turnedDown,
            requestsPerCall: Double(sent) / Double(max(1, calls)), cpuShare: cpuShare, latency: latency.distribution)
    }
}
