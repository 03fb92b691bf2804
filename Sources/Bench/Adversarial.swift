import ArgumentParser
import FastVerify
import Foundation

/// `adversarial`: what hostile tokens cost, beside valid ones, and whether that is within budgets.
struct Adversarial: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "CPU time of hostile tokens beside valid ones, held to a budget for each kind.",
        discussion: """
            Every kind is timed in the same rounds as valid tokens of the same algorithm, through the call for one token \
            and in batches. A token no longer than a valid one is held to the cost of a valid one, a longer one to that \
            cost for each of its characters. Every verdict in every pass must be the expected one.

            Exit status: 0 all within their budgets, 2 a budget exceeded, 1 a wrong verdict.
            """)

    @Option(parsing: .upToNextOption, help: "Values of `alg`.")
    var algorithms: [String] = ["HS256", "RS256", "ES256", "EdDSA", "ES384"]

    @Option(parsing: .upToNextOption, help: "Ways of calling: `single` tokens, or a `batch` of them.")
    var mode: [CallMode] = CallMode.allCases

    @Option(help: "Tokens of each kind, handed over at once in batches.")
    var batch = 512

    @Option(help: "Seed of the made-up tokens.")
    var seed = Workload.defaultSeed

    @Option(help: "Seconds for each kind, and for valid tokens.")
    var seconds = 0.3

    @Option(help: "Rounds the seconds are divided into.")
    var rounds = 15

    @Option(help: "The file of the budgets.")
    var thresholds = "Benchmarks/thresholds/adversarial.json"

    @Option(help: "Write the record to this file; `-` prints it instead of the table.")
    var json: String?

    func validate() throws {
        guard batch > 3, seconds > 0, rounds > 0 else {
            throw ValidationError("seconds and rounds must be positive, batch at least 4.")
        }
    }

    struct Output: Codable {
        var environment: Machine
        let seed: UInt64
        let batch: Int
        let rounds: Int
        let secondsPerContender: Double
        var costs: [AdversarialCost] = []
    }

    private func budgets() throws -> AdversarialBudgets {
        do {
            return try AdversarialBudgets(json: Measure.read(thresholds))
        } catch let error as AdversarialBudgets.Unusable {
            throw ValidationError("\(thresholds): \(error)")
        } catch {
            throw ValidationError("\(thresholds) cannot be read; --thresholds names another file.")
        }
    }

    func run() throws {
        let budgets = try budgets()
        let subjects = try Measure.subjects(algorithms)
        var output = Output(
            environment: Machine(), seed: seed, batch: batch, rounds: rounds, secondsPerContender: seconds)
        if json != "-" {
            Report.print(output.environment)
            print("seed \(seed), one key, batches of \(batch), \(rounds) rounds, \(seconds) s for each kind, CPU time")
        }
        try WrongVerdict.ends {
            for subject in subjects {
                if json != "-" { print("\(subject.name) …") }
                let contest = try AdversarialContest(Workload(subject, count: batch, seed: seed), mode)
                output.costs += try contest.run(seconds: seconds, rounds: rounds, budgets)
            }
        }
        output.environment.finish()
        if json != "-" {
            print(Report.table(AdversarialCost.header, output.costs.map(\.row), left: 3))
            Report.print(noiseOf: output.environment)
        }
        if let json { try Measure.write(Record.json(output), to: json) }
        try Self.judge(output.costs, isSilent: json == "-")
    }

    /// Says which budgets are exceeded and by how much.
    static func judge(_ costs: [AdversarialCost], isSilent: Bool) throws(ExitCode) {
        let exceeded = costs.filter(\.isExceeded)
        if !isSilent {
            for cost in exceeded {
                let (ratio, budget) = (cost.ratio!.median, cost.budget!)
                print(
                    "exceeded: \(cost.algorithm) \(cost.mode), \(cost.name): \(Report.decimal(ratio, 2)) of "
                        + "\(Report.decimal(budget, 2)), \(Report.percent(ratio / budget - 1)) too much")
            }
            print("\(costs.count { $0.budget != nil }) budgets, \(exceeded.count) exceeded")
        }
        if !exceeded.isEmpty { throw ExitCode(2) }
    }
}

extension CallMode: ExpressibleByArgument {}
