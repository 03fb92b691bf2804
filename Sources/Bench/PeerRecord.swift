import Foundation

/// A comparison of engines as it is written to a file: the format of `peers --json`.
struct PeerRecord: Encodable {
    static let own = "fastverify"

    var environment: Machine
    var workload: Record.Description
    let batch: Int
    /// Engines whose folder is there and that are not built.
    let absent: [String]
    var results: [Result] = []

    /// Everybody on one algorithm.
    struct Result: Encodable {
        let algorithm: String
        /// The row of the registry that FastVerify ran on.
        let kernel: String
        var rows: [Row] = []
        /// Engine and reason.
        var unsupported: [String: String] = [:]
        var failed: [String: String] = [:]
    }

    /// One of them.
    struct Row: Encodable {
        let engine: String
        let version: String?
        let library: String?
        let batch: Int
        let tokensPerS: Double
        let tokensPerSDetail: Statistics
        /// One for each round.
        let tokensPerSSamples: [Double]
        /// FastVerify's batches to this, round by round.
        let ratio: Double
        let ratioDetail: Statistics
        let cyclesPerToken: Double
        let cpuShare: Double
        let noise: [String]
        let differences: EngineDifferences?

        init(_ entrant: any Entrant, _ samples: Rounds.Samples, own: Rounds.Samples) {
            let engine = entrant as? EngineEntrant
            self.engine = entrant.name
            version = engine?.reply.version
            library = engine?.reply.library
            batch = entrant.batch
            tokensPerSSamples = samples.rates
            tokensPerSDetail = Statistics(samples.rates)
            tokensPerS = tokensPerSDetail.median
            ratioDetail = Statistics(zip(own.rates, samples.rates).map { $0 / $1 })
            ratio = ratioDetail.median
            cyclesPerToken = Statistics(samples.cycles).median
            cpuShare = samples.cpuShare
            noise = Noise.marks(samples)
            differences = engine?.differences
        }
    }
}

extension PeerRecord.Result {
    static let header = [
        "algorithm", "engine", "batch", "tokens/s", "± quartiles", "fastverify ÷ it", "95 %", "noise",
    ]

    var table: [[String]] {
        rows.map { row in
            [
                algorithm, row.engine, String(row.batch), Report.grouped(row.tokensPerS),
                Report.percent(row.tokensPerSDetail.spread), Report.decimal(row.ratio, 2),
                "\(Report.decimal(row.ratioDetail.low, 2))…\(Report.decimal(row.ratioDetail.high, 2))",
                Noise.kinds(row.noise),
            ]
        }
    }
}

extension PeerRecord {
    /// Who is missing and who judges otherwise, a line each.
    var notes: [String] {
        var lines: [String] = []
        if !absent.isEmpty { lines.append("not built (make peers): \(absent.joined(separator: ", "))") }
        for name in engines {
            let rows = results.compactMap { result in
                result.rows.first { $0.engine == name }.map { (result.algorithm, $0) }
            }
            let described = rows.first?.1
            lines.append(
                name + (described?.version.map { " \($0)" } ?? "") + (described?.library.map { ", \($0)" } ?? ""))
            lines += Self.grouped(results.map { ($0.algorithm, $0.failed[name].map { [$0] } ?? []) })
                .map { "  FAILED \($0)" }
            lines += Self.grouped(results.map { ($0.algorithm, $0.unsupported[name].map { [$0] } ?? []) })
                .map { "  unsupported \($0)" }
            func differences(_ what: String, _ list: (EngineDifferences) -> [String]) {
                lines += Self.grouped(rows.map { ($0.0, $0.1.differences.map(list) ?? []) }).map { "  \(what) \($0)" }
            }
            differences("ACCEPTS", \.accepts)
            differences("REFUSES", \.refuses)
            differences("leaves to its caller", \.leavesToCaller)
        }
        return lines
    }

    private var engines: [String] {
        let taking = results.flatMap { result in result.rows.filter { $0.differences != nil }.map(\.engine) }
        return Set(taking + results.flatMap { Array($0.failed.keys) + Array($0.unsupported.keys) }).sorted()
    }

    /// Lists that algorithms have in common are printed once.
    private static func grouped(_ lists: [(algorithm: String, items: [String])]) -> [String] {
        var groups: [(items: [String], algorithms: [String])] = []
        for (algorithm, items) in lists where !items.isEmpty {
            if let place = groups.firstIndex(where: { $0.items == items }) {
                groups[place].algorithms.append(algorithm)
            } else {
                groups.append((items, [algorithm]))
            }
        }
        return groups.map { "(\($0.algorithms.joined(separator: " "))): \($0.items.joined(separator: ", "))" }
    }
}
