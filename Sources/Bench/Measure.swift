import ArgumentParser
import FastVerify
import Foundation

/// `measure`: whole tokens per second, kernel by kernel, with OpenSSL's bare check in the same rounds.
struct Measure: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verified tokens per second of one core, per algorithm and kernel, beside OpenSSL's bare check.",
        discussion: """
            Every kernel must give the right verdict on a corpus of good and bad tokens before and after it is timed, and \
            the expected number of valid tokens in every timed pass; otherwise the exit status is 1.
            """)

    @Option(parsing: .upToNextOption, help: "Values of `alg`; every algorithm by default.")
    var algorithms: [String] = []

    @Option(parsing: .upToNextOption, help: "`all`, `default`, or names of registry rows.")
    var kernels: [String] = ["all"]

    @Option(help: "Measure these tokens, one a line, instead of made-up ones; signatures only.")
    var tokens: String?

    @Option(help: "The JWK Set that verifies them.")
    var jwks: String?

    @Option(help: "Measure the tokens that this file of Benchmarks/workloads describes.")
    var workload: String?

    @Option(help: "Tokens handed over at once.")
    var batch = 512

    @Option(help: "Distinct tokens made for each algorithm.")
    var count = Workload.defaultCount

    @Option(help: "Keys that the made-up tokens are signed with in rotation.")
    var keys = 1

    @Option(help: "Seed of the made-up tokens.")
    var seed = Workload.defaultSeed

    @Option(help: "Seconds for each kernel, and for OpenSSL's bare check.")
    var seconds: Double?

    @Option(help: "Rounds the seconds are divided into.")
    var rounds: Int?

    @Option(
        help: "Processes that measure everything one after the other; each is a sample then, instead of each round.")
    var processes = 1

    @Option(help: "Seconds of the `wall`, or those in which the `thread` had the CPU.")
    var clock = Clock.wall

    @Flag(help: "Everything in less than two minutes.")
    var quick = false

    @Option(help: "Write the record to this file; `-` prints it instead of the table.")
    var json: String?

    var plan: Rounds {
        Rounds(
            batch: batch, seconds: seconds ?? (quick ? 0.6 : 3), rounds: rounds ?? (quick ? 7 : 15), clock: clock)
    }

    func validate() throws {
        guard batch > 0, count > 3, (1...count).contains(keys), plan.seconds > 0, plan.rounds > 0, processes > 0
        else {
            throw ValidationError(
                """
                batch, keys, seconds, rounds and processes must be positive, count at least 4, and no key without a token.
                """)
        }
        guard (tokens == nil) == (jwks == nil) else { throw ValidationError("--tokens and --jwks belong together.") }
        guard workload == nil || tokens == nil && count == Workload.defaultCount && keys == 1 else {
            throw ValidationError("--workload says which tokens and keys there are.")
        }
    }

    func run() throws {
        let tokenPlan = try workloadPlan()
        let machine = Machine()
        let description = Record.Description(
            source: tokens == nil ? tokenPlan.description : "file", seed: tokens == nil ? seed : nil,
            keys: tokens == nil ? tokenPlan.keys.count : nil, layer: tokens == nil ? "jwt" : "jws", rounds: plan.rounds,
            processes: processes, secondsPerContender: plan.seconds, clock: plan.clock)
        var record = Record(environment: machine, workload: description)
        let silent = json == "-"
        if !silent {
            Report.print(machine)
            print(
                tokens == nil ? "\(tokenPlan.description); seed \(seed)" : "own tokens, signatures only",
                terminator: "; ")
            print("\(processes) processes, \(plan.rounds) rounds, \(plan.seconds) s for each contender")
        }
        try WrongVerdict.ends {
            if processes > 1 {
                record.results = try ProcessSamples.results(processes, argumentsOfOneProcess)
            } else {
                try forEachContest(tokenPlan) { contest in
                    if !silent { print("\(contest.title) …") }
                    record.results += try contest.run(plan)
                }
            }
        }
        record.environment.finish()
        if !silent { Report.print(record) }
        if let json { try Self.write(Record.json(record), to: json) }
    }

    private var argumentsOfOneProcess: [String] {
        func option(_ name: String, _ values: [String]) -> [String] { values.isEmpty ? [] : ["--\(name)"] + values }
        return option("algorithms", algorithms) + option("kernels", kernels)
            + option("tokens", tokens.map { [$0] } ?? [])
            + option("jwks", jwks.map { [$0] } ?? []) + option("workload", workload.map { [$0] } ?? [])
            + [
                "--batch", "\(batch)", "--count", "\(count)", "--keys", "\(keys)", "--seed", "\(seed)", "--seconds",
                "\(plan.seconds)", "--rounds", "\(plan.rounds)", "--clock", plan.clock.rawValue,
            ]
    }

    private func workloadPlan() throws -> WorkloadPlan {
        if let workload { return try WorkloadPlan(json: Self.read(workload), name: workload) }
        var plan = WorkloadPlan(
            description: "access tokens under \(keys == 1 ? "one key" : "\(keys) keys in rotation")")
        plan.tokens = count
        plan.keys = .init(count: keys, choice: .rotation)
        return plan
    }

    private func forEachContest(_ tokenPlan: WorkloadPlan, _ body: (Contest) throws -> Void) throws {
        if let tokens, let jwks {
            let own = try OwnTokens(tokens: Self.read(tokens), jwks: Self.read(jwks))
            if own.unreadable > 0, json != "-" { print("\(own.unreadable) tokens name no algorithm and are left out") }
            return try own.contests { Self.rows(of: $0, kernels) }.forEach(body)
        }
        let choices = try Self.subjects(algorithms).map { ($0, Self.rows(of: $0, kernels)) }.filter { !$0.1.isEmpty }
        guard !choices.isEmpty else { throw ValidationError("No algorithm has a supported kernel of that name.") }
        for (subject, rows) in choices {
            try body(Contest(Workload(subject, tokenPlan, seed: seed), rows, hostile: tokenPlan.hostile))
        }
    }

    static func subjects(_ names: [String]) throws -> [Subject] {
        if names.isEmpty { return Subject.all }
        return try names.flatMap { $0.split(separator: ",") }.map { name in
            guard let algorithm = Algorithm(name: String(name)) else {
                throw ValidationError("\(name) is not an algorithm.")
            }
            return Subject(algorithm)
        }
    }

    /// The rows asked for; none where the algorithm has no such row or the processor cannot run it.
    static func rows(of subject: Subject, _ names: [String]) -> [Kernel] {
        let wanted = names.flatMap { $0.split(separator: ",").map(String.init) }
        return subject.kernels.filter {
            wanted.contains("all") || wanted.contains($0.name)
                || wanted.contains("default") && $0 == Kernel.selected(for: subject.scheme)
        }
    }

    static func read(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

    static func write(_ data: Data, to path: String) throws {
        if path == "-" { return FileHandle.standardOutput.write(data) }
        try data.write(to: URL(fileURLWithPath: path))
    }
}

extension Clock: ExpressibleByArgument {}
