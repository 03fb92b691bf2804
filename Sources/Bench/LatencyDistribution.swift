import Histogram

/// Latencies of the requests of a load, in nanoseconds, to three digits.
struct LatencyDistribution: Codable, Equatable {
    let p50Ns: UInt64
    let p90Ns: UInt64
    let p99Ns: UInt64
    /// `nil` where too few requests were made for one of them to lie above.
    let p999Ns: UInt64?
    let p9999Ns: UInt64?
    let maxNs: UInt64

    struct Recorder {
        private var histogram = Histogram<UInt64>(numberOfSignificantValueDigits: .three)

        /// A latency in seconds.
        mutating func record(_ seconds: Double) { histogram.record(UInt64((max(0, seconds) * 1e9).rounded())) }

        var distribution: LatencyDistribution {
            let count = histogram.totalCount
            return LatencyDistribution(
                p50Ns: histogram.valueAtPercentile(50), p90Ns: histogram.valueAtPercentile(90),
                p99Ns: histogram.valueAtPercentile(99),
                p999Ns: count > 1000 ? histogram.valueAtPercentile(99.9) : nil,
                p9999Ns: count > 10_000 ? histogram.valueAtPercentile(99.99) : nil, maxNs: histogram.maxRecorded)
        }
    }
}
