/// What a list of measurements says: its middle and how sure of it one can be. No means: one interrupted round would
/// move them.
struct Statistics: Codable, Equatable {
    let median: Double
    /// The quarter of the measurements that lies below, and the one that lies above.
    let lowerQuartile: Double
    let upperQuartile: Double
    /// 95 % interval of the median, by bootstrap.
    let low: Double
    let high: Double
    let count: Int

    static let resamples = 1000

    /// `samples` must not be empty. The resampling is deterministic.
    init(_ samples: [Double], seed: UInt64 = 1) {
        precondition(!samples.isEmpty)
        let sorted = samples.sorted()
        median = Self.quantile(sorted, 0.5)
        lowerQuartile = Self.quantile(sorted, 0.25)
        upperQuartile = Self.quantile(sorted, 0.75)
        count = sorted.count
        var random = Random(seed: seed)
        var draw = sorted
        let medians = (0..<Self.resamples).map { _ in
            for place in draw.indices { draw[place] = sorted[Int.random(in: 0..<sorted.count, using: &random)] }
            return Self.quantile(draw.sorted(), 0.5)
        }.sorted()
        low = Self.quantile(medians, 0.025)
        high = Self.quantile(medians, 0.975)
    }

    /// Half the distance between the quartiles, in relation to the median.
    var spread: Double { median == 0 ? 0 : (upperQuartile - lowerQuartile) / 2 / median }

    /// The value below which this fraction lies, between two neighbours in proportion (type 7 of Hyndman and Fan).
    static func quantile(_ sorted: [Double], _ fraction: Double) -> Double {
        let place = fraction * Double(sorted.count - 1)
        let below = Int(place)
        let above = min(below + 1, sorted.count - 1)
        return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
    }
}
