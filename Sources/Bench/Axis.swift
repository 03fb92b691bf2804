#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where values lie between the ends of a chart.
struct Axis {
    enum Kind { case linear, logarithmic }

    let kind: Kind
    let low: Double
    let high: Double

    /// From 0, or for a logarithmic axis from 1, 2 or 5 times a power of ten below the least value, to the greatest, and over
    /// a decade at least. Without a positive value the axis is from 0 or 1 to 10.
    init(_ kind: Kind, _ values: [Double]) {
        self.kind = kind
        let positive = values.filter { $0 > 0 && $0.isFinite }
        let greatest = positive.max() ?? 10
        switch kind {
        case .linear:
            low = 0
            high = greatest
        case .logarithmic:
            let least = positive.min() ?? 1
            let decade = pow(10, floor(log10(least)))
            low = decade * ([5, 2].first { $0 * decade <= least } ?? 1)
            high = max(greatest, low * 10)
        }
    }

    /// 0 at the low end and 1 at the high one; what lies beyond is moved to the end.
    func place(_ value: Double) -> Double {
        let place =
            switch kind {
            case .linear: (value - low) / (high - low)
            case .logarithmic: value > 0 ? log(value / low) / log(high / low) : 0
            }
        return min(max(place, 0), 1)
    }

    /// Values to draw lines at.
    var ticks: [Double] {
        switch kind {
        case .linear: return [0, high / 2, high]
        case .logarithmic:
            var ticks: [Double] = []
            var tick = pow(10, ceil(log10(low) - 1e-9))
            while tick <= high {
                ticks.append(tick)
                tick *= 10
            }
            return ticks
        }
    }

    /// `1.5 M`, `640 k`, `27`, `0.3`.
    static func short(_ value: Double) -> String {
        func digits(_ value: Double) -> String {
            Report.decimal(value, value < 9.95 && value != value.rounded() ? 1 : 0)
        }
        switch abs(value) {
        case 999_500...: return digits(value / 1_000_000) + " M"
        case 9_995...: return digits(value / 1000) + " k"
        case ..<0.95 where value != 0: return Report.decimal(value, 2)
        default: return value >= 1000 ? Report.grouped(value) : digits(value)
        }
    }
}
