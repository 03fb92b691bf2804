/// Prints tables for people.
enum Report {
    /// Columns as wide as their widest cell; the first `left` columns start at the left, numbers end at the right.
    static func table(_ header: [String], _ rows: [[String]], left: Int) -> String {
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max()! }
        func line(_ cells: [String]) -> String {
            cells.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column < left ? cell + padding : padding + cell
            }.joined(separator: "  ").trimmingSuffix(" ")
        }
        let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
        return ([line(header), rule] + rows.map(line)).joined(separator: "\n")
    }

    static let header = [
        "algorithm", "kernel", "batch", "tokens/s", "± quartiles", "openssl bare/s", "ratio", "ratio 95 %", "cycles",
        "noise",
    ]

    static func row(_ result: Record.Result) -> [String] {
        [
            result.algorithm, result.kernel + (result.selected ? " *" : ""), String(result.batch),
            grouped(result.tokensPerS), percent(result.tokensPerSDetail.spread), result.opensslPerS.map(grouped) ?? "–",
            result.ratio.map { decimal($0, 3) } ?? "–",
            result.ratioDetail.map { "\(decimal($0.low, 3))…\(decimal($0.high, 3))" } ?? "–",
            grouped(result.cyclesPerToken), Noise.kinds(result.noise),
        ]
    }

    static func print(_ record: Record) {
        Swift.print(table(header, record.results.map(row), left: 2))
        Swift.print("* the row that runs by default. openssl bare: the signature checks alone, in the same rounds.")
        print(noiseOf: record.environment)
    }

    static func print(noiseOf machine: Machine) {
        let marks = Noise.marks(machine)
        if !marks.isEmpty { Swift.print("NOISY: \(marks.joined(separator: ", ")). Believe ratios, not rates.") }
    }

    static func print(_ machine: Machine) {
        Swift.print(
            "\(machine.cpu), \(machine.cpus) CPUs, \(machine.features.joined(separator: " ")); \(machine.kernel)")
        Swift.print("\(machine.openssl); libsodium \(machine.sodium); \(machine.swiftCompiler), \(machine.build) build")
        let commit = machine.gitCommit.map { $0.prefix(12) + (machine.gitDirty == true ? " with changes" : "") }
        Swift.print("commit \(commit ?? "unknown"); \(machine.pinnedTo.map { "pinned to CPU \($0)" } ?? "NOT PINNED")")
        if machine.build == "debug" { Swift.print("A DEBUG BUILD: these numbers say nothing about FastVerify.") }
    }

    /// Thousands apart: `1 234 567`.
    static func grouped(_ value: Double) -> String {
        let digits = String(Int(value.rounded()))
        return String(
            digits.reversed().enumerated().flatMap {
                $0.offset > 0 && $0.offset % 3 == 0 ? [" ", $0.element] : [$0.element]
            }
            .reversed())
    }

    static func decimal(_ value: Double, _ places: Int) -> String {
        let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
        let scaled = Int((abs(value) * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        let sign = value < 0 && scaled > 0 ? "-" : ""
        if places == 0 { return "\(sign)\(scaled)" }
        return "\(sign)\(scaled / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
    }

    static func percent(_ fraction: Double) -> String { decimal(fraction * 100, 1) + " %" }
}

extension String {
    fileprivate func trimmingSuffix(_ character: Character) -> String {
        String(reversed().drop { $0 == character }.reversed())
    }
}
