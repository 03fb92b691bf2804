import Foundation

/// The records of a run in the formats of other tools.
struct RunExports {
    let records: RunRecords

    /// One list of samples: an engine or a kernel on one algorithm.
    struct Series: Codable {
        let algorithm: String
        let contender: String
        let batch: Int
        let tokensPerS: Double
        let tokensPerSSamples: [Double]
    }

    /// By engine: those of `peers`, and under `fastverify-kernels` the rows of the registry.
    var series: [String: [Series]] {
        var series: [String: [Series]] = [:]
        for result in records.matrix.flatMap(\.results) {
            series["fastverify-kernels", default: []].append(
                Series(
                    algorithm: result.algorithm, contender: result.kernel, batch: result.batch,
                    tokensPerS: result.tokensPerS, tokensPerSSamples: result.tokensPerSSamples))
        }
        for result in records.peers?.results ?? [] {
            for row in result.rows {
                series[Self.fileName(row.engine), default: []].append(
                    Series(
                        algorithm: result.algorithm, contender: row.engine, batch: row.batch,
                        tokensPerS: row.tokensPerS, tokensPerSSamples: row.tokensPerSSamples))
            }
        }
        return series
    }

    static func fileName(_ engine: String) -> String {
        String(engine.map { $0.isLetter || $0.isNumber || $0 == "." ? $0 : "-" }).replacing("--", with: "-")
    }

    /// A line for each round.
    static func csv(_ series: [Series]) -> String {
        var text = "algorithm,contender,batch,round,tokens_per_s\n"
        for one in series {
            for (round, sample) in one.tokensPerSSamples.enumerated() {
                text += "\(one.algorithm),\"\(one.contender)\",\(one.batch),\(round),\(Report.decimal(sample, 1))\n"
            }
        }
        return text
    }

    // MARK: Google Benchmark

    private struct GoogleBenchmark: Encodable {
        struct Context: Encodable {
            let date: String
            let hostName: String
            let executable = "fastverify-bench"
            let numCpus: Int
            let mhzPerCpu: Int
            let cpuScalingEnabled: Bool
            let loadAvg: [Double]
            let libraryBuildType: String
        }
        struct Run: Encodable {
            let name: String
            let runName: String
            let runType = "iteration"
            let repetitions: Int
            let repetitionIndex: Int
            let threads = 1
            let iterations = 1
            let realTime: Double
            let cpuTime: Double
            let timeUnit = "ns"
            let itemsPerSecond: Double
        }
        let context: Context
        let benchmarks: [Run]
    }

    /// What its `compare.py` reads: a run for each round, nanoseconds per token.
    func googleBenchmark() throws -> Data {
        let machine = records.machine
        let runs = records.matrix.flatMap(\.results).flatMap { result in
            let name = "\(result.algorithm)/\(result.kernel)/\(result.batch)"
            return result.tokensPerSSamples.enumerated().map { round, rate in
                GoogleBenchmark.Run(
                    name: name, runName: name, repetitions: result.tokensPerSSamples.count, repetitionIndex: round,
                    realTime: 1e9 / rate, cpuTime: 1e9 / rate, itemsPerSecond: rate)
            }
        }
        let hertz = records.matrix.last?.results.first?.coreHertz.median ?? 0
        return try Record.json(
            GoogleBenchmark(
                context: .init(
                    date: machine.date, hostName: machine.cpu, numCpus: machine.cpus, mhzPerCpu: Int(hertz / 1e6),
                    cpuScalingEnabled: machine.governor.map { $0 != "performance" } ?? false,
                    loadAvg: machine.loadBefore, libraryBuildType: machine.build),
                benchmarks: runs))
    }

    // MARK: Bencher

    private struct Measure: Encodable {
        let value: Double
        let lowerValue: Double
        let upperValue: Double
    }

    /// Bencher Metric Format: throughput in tokens per second with its 95 % interval.
    func bencher() throws -> Data {
        var metrics: [String: [String: Measure]] = [:]
        for result in records.matrix.flatMap(\.results) {
            let detail = result.tokensPerSDetail
            metrics["\(result.algorithm)/\(result.kernel)/\(result.batch)"] = [
                "throughput": Measure(value: detail.median, lowerValue: detail.low, upperValue: detail.high)
            ]
        }
        return try Record.json(metrics)
    }

    /// A fact a line.
    var machineText: String {
        let machine = records.machine
        let facts: [(String, String?)] = [
            ("cpu", machine.cpu), ("cpus", "\(machine.cpus)"), ("features", machine.features.joined(separator: " ")),
            ("governor", machine.governor), ("os", machine.os), ("kernel", machine.kernel),
            ("architecture", machine.architecture), ("swift", machine.swiftCompiler), ("c", machine.cCompiler),
            ("build", machine.build), ("openssl", machine.openssl), ("libsodium", machine.sodium),
            ("commit", machine.gitCommit), ("changed", machine.gitDirty.map { "\($0)" }),
            ("clock source", machine.clockSource), ("date", machine.date),
            ("time-stamp counter, MHz", machine.timestampHertz.map { Report.decimal($0 / 1e6, 1) }),
            ("load before", machine.loadBefore.map { Report.decimal($0, 2) }.joined(separator: " ")),
            ("CPU seconds of others", machine.othersSeconds.map { Report.decimal($0, 2) }),
            ("stolen seconds", machine.stealSeconds.map { Report.decimal($0, 2) }),
            ("noise", Noise.marks(machine).joined(separator: ", ")),
        ]
        return facts.compactMap { name, value in value.map { "\(name): \($0)\n" } }.joined()
    }
}
