import Foundation

/// A comparison with other programs as it is written to a file: the format of `peers --json` and `backends --json`.
struct PeerRecord: Codable {
    static let own = "fastverify"

    var environment: Machine
    var workload: Record.Description
    let batch: Int
    /// Programs whose folder is there and that are not built.
    let absent: [String]
    var results: [Result] = []

    /// Everybody on one algorithm.
    struct Result: Codable {
        let algorithm: String
        /// The row of the registry that FastVerify runs on by default.
        let kernel: String
        var rows: [Row] = []
        /// Engine and reason.
        var unsupported: [String: String] = [:]
        var failed: [String: String] = [:]
    }

    /// One of them.
    struct Row: Codable {
        let engine: String
        let version: String?
        let library: String?
        let batch: Int
        /// Tokens, or in the layer `signature` their signatures.
        let tokensPerS: Double
        let tokensPerSDetail: Statistics
        /// One for each round.
        let tokensPerSSamples: [Double]
        /// Round by round: FastVerify's batches to this, or in the layer `signature` this to OpenSSL's bare check.
        let ratio: Double?
        let ratioDetail: Statistics?
        let cyclesPerToken: Double
        let cpuShare: Double
        let noise: [String]
        let differences: EngineDifferences?

        init(_ entrant: any Entrant, _ samples: Rounds.Samples, ratios: [Double]?) {
            let engine = entrant as? EngineEntrant
            self.engine = entrant.name
            version = engine?.reply.version
            library = engine?.reply.library
            batch = entrant.batch
            tokensPerSSamples = samples.rates
            tokensPerSDetail = Statistics(samples.rates)
            tokensPerS = tokensPerSDetail.median
            ratioDetail = ratios.map { Statistics($0) }
            ratio = ratioDetail?.median
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

    var table: [[String]] { rows.map { [algorithm, $0.engine, String($0.batch)] + $0.figures } }

    /// Of bare signatures, the fastest first.
    var signatureTable: String {
        let sorted = rows.sorted { $0.tokensPerS > $1.tokensPerS }
        return Report.table(
            [algorithm, "version", "batch", "signatures/s", "± quartiles", "÷ openssl bare", "95 %", "noise"],
            sorted.map { [$0.engine, $0.version ?? "", String($0.batch)] + $0.figures }, left: 2)
    }
}

extension PeerRecord.Result {
    /// Why a program does not do the algorithm, in words that fit several algorithms.
    fileprivate func reasons(_ engine: String) -> [String] {
        unsupported[engine].map { [$0 == "no \(algorithm)" ? "not in the library" : $0] } ?? []
    }
}

extension PeerRecord.Row {
    fileprivate var figures: [String] {
        [
            Report.grouped(tokensPerS), Report.percent(tokensPerSDetail.spread),
            ratio.map { Report.decimal($0, 2) } ?? "–",
            ratioDetail.map { "\(Report.decimal($0.low, 2))…\(Report.decimal($0.high, 2))" } ?? "–",
            Noise.kinds(noise),
        ]
    }
}

extension PeerRecord {
    /// Tokens per second: rows are engines, columns algorithms.
    var pivot: (header: [String], rows: [[String]]) {
        var names: [String] = []
        for row in results.flatMap(\.rows) where !names.contains(row.engine) { names.append(row.engine) }
        let rows = names.map { name in
            [name]
                + results.map { result in
                    result.rows.first { $0.engine == name }.map { Report.grouped($0.tokensPerS) } ?? "–"
                }
        }
        return (["engine, tokens/s"] + results.map(\.algorithm), rows)
    }

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
            lines += Self.grouped(results.map { ($0.algorithm, $0.reasons(name)) }).map { "  unsupported \($0)" }
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
