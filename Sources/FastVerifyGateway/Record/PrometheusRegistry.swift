internal import FastVerify
internal import CoreMetrics

/// What swift-metrics is told, by name and labels, for the text that Prometheus reads (exposition format 0.0.4).
final class PrometheusRegistry: MetricsFactory {
    enum Kind: String { case counter, gauge, summary }

    /// One number, or the sum and count of many.
    final class Series: CounterHandler, FloatingPointCounterHandler, RecorderHandler, MeterHandler, TimerHandler {
        private struct Value {
            var sum = 0.0
            var count: UInt64 = 0
        }

        let kind: Kind
        private let value = WaitingLock(Value())

        init(_ kind: Kind) { self.kind = kind }

        private func add(_ number: Double) {
            value.withLock {
                $0.sum += number
                $0.count += 1
            }
        }

        func increment(by number: Int64) { add(Double(number)) }
        func increment(by number: Double) { add(number) }
        func decrement(by number: Double) { add(-number) }
        func reset() { value.withLock { $0 = Value() } }
        func set(_ number: Double) { value.withLock { $0.sum = number } }
        func set(_ number: Int64) { set(Double(number)) }
        func record(_ number: Double) { if kind == .gauge { set(number) } else { add(number) } }
        func record(_ number: Int64) { record(Double(number)) }
        /// Prometheus counts in seconds.
        func recordNanoseconds(_ duration: Int64) { add(Double(duration) / 1e9) }

        var reading: (sum: Double, count: UInt64) { value.withLock { ($0.sum, $0.count) } }
    }

    private let families = WaitingLock<[String: (kind: Kind, series: [String: Series])]>([:])
    /// Labels never come from requests; should one do so all the same, memory stays bounded.
    private static let mostSeries = 10_000

    private func series(_ label: String, _ dimensions: [(String, String)], _ kind: Kind) -> Series {
        let name = String(label.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") ? $0 : "_" })
        let labels = Self.labels(dimensions)
        return families.withLock { families in
            var family = families[name] ?? (kind, [:])
            if let known = family.series[labels] { return known }
            let new = Series(family.kind)
            if family.series.count < Self.mostSeries { family.series[labels] = new }
            families[name] = family
            return new
        }
    }

    static func labels(_ dimensions: [(String, String)]) -> String {
        guard !dimensions.isEmpty else { return "" }
        let pairs = dimensions.sorted { $0.0 < $1.0 }.map { name, value in
            var text = ""
            for scalar in value.unicodeScalars {
                switch scalar {
                case "\\": text += "\\\\"
                case "\"": text += "\\\""
                case "\n": text += "\\n"
                default: text.unicodeScalars.append(scalar)
                }
            }
            return "\(name)=\"\(text)\""
        }
        return "{" + pairs.joined(separator: ",") + "}"
    }

    /// All series, sorted by name.
    var text: String {
        var text = ""
        let families = families.withLock { $0 }
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                let (sum, count) = series.reading
                if family.kind == .summary {
                    text += "\(name)_sum\(labels) \(sum)\n\(name)_count\(labels) \(count)\n"
                } else {
                    text += "\(name)\(labels) \(Self.number(sum))\n"
                }
            }
        }
        return text
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    // MARK: MetricsFactory

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter)
    }
    func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler { series(label, dimensions, .counter) }
    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge)
    }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        series(label, dimensions, aggregate ? .summary : .gauge)
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .summary)
    }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
