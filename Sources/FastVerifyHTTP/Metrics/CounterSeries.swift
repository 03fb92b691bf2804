internal import Metrics

/// Turns totals, which only grow, into what has been added since they were last seen. One thread at a time.
struct CounterSeries {
    private struct Key: Hashable {
        let label: String
        let values: [String]
    }

    private let dimensions: [(String, String)]
    private let factory: any MetricsFactory
    private var counters: [Key: (counter: Counter, total: UInt64)] = [:]
    private var gauges: [Key: Gauge] = [:]

    /// `dimensions` go with every metric.
    init(dimensions: [(String, String)], factory: any MetricsFactory) {
        self.dimensions = dimensions
        self.factory = factory
    }

    /// A counter that has never counted anything is not made, unless it is `always` to be seen.
    mutating func total(
        _ label: String, _ more: [(String, String)], _ total: UInt64, always: Bool = false
    ) {
        let key = Key(label: label, values: more.map(\.1))
        let known = counters[key]
        guard known != nil || always || total > 0 else { return }
        let counter = known?.counter ?? Counter(label: label, dimensions: dimensions + more, factory: factory)
        counters[key] = (counter, total)
        // Totals wrap after 2^64.
        let new = total &- (known?.total ?? 0)
        if new > 0 || known == nil { counter.increment(by: Int64(clamping: new)) }
    }

    mutating func total(_ label: String, _ total: UInt64, always: Bool) { self.total(label, [], total, always: always) }

    mutating func gauge(_ label: String, _ value: some BinaryInteger) { gauge(label, [], value) }

    mutating func gauge(_ label: String, _ more: [(String, String)], _ value: some BinaryInteger) {
        let key = Key(label: label, values: more.map(\.1))
        let gauge = gauges[key] ?? Gauge(label: label, dimensions: dimensions + more, factory: factory)
        gauges[key] = gauge
        gauge.record(value)
    }

    /// A histogram as Prometheus knows it, without a sum: for each bound, how many were not above it. `counts` at position
    /// i are those below 2^(i + 1); `bound` names that bound.
    mutating func histogram(_ label: String, _ counts: [UInt64], _ range: Range<Int>, _ bound: (Int) -> String) {
        var sum: UInt64 = counts[..<range.lowerBound].reduce(0, &+)
        for position in range {
            sum &+= counts[position]
            total("\(label)_bucket", [("le", bound(position))], sum, always: true)
        }
        sum &+= counts[range.upperBound...].reduce(0, &+)
        total("\(label)_bucket", [("le", "+Inf")], sum, always: true)
        total("\(label)_count", [], sum, always: true)
    }
}
