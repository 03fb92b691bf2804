/// What made a measurement less trustworthy than it looks. None of it changes a figure; it marks them.
struct Noise {
    /// Limits beyond which a measurement is called noisy, as parts of the whole.
    static let clockDrift = 0.05
    static let lostTime = 0.02
    static let stolenTime = 0.01
    /// Of one CPU, whichever they ran on: they share caches and the clock rate.
    static let othersTime = 0.1
    static let spread = 0.05

    /// Of one contender, each beginning with its kind. Empty where nothing disturbed it.
    static func marks(_ samples: Rounds.Samples) -> [String] {
        var marks: [String] = []
        if let drift = drift(samples.hertz), drift > clockDrift { marks.append("clock \(Report.percent(drift))") }
        if 1 - samples.cpuShare > lostTime { marks.append("waited \(Report.percent(1 - samples.cpuShare))") }
        let rates = Statistics(samples.rates)
        if rates.spread > spread { marks.append("spread \(Report.percent(rates.spread))") }
        let outliers = Outliers(samples.rates)
        if outliers.severe > 0 { marks.append("outliers \(outliers.severe)") }
        return marks
    }

    /// Only what they are about, each once, for a narrow column.
    static func kinds(_ marks: [String]) -> String {
        var kinds: [Substring] = []
        for kind in marks.map({ $0.prefix { $0 != " " } }) where !kinds.contains(kind) { kinds.append(kind) }
        return kinds.joined(separator: " ")
    }

    /// Of the whole run.
    static func marks(_ machine: Machine) -> [String] {
        var marks: [String] = []
        if let stolen = machine.stealSeconds, let seconds = machine.seconds, seconds > 0 {
            let part = stolen / seconds / Double(machine.cpus)
            if part > stolenTime { marks.append("the hypervisor took \(Report.percent(part)) of the time") }
        }
        if let others = machine.othersSeconds, let seconds = machine.seconds, seconds > 0 {
            let part = others / seconds
            if part > othersTime { marks.append("other programs used \(Report.percent(part)) of a CPU") }
        }
        return marks
    }

    /// Between the tenth and the ninetieth of a hundred readings, in relation to the middle one.
    private static func drift(_ hertz: [Double]) -> Double? {
        let sorted = hertz.filter { $0 > 0 }.sorted()
        guard let first = sorted.first, first > 0 else { return nil }
        return (Statistics.quantile(sorted, 0.9) - Statistics.quantile(sorted, 0.1)) / Statistics.quantile(sorted, 0.5)
    }
}

/// Measurements far from the middle half of all, by Tukey's fences: 1.5 and 3 times its width beyond it.
struct Outliers: Codable, Equatable {
    let mild: Int
    let severe: Int

    init(_ samples: [Double]) {
        let statistics = Statistics(samples)
        let width = statistics.upperQuartile - statistics.lowerQuartile
        func outside(_ factor: Double) -> Int {
            samples.count {
                $0 < statistics.lowerQuartile - factor * width || $0 > statistics.upperQuartile + factor * width
            }
        }
        severe = outside(3)
        mild = outside(1.5) - severe
    }
}
