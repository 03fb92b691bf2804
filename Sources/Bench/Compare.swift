import ArgumentParser
import CBaseline
import Foundation

/// `compare`: whether one version is slower or faster than another.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell whether a version is slower or faster than another: commits, executables or records.",
        discussion: """
              fastverify-bench compare main~1 main
              fastverify-bench compare old/fastverify-bench new/fastverify-bench --algorithms ES256
              fastverify-bench compare base.json new.json

            Three processes take turns on one CPU in slots of milliseconds: one of BASE, another of BASE, one of NEW. The ratio of \
            each of the latter two to the first is one sample; new processes make the next. A change is reported when it \
            exceeds the threshold, its 95 % interval excludes zero, Mann and Whitney's test finds it unlikely to be chance \
            (p < 0.01), and a second series of the same length agrees. The second process of BASE is what nothing changed looks \
            like on this machine at this time. OpenSSL's bare check is compared as well: it is the same code on both sides, so a \
            change of it means that the machine is too noisy to tell.

            Records of measure --json are compared by their rounds and cannot be confirmed; they serve for a first look.

            Exit status: 0 nothing changed, 2 a regression, 4 improvements only, 3 too noisy, 1 an error.
            """)

    @Argument(help: "Commit, executable or record to compare with.") var base: String
    @Argument(help: "Commit, executable or record to judge.") var new: String

    @Option(parsing: .upToNextOption, help: "Values of `alg`.")
    var algorithms: [String] = ["HS256", "RS256", "ES256", "EdDSA"]

    @Option(parsing: .upToNextOption, help: "`default`, `all`, or names of registry rows.")
    var kernels: [String] = ["default"]

    @Option(help: "Tokens handed over at once.") var batch = 512
    @Option(help: "Samples of a series, each of three processes.") var blocks = 12
    @Option(help: "Rounds of each contender in a sample.") var rounds = 9
    @Option(help: "Milliseconds of a slot, of which a process has two in a round.") var slot = 15.0
    @Option(help: "Relative change that matters, in percent.") var threshold = 3.0
    @Option(help: "Write the comparison to this file; `-` prints it instead of the table.") var json: String?

    func validate() throws {
        guard batch > 0, blocks >= 6, rounds > 0, slot > 0, threshold > 0 else {
            throw ValidationError("batch, rounds, slot and threshold must be positive, blocks at least 6.")
        }
    }

    /// One contender of both versions.
    struct Row: Encodable {
        let name: String
        let first: Comparison
        /// Where the first series found a change.
        let second: Comparison?
        let verdict: Comparison.Verdict
    }

    func run() throws {
        let rows: [Row]
        if base.hasSuffix(".json"), new.hasSuffix(".json") {
            rows = try compareRecords()
        } else {
            let versions = (try HarnessVersion(base), try HarnessVersion(new))
            // What it starts stays on its CPU.
            _ = baseline_pin_thread()
            rows = try compareVersions(versions.0, versions.1)
        }
        if json != "-" { print(Self.table(rows)) }
        if let json { try Measure.write(Record.json(rows), to: json) }
        let status = Self.status(of: rows)
        if status == 3, json != "-" { print("OpenSSL's bare check changed as well: the machine is too noisy to tell.") }
        if status != 0 { throw ExitCode(status) }
    }

    static func status(of rows: [Row]) -> Int32 {
        let changed = rows.filter { $0.verdict != .same }
        if changed.contains(where: { $0.name.hasSuffix(Baseline.title) }) { return 3 }
        if changed.contains(where: { $0.verdict == .regression }) { return 2 }
        return changed.isEmpty ? 0 : 4
    }

    private func compareRecords() throws -> [Row] {
        func samples(_ path: String) throws -> [String: [Double]] {
            try Record.read(MeasuredRates.self, Data(Measure.read(path))).samples
        }
        return rows(try samples(base), try samples(new))
    }

    func compareVersions(_ base: HarnessVersion, _ new: HarnessVersion) throws -> [Row] {
        let first = try series(base, new, number: 0)
        let found = rows(first.base, first.new)
        guard found.contains(where: { $0.verdict != .same }) else { return found }
        let second = try series(base, new, number: 1)
        return found.map { row in
            guard row.verdict != .same, let before = second.base[row.name], let after = second.new[row.name] else {
                return row
            }
            let again = Comparison(before, after)
            let agrees = again.verdict(threshold: threshold / 100) == row.verdict
            return Row(name: row.name, first: row.first, second: again, verdict: agrees ? row.verdict : .same)
        }
    }

    private func rows(_ base: [String: [Double]], _ new: [String: [Double]]) -> [Row] {
        base.keys.filter { new[$0] != nil }.sorted().map { name in
            let comparison = Comparison(base[name]!, new[name]!)
            return Row(
                name: name, first: comparison, second: nil, verdict: comparison.verdict(threshold: threshold / 100))
        }
    }

    private func series(
        _ base: HarnessVersion, _ new: HarnessVersion, number: Int
    ) throws -> (base: [String: [Double]], new: [String: [Double]]) {
        let arguments =
            ["--algorithms"] + algorithms + ["--kernels"] + kernels + ["--batch", "\(batch)", "--count", "1024"]
        let block = VersionBlock(rounds: rounds, seconds: slot / 1000)
        var samples: (base: [String: [Double]], new: [String: [Double]]) = ([:], [:])
        for turn in 0..<blocks {
            for (name, ratios) in try block.run(base, new, arguments, seed: UInt64(number * blocks + turn)) {
                samples.base[name, default: []].append(ratios.null)
                samples.new[name, default: []].append(ratios.new)
            }
        }
        return samples
    }

    private static func table(_ rows: [Row]) -> String {
        func text(_ comparison: Comparison) -> [String] {
            func percent(_ value: Double) -> String { (value < 0 ? "" : "+") + Report.percent(value) }
            return [
                percent(comparison.change), "\(percent(comparison.low)) … \(percent(comparison.high))",
                Report.decimal(comparison.p, 4), Report.decimal(comparison.delta, 2),
            ]
        }
        return Report.table(
            ["contender", "verdict", "change", "95 %", "p", "Cliff's delta", "confirmed by"],
            rows.map {
                [$0.name, $0.verdict.rawValue] + text($0.first) + [$0.second.map { text($0)[0] } ?? "–"]
            }, left: 2)
    }
}
