import Testing

@testable import Bench

@Suite struct ComparisonTests {
    /// Rank sums and probabilities as scipy.stats.mannwhitneyu(…, method="asymptotic") gives them.
    @Test func againstAnotherImplementation() {
        let a = [1.1, 2.2, 3.3, 4.4, 5.5, 6.6, 7.7, 8.8]
        let b = [2.0, 3.0, 4.0, 5.0, 9.0, 10.0, 11.0, 12.0]
        #expect(abs(Comparison(a, b).p - 0.3184251) < 1e-6)
        #expect(abs(Comparison(a, b).delta - 0.3125) < 1e-12)
        let tied = [1.0, 2, 2, 3, 3, 3, 4, 5]
        let shifted = [2.0, 3, 3, 4, 4, 4, 5, 6]
        #expect(abs(Comparison(tied, shifted).p - 0.1454638) < 1e-6)
        #expect(abs(Comparison(a, a.map { $0 + 100 }).p - 0.0009391) < 1e-6)
    }

    @Test func extremes() {
        let same = Comparison([5, 5, 5, 5], [5, 5, 5, 5])
        #expect(same.p == 1 && same.delta == 0 && same.change == 0 && same.verdict(threshold: 0.01) == .same)
        #expect(Comparison([1], [2]).verdict(threshold: 0.01) == .same, "one sample a side proves nothing")
    }

    private func samples(_ middle: Double, _ spread: Double, _ count: Int, _ random: inout Random) -> [Double] {
        (0..<count).map { _ in
            // Roughly normal, and one in ten interrupted: what timings on a shared machine look like.
            let sum = (0..<6).reduce(0) { sum, _ in sum + Double.random(in: -1...1, using: &random) }
            return (middle + sum * spread) * (Int.random(in: 0..<10, using: &random) == 0 ? 0.8 : 1)
        }
    }

    /// Nothing changed: what one series reports wrongly must be rare, and two series in agreement rarer.
    @Test func nullComparisonsAreClean() {
        var random = Random(seed: 42)
        var reported = 0
        for _ in 0..<400 {
            let comparison = Comparison(samples(100, 1, 16, &random), samples(100, 1, 16, &random))
            if comparison.verdict(threshold: 0.01) != .same { reported += 1 }
        }
        #expect(reported <= 8)
    }

    /// Twice the threshold is found nearly always, and never with the wrong sign; a third of it is never reported.
    @Test func changesAreFound() {
        var random = Random(seed: 7)
        var found = 0
        for _ in 0..<100 {
            let base = samples(100, 1, 16, &random)
            let slower = Comparison(base, samples(94, 1, 16, &random)).verdict(threshold: 0.03)
            let faster = Comparison(base, samples(106, 1, 16, &random)).verdict(threshold: 0.03)
            #expect(slower != .improvement && faster != .regression)
            found += (slower == .regression ? 1 : 0) + (faster == .improvement ? 1 : 0)
            #expect(Comparison(base, samples(99, 1, 16, &random)).verdict(threshold: 0.03) == .same)
        }
        #expect(found > 170)
    }

    @Test func exitStatus() {
        func row(_ name: String, _ verdict: Comparison.Verdict) -> Compare.Row {
            Compare.Row(name: name, first: Comparison([1], [1]), second: nil, verdict: verdict)
        }
        #expect(Compare.status(of: []) == 0)
        #expect(Compare.status(of: [row("a", .same)]) == 0)
        #expect(Compare.status(of: [row("a", .improvement), row("b", .same)]) == 4)
        #expect(Compare.status(of: [row("a", .improvement), row("b", .regression)]) == 2)
        #expect(Compare.status(of: [row("a", .regression), row("ES256 openssl bare", .improvement)]) == 3)
    }
}
