import ArgumentParser
import FastVerify
import Foundation

/// `latency`: how long a token takes under load.
struct Latency: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Latency under load, counted from the planned send time, and the knee of the load.",
        discussion: """
              fastverify-bench latency --rate 10000 100000
              fastverify-bench latency --knee --algorithms ES256 --mode batch

              fastverify-bench latency --knee --mode pool

            Tokens are sent at times fixed beforehand, whether or not earlier ones have been answered. Single tokens and \
            batches are verified by the thread that sends them, on one CPU; a batch is what has fallen due since the last call, \
            so batches grow with the load. A pool's workers have every CPU, and share one with the thread that sends. Every \
            token must be accepted, and a corpus of good and bad tokens is judged before and after; otherwise the exit status \
            is 1.
            """)

    @Option(parsing: .upToNextOption, help: "Values of `alg`.")
    var algorithms: [String] = ["HS256", "RS256", "ES256", "EdDSA"]

    @Option(
        parsing: .upToNextOption,
        help: "Ways of calling: `single` tokens, what is due in a `batch`; or alone: a `pool`.")
    var mode: [LoadMode] = [.single, .batch]

    @Option(parsing: .upToNextOption, help: "Tokens per second.")
    var rate: [Double] = []

    @Flag(help: "Look for the rate up to which the load is borne, instead of trying given rates.")
    var knee = false

    @Option(help: "How send times lie: `poisson` or `uniform`.")
    var arrivals = Arrivals.poisson

    @Option(help: "Until the next token is due: `spin` or `sleep`.")
    var waiting = Waiting.spin

    @Option(help: "Most tokens handed over at once.")
    var batch = 512

    @Option(help: "Distinct tokens made for each algorithm.")
    var count = Workload.defaultCount

    @Option(help: "Seed of the made-up tokens and of the send times.")
    var seed = Workload.defaultSeed

    @Option(help: "Seconds for each rate.")
    var seconds = 2.0

    @Option(help: "How many times its value at the lowest rate p99 may be at the knee.")
    var p99Limit = 10.0

    @Option(help: "Write the record to this file; `-` prints it instead of the table.")
    var json: String?

    func validate() throws {
        guard batch > 0, count > 3, seconds > 0, seconds.isFinite, p99Limit > 1 else {
            throw ValidationError("batch and seconds must be positive, count at least 4, p99-limit above 1.")
        }
        guard !mode.contains(.pool) || mode.allSatisfy({ $0 == .pool }) else {
            throw ValidationError("A pool has every CPU, the other ways of calling one: ask for --mode pool alone.")
        }
        guard rate.isEmpty == knee else { throw ValidationError("Either --rate or --knee says which rates to try.") }
        let requests = rate.map { $0 * seconds }
        guard requests.allSatisfy({ (1...Double(ArrivalPlan.most)).contains($0) }) else {
            throw ValidationError("A rate must make from 1 to \(ArrivalPlan.most) tokens in \(seconds) s.")
        }
    }

    func run() throws {
        let machine = Machine(pinned: !mode.contains(.pool))
        var record = LatencyRecord(
            environment: machine, seed: seed, arrivals: arrivals, waiting: waiting, secondsPerLoad: seconds,
            p99Limit: knee ? p99Limit : nil)
        if json != "-" {
            Report.print(machine)
            print("seed \(seed), one key, \(arrivals) arrivals, \(seconds) s for each rate, waiting by \(waiting)")
        }
        try WrongVerdict.ends {
            for subject in try Measure.subjects(algorithms) {
                if json != "-" { print("\(subject.name) …") }
                record.results += try results(subject)
            }
        }
        record.environment.finish()
        if json != "-" {
            print(Report.table(LatencyRecord.Result.header, record.results.flatMap(\.table), left: 2))
            for result in record.results { result.knee(p99Limit: record.p99Limit).map { print($0) } }
            Report.print(noiseOf: record.environment)
        }
        if let json { try Measure.write(Record.json(record), to: json) }
    }

    private func results(_ subject: Subject) throws -> [LatencyRecord.Result] {
        let workload = try Workload(subject, count: count, seed: seed)
        let keys = KeySource(KeySet(try workload.verificationKeys()))
        let verifier = Verifier(Claims.policy(subject.header), keys: keys, clock: .fixed(Claims.now))
        let kernel = Kernel.selected(for: subject.scheme)?.name ?? "none"
        let corpus = try Corpus(workload)
        return try mode.map { mode in
            try corpus.check(verifier, kernel: kernel)
            let result = try result(
                subject, kernel, mode, mode.target(verifier, workload.tokens, limit: batch))
            try corpus.check(verifier, kernel: kernel)
            return result
        }
    }

    /// Rates from a thirty-second to twice what the target does when everything is due at once.
    private func result(
        _ subject: Subject, _ kernel: String, _ mode: LoadMode, _ target: any LoadTarget
    ) throws -> LatencyRecord.Result {
        let generator = LoadGenerator(clock: WallClock(waiting: waiting))
        // The first burst warms caches and earns tables.
        _ = try generator.run(ArrivalPlan(burst: 1_000_000), on: target, within: 0.1)
        let saturated = try generator.run(ArrivalPlan(burst: 1_000_000), on: target, within: 0.3).achievedPerS
        var result = LatencyRecord.Result(
            algorithm: subject.name, kernel: kernel, mode: mode, batch: target.capacity, saturatedPerS: saturated)
        func load(_ rate: Double) throws -> Load {
            try generator.run(
                ArrivalPlan(arrivals, rate: rate, seconds: seconds, seed: seed), on: target, within: 2 * seconds)
        }
        guard knee else {
            result.loads = try rate.map(load)
            return result
        }
        let highest = min(2 * saturated, Double(ArrivalPlan.most) / seconds)
        let found = try KneeSearch(p99Limit: p99Limit).run(saturated / 32...max(highest, saturated / 32), measure: load)
        result.kneePerS = found.borne
        result.beyondKneePerS = found.beyond
        result.loads = found.loads
        return result
    }
}

extension LoadMode: ExpressibleByArgument {}
extension Arrivals: ExpressibleByArgument {}
extension Waiting: ExpressibleByArgument {}
