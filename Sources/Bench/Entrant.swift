import FastVerify
import Foundation

/// Somebody who takes part in a comparison of engines.
protocol Entrant: AnyObject {
    var name: String { get }
    /// Tokens handed over at once.
    var batch: Int { get }
    /// Verifies the workload, going on where it stopped, for some seconds.
    func slot(seconds: Double) throws -> (tokens: Int, wall: Double, cpu: Double)
}

/// Something of this process.
final class OwnEntrant: Entrant {
    let name: String
    let batch: Int
    private let contender: any Contender
    private var position = 0

    init(_ name: String, _ contender: any Contender, batch: Int) {
        self.name = name
        self.batch = batch
        self.contender = contender
    }

    func slot(seconds: Double) throws -> (tokens: Int, wall: Double, cpu: Double) {
        let plan = Rounds(batch: batch, seconds: seconds, rounds: 1)
        return try plan.slot(contender, from: &position, seconds: seconds)
    }
}

/// FastVerify as it is called for one token: no batch, claims handed out.
final class SingleTokenContender: Contender {
    let name = "single tokens"
    let validBefore: [Int]
    private let verifier: Verifier
    private let text: TokenText

    init(_ verifier: Verifier, _ text: TokenText) {
        self.verifier = verifier
        self.text = text
        validBefore = Array(0...text.views.count)
    }

    var count: Int { text.views.count }

    func check(_ range: Range<Int>) -> Int {
        range.count { (try? verifier.verify(text.views[$0])) != nil }
    }
}

/// An engine that has prepared its key and given its verdicts.
final class EngineEntrant: Entrant {
    let name: String
    let batch = 1
    let reply: EngineReply
    let differences: EngineDifferences
    private let process: EngineProcess

    /// How long an engine may take to prepare and to verify everything once, and to answer after a slot has ended.
    struct Patience {
        var preparation = 60.0
        var answer = 10.0
    }
    private let patience: Patience

    /// Does not know the algorithm.
    struct Unsupported: Error { let reason: String }

    /// `cases` are what the job calls the corpus.
    init(_ engine: Engine, _ job: Data, _ cases: [Corpus.Case], tokens: Int, patience: Patience = Patience()) throws {
        name = engine.name
        self.patience = patience
        process = try EngineProcess(engine)
        reply = try EngineReply(process.ask(job, within: patience.preparation))
        if let reason = reply.unsupported { throw Unsupported(reason: reason) }
        differences = try reply.differences(cases, tokens: tokens)
    }

    func stop() { process.stop() }

    func slot(seconds: Double) throws -> (tokens: Int, wall: Double, cpu: Double) {
        try process.slot("run", seconds: seconds, patience: patience.answer)
    }
}
