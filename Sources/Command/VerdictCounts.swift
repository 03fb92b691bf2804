import FastVerify

/// How many tokens were accepted, and how many refused for which reason.
struct VerdictCounts {
    private var refusals = [Int](repeating: 0, count: 256)
    private(set) var valid = 0
    private(set) var refused = 0

    var total: Int { valid + refused }

    mutating func add(_ error: VerificationError?) {
        guard let error else {
            valid += 1
            return
        }
        refused += 1
        refusals[Int(error.rawValue)] += 1
    }

    /// The summary that `verify --format summary` prints: a name and a number a line, the most frequent error first.
    func summary(lines: Int, seconds: Double) -> String {
        let errors = VerificationError.allCases.map { ($0.name, refusals[Int($0.rawValue)]) }
            .filter { $0.1 > 0 }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
        var rows = [("lines", "\(lines)"), ("tokens", "\(total)"), ("valid", "\(valid)"), ("refused", "\(refused)")]
        rows += errors.map { ("  \($0.0)", "\($0.1)") }
        rows.append(("seconds", seconds.decimal(places: 3)))
        rows.append(("tokens/s", seconds > 0 ? (Double(total) / seconds).decimal(places: 0) : "-"))
        return Table.text(rows.map { [$0.0, $0.1] }, rightAligned: [1])
    }
}

extension Double {
    /// Written with a fixed number of decimal places; for values that fit an Int after scaling.
    func decimal(places: Int) -> String {
        let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
        let scaled = Int(exactly: (self * Double(scale)).rounded()) ?? 0
        guard places > 0 else { return "\(scaled)" }
        let fraction = String(scaled % scale)
        return "\(scaled / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
    }
}
