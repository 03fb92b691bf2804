#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Two lists of rates held against each other: how far the second lies from the first, and how sure of that one can be.
struct Comparison: Encodable, Equatable {
    /// Median of the second over that of the first, less 1: -0.05 is 5 % slower.
    let change: Double
    /// 95 % interval of `change`, by bootstrap of both lists.
    let low: Double
    let high: Double
    /// Two-sided probability of ranks at least as far apart if nothing had changed (Mann and Whitney, 1947).
    let p: Double
    /// Cliff's delta: how much more often a sample of the second list wins against one of the first than it loses.
    let delta: Double

    enum Verdict: String, Encodable { case same, regression, improvement }

    /// Neither list may be empty. The resampling is deterministic.
    init(_ base: [Double], _ new: [Double], seed: UInt64 = 1) {
        precondition(!base.isEmpty && !new.isEmpty)
        let first = base.sorted()
        let second = new.sorted()
        change = Statistics.quantile(second, 0.5) / Statistics.quantile(first, 0.5) - 1
        var random = Random(seed: seed)
        func redrawn(_ samples: [Double]) -> Double {
            Statistics.quantile(
                samples.map { _ in samples[Int.random(in: 0..<samples.count, using: &random)] }.sorted(), 0.5)
        }
        let changes = (0..<Statistics.resamples).map { _ in redrawn(second) / redrawn(first) - 1 }.sorted()
        low = Statistics.quantile(changes, 0.025)
        high = Statistics.quantile(changes, 0.975)
        var wins = 0.0
        for a in first { for b in second { wins += b > a ? 1 : b == a ? 0.5 : 0 } }
        let pairs = Double(first.count * second.count)
        delta = 2 * wins / pairs - 1
        p = Self.probability(wins, first, second)
    }

    /// The normal approximation with corrections for ties and continuity, good from about eight samples a side on.
    private static func probability(_ wins: Double, _ first: [Double], _ second: [Double]) -> Double {
        let (n, m) = (Double(first.count), Double(second.count))
        let total = n + m
        var ties = 0.0
        var run = 1.0
        let all = (first + second).sorted()
        for place in all.indices.dropFirst() {
            if all[place] == all[place - 1] { run += 1 } else { run = 1 }
            // t³ − t, summed as it grows: 3t² − 3t is the step from t − 1 to t.
            ties += 3 * run * run - 3 * run
        }
        let variance = n * m / 12 * (total + 1 - ties / (total * (total - 1)))
        guard variance > 0 else { return 1 }
        let distance = max(0, abs(wins - n * m / 2) - 0.5)
        return min(1, erfc(distance / (2 * variance).squareRoot()))
    }

    /// A change counts when it exceeds the threshold, its interval excludes zero, and chance is an unlikely explanation.
    func verdict(threshold: Double) -> Verdict {
        guard abs(change) > threshold, low > 0 || high < 0, p < Self.significance else { return .same }
        return change < 0 ? .regression : .improvement
    }

    static let significance = 0.01
}
