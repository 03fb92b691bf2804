import Foundation
import Testing

@testable import Bench

@Suite struct ArrivalPlanTests {
    static let seeds: [UInt64] = [1, 2, 3, 2026]

    @Test(arguments: Arrivals.allCases, seeds)
    func timesAscendWithinThePlanAtItsRate(_ arrivals: Arrivals, _ seed: UInt64) {
        var random = Random(seed: seed)
        for _ in 0..<50 {
            let rate = Double.random(in: 1...100_000, using: &random)
            let seconds = Double.random(in: 1...2000, using: &random) / rate
            let plan = ArrivalPlan(arrivals, rate: rate, seconds: seconds, seed: seed)
            #expect(plan.times.count == max(1, Int((rate * seconds).rounded())))
            #expect(abs(plan.seconds * rate - Double(plan.times.count)) < 1e-6)
            #expect(zip(plan.times, plan.times.dropFirst()).allSatisfy { $0 <= $1 })
            #expect(plan.times.first! >= 0 && plan.times.last! < plan.seconds)
        }
    }

    /// Gaps of a Poisson process are exponential: e^-x of them exceed x times their mean, whatever the one before was.
    @Test(arguments: seeds)
    func poissonGapsAreExponentialAndForgetful(_ seed: UInt64) {
        let times = ArrivalPlan(.poisson, rate: 1000, seconds: 100, seed: seed).times
        let gaps = zip(times, times.dropFirst()).map { ($1 - $0) * 1000 }
        func share(_ gaps: [Double], above bound: Double) -> Double {
            Double(gaps.count { $0 > bound }) / Double(gaps.count)
        }
        for bound in [0.1, 0.5, 1, 2, 4] {
            // Five standard deviations of a share of 100,000.
            #expect(abs(share(gaps, above: bound) - exp(-bound)) < 5 * (exp(-bound) / 100_000).squareRoot())
        }
        let afterLong = zip(gaps, gaps.dropFirst()).filter { $0.0 > 1 }.map(\.1)
        #expect(abs(share(afterLong, above: 1) - exp(-1)) < 0.02)
    }

    @Test func uniformGapsAreEqual() {
        let times = ArrivalPlan(.uniform, rate: 250, seconds: 4, seed: 1).times
        #expect(times.count == 1000)
        #expect(zip(times, times.dropFirst()).allSatisfy { abs($1 - $0 - 0.004) < 1e-9 })
    }

    @Test func aSeedNamesAPlan() {
        func times(_ seed: UInt64) -> [Double] { ArrivalPlan(.poisson, rate: 100, seconds: 1, seed: seed).times }
        #expect(times(5) == times(5))
        #expect(times(5) != times(6))
    }
}
