import ArgumentParser
import Foundation

/// `slots`: prepares everything, then measures for as long as the next line of its input says. What `compare` talks to.
struct Slots: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure contenders when asked to, by lines of text; for `compare`.", shouldDisplay: false)

    @Option(parsing: .upToNextOption) var algorithms: [String]
    @Option(parsing: .upToNextOption) var kernels: [String]
    @Option var batch: Int
    @Option var count: Int

    /// What it says first.
    struct Greeting: Codable { let contenders: [String] }

    /// Each line of input is the position of a contender and the seconds it shall work; the answer is what
    /// `EngineProcess.slot` reads.
    func run() throws {
        let contests = try Measure.subjects(algorithms).map { subject in
            try Contest(Workload(subject, count: count), Measure.rows(of: subject, kernels))
        }
        let contenders = contests.flatMap(\.contenders)
        try WrongVerdict.ends {
            for contest in contests { try contest.checkVerdicts() }
        }
        try say(String(decoding: JSONEncoder().encode(Greeting(contenders: contests.flatMap(\.names))), as: UTF8.self))
        var positions = contenders.map { _ in 0 }
        while let line = readLine() {
            let words = line.split(separator: " ")
            guard words.count == 2, let index = Int(words[0]), contenders.indices.contains(index),
                let seconds = Double(words[1])
            else { throw ValidationError("not a contender and seconds: \(line)") }
            do {
                let plan = Rounds(batch: batch, seconds: seconds, rounds: 1)
                let slot = try plan.slot(contenders[index], from: &positions[index], seconds: seconds)
                try say("\(slot.tokens) \(slot.wall) \(slot.cpu)")
            } catch is WrongVerdict {
                try say(EngineProcess.wrong)
            }
        }
    }

    private func say(_ line: String) throws {
        try FileHandle.standardOutput.write(contentsOf: Data("\(line)\n".utf8))
    }
}
