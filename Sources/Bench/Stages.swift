import ArgumentParser
import FastVerify
import Foundation

/// `stages`: what each part of the flow costs a token.
struct Stages: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Nanoseconds a token spends in each stage.",
        discussion: """
            The flow is timed up to each stage in turn, in interleaved rounds; a stage costs the difference to the prefix \
            before it, taken round by round. The whole token is timed through the public interface as well, and what the \
            prefixes do not explain is shown.
            """)

    @Option(parsing: .upToNextOption, help: "Values of `alg`.")
    var algorithm: [String] = ["HS256", "ES256"]

    @Option(help: "A registry row; the one that runs by default otherwise.")
    var kernel: String?

    @Option(help: "Tokens handed over at once.")
    var batch = 512

    @Option(help: "Distinct tokens made for each algorithm.")
    var count = Workload.defaultCount

    @Option(help: "Characters of a token, where the signature leaves room.")
    var length = 500

    @Option(help: "Seed of the made-up tokens.")
    var seed = Workload.defaultSeed

    @Option(help: "Seconds for each prefix.")
    var seconds = 1.0

    @Option(help: "Rounds the seconds are divided into.")
    var rounds = 25

    @Option(help: "Seconds of the `wall`, or those in which the `thread` had the CPU.")
    var clock = Clock.thread

    @Option(help: "Write the split to this file; `-` prints it instead of the tables.")
    var json: String?

    func validate() throws {
        guard batch > 0, count > 3, length > 0, seconds > 0, rounds > 0 else {
            throw ValidationError("batch, length, seconds and rounds must be positive, count at least 4.")
        }
    }

    struct Output: Codable {
        var environment: Machine
        var stages: [StageSplit] = []
    }

    func run() throws {
        var output = Output(environment: Machine())
        if json != "-" { Report.print(output.environment) }
        for subject in try Measure.subjects(algorithm) {
            let rows = Measure.rows(of: subject, [kernel ?? "all"])
            guard let row = rows.first(where: { kernel != nil || $0 == Kernel.selected(for: subject.scheme) }) else {
                throw ValidationError("\(subject.name) has no supported kernel \(kernel ?? "").")
            }
            let split = try measure(Workload(subject, count: count, seed: seed, length: length...length), row)
            output.stages.append(split)
            if json != "-" { print("\n" + split.table) }
        }
        output.environment.finish()
        if json != "-" { Report.print(noiseOf: output.environment) }
        if let json { try Measure.write(Record.json(output), to: json) }
    }

    private func measure(_ workload: Workload, _ row: Kernel) throws -> StageSplit {
        let keys = KeySet(try workload.verificationKeys(), kernels: .named(row.name))
        let policy = Claims.policy(workload.subject.header)
        let verifier = Verifier(policy, keys: KeySource(keys), clock: .fixed(Claims.now))
        let text = TokenText(workload.tokens)
        let everything = text.views.map { _ in true }
        var contenders: [any Contender] = FlowStage.allCases.map { PrefixContender($0, verifier, text) }
        contenders.append(TokenContender(name: "whole token", verifier: verifier, text: text, isValid: everything))
        let material = KeyMaterial(workload.key.verificationKey)
        contenders.append(try KernelContender(row, material, workload.signatures, isValid: everything))
        return try WrongVerdict.ends {
            try Corpus(workload).check(verifier, kernel: row.name)
            let plan = Rounds(batch: batch, seconds: seconds, rounds: rounds, clock: clock)
            let samples = try plan.run(contenders)
            try Corpus(workload).check(verifier, kernel: row.name)
            let lengths = text.views.map(\.count).sorted()
            return StageSplit(
                algorithm: workload.subject.name, kernel: row.name, batch: batch,
                characters: lengths[lengths.count / 2],
                samples: samples)
        }
    }
}
