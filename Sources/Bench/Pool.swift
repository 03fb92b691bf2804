import ArgumentParser
import FastVerify
import Foundation

/// `pool`: what a pool makes of concurrent callers, beside threads that verify batches.
struct Pool: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tokens per second of a pool under many callers, and what it adds to a single caller's token.",
        discussion: """
            Callers ask for one token each, wait for its verdict and ask for the next. All share this machine's CPUs with the \
            pool. Everybody takes turns (A B C A B C …); every token must be accepted.
            """)

    @Option(parsing: .upToNextOption, help: "Values of `alg`.")
    var algorithms: [String] = ["ES256", "EdDSA", "RS256", "HS256"]

    @Option(help: "Callers at the same time.") var callers = 200
    @Option(help: "Workers of the larger pool, and threads beside it; by default one for each CPU.") var workers: Int?
    @Option(help: "Tokens that may wait for each worker.") var capacity = VerifierPool.Options().capacity
    @Option(help: "Tokens handed over at once by a thread.") var batch = 512
    @Option(help: "Distinct tokens made for each algorithm.") var count = Workload.defaultCount
    @Option(help: "Seed of the made-up tokens.") var seed = Workload.defaultSeed
    @Option(help: "Seconds for each contender.") var seconds = 3.0
    @Option(help: "Rounds the seconds are divided into.") var rounds = 15
    @Option(help: "Tokens of the single caller.") var singles = 20_000
    @Option(help: "Write the record to this file; `-` prints it instead of the table.") var json: String?

    func validate() throws {
        guard callers > 0, workers ?? 1 > 0, batch > 0, count > 3, seconds > 0, rounds > 0, singles > 0 else {
            throw ValidationError("All numbers must be positive, count at least 4.")
        }
    }

    func run() throws {
        var record = PoolRecord(environment: Machine(pinned: false), seed: seed, callers: callers)
        let workers = workers ?? VerifierPool.Options().workers
        if json != "-" {
            print("\(callers) callers, \(workers) workers, \(rounds) rounds, \(seconds) s for each contender")
        }
        try WrongVerdict.ends {
            for subject in try Measure.subjects(algorithms) {
                if json != "-" { print("\(subject.name) …") }
                let workload = try Workload(subject, count: count, seed: seed)
                let verifier = Verifier(
                    Claims.policy(subject.header), keys: KeySource(KeySet(try workload.verificationKeys())),
                    clock: .fixed(Claims.now))
                let corpus = try Corpus(workload)
                let kernel = Kernel.selected(for: subject.scheme)?.name ?? "none"
                try corpus.check(verifier, kernel: kernel)
                record.results.append(
                    PoolRecord.Result(
                        algorithm: subject.name, kernel: kernel, rows: try rates(workload, verifier, workers),
                        single: try SingleCaller(workload.tokens, verifier).run(singles)))
                try corpus.check(verifier, kernel: kernel)
            }
        }
        record.environment.finish()
        if json != "-" {
            print(Report.table(PoolRecord.header, record.results.flatMap(\.table), left: 2))
            for result in record.results { print(result.single.text(result.algorithm)) }
            Report.print(noiseOf: record.environment)
        }
        if let json { try Measure.write(Record.json(record), to: json) }
    }

    private func rates(_ workload: Workload, _ verifier: Verifier, _ workers: Int) throws -> [PoolRecord.Row] {
        let text = TokenText(workload.tokens)
        func pool(_ workers: Int) -> VerifierPool {
            VerifierPool(verifier, options: .init(workers: workers, capacity: capacity))
        }
        let (large, small) = (pool(workers), pool(1))
        let entrants: [any Entrant] =
            [
                ThreadsEntrant(threads: workers, verifier, text, batch: batch),
                ThreadsEntrant(threads: 1, verifier, text, batch: batch),
            ]
            + [(large, workers), (small, 1)].flatMap { pool, workers in
                CallersEntrant.Form.allCases.map {
                    CallersEntrant($0, callers: callers, of: pool, workers: workers, workload.tokens)
                }
            }
        var samples = entrants.map { _ in (rates: [Double](), cpus: [Double]()) }
        for round in -1..<rounds {  // round -1 warms caches and is not kept
            for place in entrants.indices {
                let slot = try entrants[place].slot(seconds: seconds / Double(rounds))
                if round < 0 { continue }
                samples[place].rates.append(Double(slot.tokens) / slot.wall)
                samples[place].cpus.append(slot.cpu / slot.wall)
            }
        }
        return zip(entrants, samples).map { entrant, own in
            PoolRecord.Row(
                name: entrant.name, tokensPerS: Statistics(own.rates), cpus: Statistics(own.cpus).median,
                toThreads: Statistics(zip(own.rates, samples[0].rates).map { $0 / $1 }), samples: own.rates)
        }
    }
}

/// The format of `pool --json`.
struct PoolRecord: Codable {
    var environment: Machine
    let seed: UInt64
    let callers: Int
    var results: [Result] = []

    struct Result: Codable {
        let algorithm: String
        let kernel: String
        let rows: [Row]
        let single: SingleCaller.Result
    }

    struct Row: Codable {
        let name: String
        let tokensPerS: Statistics
        /// CPUs in use, on average.
        let cpus: Double
        /// To as many threads as CPUs that verify batches, round by round.
        let toThreads: Statistics
        let samples: [Double]
    }

    static let header = ["algorithm", "contender", "tokens/s", "± quartiles", "CPUs", "÷ all threads", "95 %"]
}

extension PoolRecord.Result {
    var table: [[String]] {
        rows.map { row in
            [
                algorithm, row.name, Report.grouped(row.tokensPerS.median), Report.percent(row.tokensPerS.spread),
                Report.decimal(row.cpus, 2), Report.decimal(row.toThreads.median, 3),
                "\(Report.decimal(row.toThreads.low, 3))…\(Report.decimal(row.toThreads.high, 3))",
            ]
        }
    }
}
