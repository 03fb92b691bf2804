/// Finds the rate up to which a target answers in time: rates double until one is not borne, then the gap is halved.
struct KneeSearch {
    /// A rate is borne while this part of it is achieved …
    static let leastAchieved = 0.98
    /// … and p99 is at most so many times what it is at the lowest rate.
    let p99Limit: Double
    /// The knee is known when the two rates around it differ by no more than this factor.
    static let resolution = 1.05

    /// The lowest rate is measured twice, and any other a second time where it is not borne the first, so that one
    /// interruption by others decides nothing.
    func run(_ rates: ClosedRange<Double>, measure: (Double) throws -> Load) rethrows -> Knee {
        var knee = Knee(loads: [try measure(rates.lowerBound), try measure(rates.lowerBound)])
        let p99AtLowest = knee.loads.map(\.latency.p99Ns).min()!
        func isBorne(_ load: Load) -> Bool {
            load.achievedPerS >= load.plannedPerS * Self.leastAchieved
                && Double(load.latency.p99Ns) <= Double(p99AtLowest) * p99Limit
        }
        func bears(_ rate: Double) throws -> Bool {
            for _ in 0..<2 {
                knee.loads.append(try measure(rate))
                if isBorne(knee.loads.last!) { return true }
            }
            return false
        }
        guard knee.loads.contains(where: isBorne) else {
            knee.beyond = rates.lowerBound
            return knee
        }
        var borne = rates.lowerBound
        while borne < rates.upperBound {
            let higher = min(borne * 2, rates.upperBound)
            guard try bears(higher) else {
                knee.beyond = higher
                break
            }
            borne = higher
        }
        while let beyond = knee.beyond, beyond / borne > Self.resolution {
            let middle = (borne * beyond).squareRoot()
            if try bears(middle) { borne = middle } else { knee.beyond = middle }
        }
        knee.borne = borne
        return knee
    }
}

/// Where a target stops answering in time.
struct Knee {
    /// The highest rate that was borne; `nil` where the lowest one was too much.
    var borne: Double?
    /// The lowest rate that was not; `nil` where the highest one was borne.
    var beyond: Double?
    /// In the order in which they were tried.
    var loads: [Load]
}
