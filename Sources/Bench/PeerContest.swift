import CBaseline
import FastVerify
import Foundation

/// FastVerify, OpenSSL's bare check and other engines on the same tokens of one algorithm.
struct PeerContest {
    /// Wide enough that no token changes its verdict while engines that only know the true time are measured.
    static var moment: Moment { Moment(now: Int64(Date().timeIntervalSince1970), slack: 3600) }

    private let workload: Workload
    private let corpus: Corpus
    private let verifier: Verifier
    private var entrants: [any Entrant] = []
    private(set) var result: PeerRecord.Result

    /// The engines that do not take part are named in the result.
    init(_ workload: Workload, _ engines: [Engine], batch: Int, patience: EngineEntrant.Patience = .init()) throws {
        self.workload = workload
        corpus = try Corpus(workload)
        verifier = Verifier(
            Claims.policy(workload.subject.header), keys: KeySource(KeySet(try workload.verificationKeys())))
        result = PeerRecord.Result(
            algorithm: workload.subject.name, kernel: Kernel.selected(for: workload.subject.scheme)?.name ?? "none")
        try corpus.check(verifier, kernel: result.kernel)
        let text = TokenText(workload.tokens)
        let everything = text.views.map { _ in true }
        let contender = TokenContender(name: "batches", verifier: verifier, text: text, isValid: everything)
        entrants = [
            OwnEntrant(PeerRecord.own, contender, batch: batch),
            OwnEntrant("\(PeerRecord.own), single tokens", SingleTokenContender(verifier, text), batch: 1),
        ]
        if let bare = Baseline(workload.subject.schemeName, workload.signaturesByKey) {
            entrants.append(OwnEntrant("openssl bare", bare, batch: batch))
        }
        let job = try EngineJob(workload, corpus).line()
        for engine in engines {
            do {
                let entrant = try EngineEntrant(
                    engine, job, corpus, tokens: workload.tokens.count, patience: patience)
                entrants.append(entrant)
            } catch let unsupported as EngineEntrant.Unsupported {
                result.unsupported[engine.name] = unsupported.reason
            } catch let failure as EngineFailure {
                result.failed[engine.name] = failure.description
            }
        }
    }

    /// A wrong verdict of FastVerify or of the bare check ends the measurement; an engine's failure ends its part in it.
    mutating func run(seconds: Double, rounds: Int, clock: Clock) throws -> PeerRecord.Result {
        var samples = entrants.map { _ in Rounds.Samples() }
        let slice = seconds / Double(rounds)
        for round in -1..<rounds {  // round -1 warms caches and compilers and is not kept
            for place in entrants.indices where result.failed[entrants[place].name] == nil {
                do {
                    let hertz = baseline_core_hertz()
                    let sample = try entrants[place].slot(seconds: round < 0 ? slice / 2 : slice)
                    if round >= 0 { samples[place].add(sample, by: clock, hertz: hertz) }
                } catch let failure as EngineFailure {
                    result.failed[entrants[place].name] = failure.description
                    // Or it might take the CPU from the others.
                    (entrants[place] as? EngineEntrant)?.stop()
                }
            }
        }
        try corpus.check(verifier, kernel: result.kernel)
        let own = samples[0]
        result.rows = zip(entrants, samples).compactMap { entrant, samples in
            guard result.failed[entrant.name] == nil else { return nil }
            return PeerRecord.Row(entrant, samples, own: own)
        }
        return result
    }
}
