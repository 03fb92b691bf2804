import Testing

@testable import Bench

@Suite struct KneeSearchTests {
    private func load(_ rate: Double, achieved: Double, p99: Double) -> Load {
        let latency = LatencyDistribution(
            p50Ns: 1, p90Ns: 1, p99Ns: UInt64(p99), p999Ns: nil, p9999Ns: nil, maxNs: UInt64(p99))
        return Load(
            plannedPerS: rate, achievedPerS: achieved, requests: 1, givenUp: 0, requestsPerCall: 1, cpuShare: 1,
            latency: latency)
    }

    /// A server of a known capacity: p99 grows as 1 / (1 - utilisation).
    private func queue(_ rate: Double, capacity: Double) -> Load {
        let idle = max(0.001, 1 - rate / capacity)
        return load(rate, achieved: min(rate, capacity), p99: 1_000_000 / idle)
    }

    @Test(arguments: [1000.0, 1234.5, 3e6], [2.0, 10, 50])
    func aKnownKneeIsFound(_ capacity: Double, _ limit: Double) {
        let lowest = capacity / 32
        let knee = KneeSearch(p99Limit: limit).run(lowest...capacity * 2) { queue($0, capacity: capacity) }
        // p99 is `limit` times its value at the lowest rate where (1 - 1/32) / (1 - u) = limit.
        let truth = capacity * (1 - (1 - 1.0 / 32) / limit)
        #expect(knee.borne! <= truth * 1.0001 && knee.beyond! >= truth * 0.9999)
        #expect(knee.beyond! / knee.borne! <= KneeSearch.resolution)
        #expect(knee.loads.count < 25)
    }

    @Test func fallingBehindIsBeyondTheKneeWhateverP99Says() {
        let knee = KneeSearch(p99Limit: 10).run(10...10_000) { load($0, achieved: min($0, 700), p99: 5) }
        #expect(knee.borne! <= 700 / KneeSearch.leastAchieved && knee.beyond! >= 700 / KneeSearch.leastAchieved)
    }

    @Test func oneInterruptionDecidesNothing() {
        var asked: [Double: Int] = [:]
        let knee = KneeSearch(p99Limit: 10).run(100...3200) { rate in
            asked[rate, default: 0] += 1
            // Every rate is interrupted the first time it is tried.
            return asked[rate] == 1 ? load(rate, achieved: rate / 2, p99: 1e9) : queue(rate, capacity: 1000)
        }
        #expect(knee.borne! > 850 && knee.borne! < 920)
    }

    @Test func ratesWithoutAKnee() {
        let never = KneeSearch(p99Limit: 10).run(1...100) { load($0, achieved: $0, p99: 5) }
        #expect(never.borne == 100 && never.beyond == nil)
        #expect(never.loads.map(\.plannedPerS) == [1, 1, 2, 4, 8, 16, 32, 64, 100])
        let always = KneeSearch(p99Limit: 10).run(5...100) { load($0, achieved: 1, p99: 5) }
        #expect(always.borne == nil && always.beyond == 5 && always.loads.count == 2)
    }
}
