import ArgumentParser
import FastVerify
import Foundation

/// What every comparison with other programs is asked for, and how it goes from algorithm to algorithm.
struct PeerOptions: ParsableArguments {
    @Option(help: "What FastVerify is handed over at once.")
    var batch = 512

    @Option(help: "Distinct tokens made for each algorithm.")
    var count = Self.usualCount
    private static let usualCount = 1024

    @Option(help: "Take the tokens that this file of Benchmarks/workloads describes: one key, all valid.")
    var workload: String?

    @Option(help: "Seed of the made-up tokens.")
    var seed = Workload.defaultSeed

    @Option(help: "Seconds for each row and algorithm.")
    var seconds = 1.2

    @Option(help: "Rounds the seconds are divided into.")
    var rounds = 9

    @Option(help: "Seconds of the `wall`, or those in which the `thread`, or a program's process, had the CPU.")
    var clock = Clock.wall

    @Option(help: "Write the record to this file; `-` prints it instead of the table.")
    var json: String?

    func validate() throws {
        guard batch > 0, count > 3, seconds > 0, rounds > 0 else {
            throw ValidationError("batch, seconds and rounds must be positive, count at least 4.")
        }
        guard workload == nil || count == Self.usualCount else {
            throw ValidationError("--workload says which tokens there are.")
        }
    }

    /// A program gets one key; bad tokens it gets in the corpus.
    func plan() throws -> WorkloadPlan {
        guard let workload else {
            var plan = WorkloadPlan(description: "generated")
            plan.tokens = count
            return plan
        }
        let plan = try WorkloadPlan(json: Measure.read(workload), name: workload)
        guard plan.keys.count == 1, plan.hostile == nil else {
            throw ValidationError(
                "\(workload) has several keys or bad tokens; other programs get one key and good ones.")
        }
        return plan
    }

    /// The programs of a folder that are asked for by name, or all of them.
    static func engines(_ names: [String], in folder: String) throws(ValidationError) -> [Engine] {
        let all = Engine.all(in: folder)
        if let stranger = names.first(where: { name in !all.contains { $0.name == name } }) {
            throw ValidationError("\(folder) has no \(stranger).")
        }
        return all.filter { names.isEmpty || names.contains($0.name) }
    }

    /// A wrong verdict of FastVerify ends everything, with the exit status 1.
    func run(
        _ subjects: [Subject], _ engines: [Engine], layer: String, at moment: Moment, report: (PeerRecord) -> Void,
        contest: (Workload, [Engine]) throws -> PeerContest
    ) throws {
        let plan = try plan()
        // Binds this thread to a CPU; the engines inherit that.
        let machine = Machine()
        let description = Record.Description(
            source: plan.description, seed: seed, keys: 1, layer: layer, rounds: rounds, secondsPerContender: seconds,
            clock: clock)
        var record = PeerRecord(
            environment: machine, workload: description, batch: batch,
            absent: engines.filter { !$0.isBuilt }.map(\.name))
        let silent = json == "-"
        if !silent {
            Report.print(machine)
            print(
                "\(plan.description); seed \(seed), \(plan.tokens) tokens, one key, \(rounds) rounds, \(seconds) s for each, \(clock) clock"
            )
        }
        try WrongVerdict.ends {
            for subject in subjects {
                if !silent { print("\(subject.name) …") }
                var contest = try contest(
                    Workload(subject, plan, seed: seed, at: moment), engines.filter(\.isBuilt))
                record.results.append(try contest.run(seconds: seconds, rounds: rounds, clock: clock))
            }
        }
        record.environment.finish()
        if !silent {
            report(record)
            for line in record.notes { print(line) }
            Report.print(noiseOf: record.environment)
        }
        if let json { try Measure.write(Record.json(record), to: json) }
    }
}
