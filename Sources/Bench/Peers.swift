import ArgumentParser
import FastVerify
import Foundation

/// `peers`: FastVerify beside other JWT libraries.
struct Peers: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Whole tokens per second of FastVerify and of other JWT libraries, in the same rounds.",
        discussion: """
            The engines are the programs under Benchmarks/engines that `make peers` has built. Each gets the same tokens \
            under one key, prepares the key once, and is called in turn with the others, on one CPU. First it must \
            verify a corpus of good and bad tokens; verdicts that are not FastVerify's are listed after the table.
            """)

    @Option(parsing: .upToNextOption, help: "Values of `alg`.")
    var algorithms: [String] = ["HS256", "RS256", "PS256", "ES256", "ES384", "EdDSA"]

    @Option(parsing: .upToNextOption, help: "Names of engines; every built one by default.")
    var engines: [String] = []

    @Option(help: "The folder of the engines.")
    var folder = "Benchmarks/engines"

    @Option(help: "Tokens handed over to FastVerify at once.")
    var batch = 512

    @Option(help: "Distinct tokens made for each algorithm.")
    var count = 1024

    @Option(help: "Seed of the made-up tokens.")
    var seed = Workload.defaultSeed

    @Option(help: "Seconds for each engine and algorithm.")
    var seconds = 1.2

    @Option(help: "Rounds the seconds are divided into.")
    var rounds = 9

    @Option(help: "Seconds of the `wall`, or those in which the `thread`, or an engine's process, had the CPU.")
    var clock = Clock.wall

    @Option(help: "Write the record to this file; `-` prints it instead of the table.")
    var json: String?

    func validate() throws {
        guard batch > 0, count > 3, seconds > 0, rounds > 0 else {
            throw ValidationError("batch, seconds and rounds must be positive, count at least 4.")
        }
        let known = Engine.all(in: folder).map(\.name)
        if let stranger = engines.first(where: { !known.contains($0) }) {
            throw ValidationError("\(folder) has no engine \(stranger).")
        }
    }

    func run() throws {
        // Binds this thread to a CPU; the engines inherit that.
        let machine = Machine()
        let chosen = Engine.all(in: folder).filter { engines.isEmpty || engines.contains($0.name) }
        let description = Record.Description(
            source: "generated", seed: seed, keys: 1, layer: "jwt", rounds: rounds, secondsPerContender: seconds,
            clock: clock)
        var record = PeerRecord(
            environment: machine, workload: description, batch: batch,
            absent: chosen.filter { !$0.isBuilt }.map(\.name))
        if json != "-" {
            Report.print(machine)
            print("seed \(seed), \(count) tokens, one key, \(rounds) rounds, \(seconds) s for each, \(clock) clock")
        }
        try WrongVerdict.ends {
            for subject in try Measure.subjects(algorithms) {
                if json != "-" { print("\(subject.name) …") }
                let workload = try Workload(subject, count: count, seed: seed, at: PeerContest.moment)
                var contest = try PeerContest(workload, chosen.filter(\.isBuilt), batch: batch)
                record.results.append(try contest.run(seconds: seconds, rounds: rounds, clock: clock))
            }
        }
        record.environment.finish()
        if json != "-" {
            print(Report.table(PeerRecord.Result.header, record.results.flatMap(\.table), left: 2))
            for line in record.notes { print(line) }
            Report.print(noiseOf: record.environment)
        }
        if let json { try Measure.write(Record.json(record), to: json) }
    }
}
