import CBaseline
import FastVerify
import Foundation

/// FastVerify, OpenSSL's bare check and other programs on the same work of one algorithm.
struct PeerContest {
    /// Wide enough that no token changes its verdict while engines that only know the true time are measured.
    static var moment: Moment { Moment(now: Int64(Date().timeIntervalSince1970), slack: 3600) }

    private var entrants: [any Entrant]
    private let yardstick: Yardstick
    private let check: () throws(WrongVerdict) -> Void
    private(set) var result: PeerRecord.Result

    /// What every row is set in relation to.
    enum Yardstick {
        /// FastVerify's first row divided by the row.
        case fastverify
        /// The row divided by OpenSSL's bare check.
        case openssl
    }

    /// `check` holds what is FastVerify's against a corpus, before and after the measurement.
    init(
        _ subject: Subject, _ own: [OwnEntrant], against yardstick: Yardstick,
        check: @escaping () throws(WrongVerdict) -> Void
    ) throws(WrongVerdict) {
        entrants = own
        self.yardstick = yardstick
        self.check = check
        result = PeerRecord.Result(
            algorithm: subject.name, kernel: Kernel.selected(for: subject.scheme)?.name ?? "none")
        try check()
    }

    /// Programs that do not take part are named in the result. `cases` are what the job calls the corpus.
    mutating func enter(
        _ engines: [Engine], _ job: Data, _ cases: [Corpus.Case], tokens: Int, patience: EngineEntrant.Patience
    ) throws {
        for engine in engines {
            do {
                entrants.append(try EngineEntrant(engine, job, cases, tokens: tokens, patience: patience))
            } catch let unsupported as EngineEntrant.Unsupported {
                result.unsupported[engine.name] = unsupported.reason
            } catch let failure as EngineFailure {
                result.failed[engine.name] = failure.description
            }
        }
    }

    /// Bare signatures leave nothing to interpret: who refuses a good one is not measured.
    private mutating func excludeWhoRefuses() {
        for case let entrant as EngineEntrant in entrants where !entrant.differences.refuses.isEmpty {
            let classes = entrant.differences.refuses.joined(separator: ", ")
            result.failed[entrant.name] = "refuses good signatures: \(classes)"
            entrant.stop()
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
        try check()
        result.rows = zip(entrants, samples).compactMap { entrant, row in
            guard result.failed[entrant.name] == nil else { return nil }
            return PeerRecord.Row(entrant, row, ratios: ratios(row, among: samples))
        }
        return result
    }

    /// Round by round; `nil` where there is nothing to compare with.
    private func ratios(_ row: Rounds.Samples, among all: [Rounds.Samples]) -> [Double]? {
        switch yardstick {
        case .fastverify: zip(all[0].rates, row.rates).map { $0 / $1 }
        case .openssl:
            entrants.firstIndex { $0.name == Baseline.title }.map { bare in
                zip(row.rates, all[bare].rates).map { $0 / $1 }
            }
        }
    }
}

extension PeerContest {
    /// Whole tokens, at the true time.
    init(_ workload: Workload, _ engines: [Engine], batch: Int, patience: EngineEntrant.Patience = .init()) throws {
        let corpus = try Corpus(workload)
        let verifier = Verifier(
            Claims.policy(workload.subject.header), keys: KeySource(KeySet(try workload.verificationKeys())))
        let text = TokenText(workload.tokens)
        let everything = text.views.map { _ in true }
        let contender = TokenContender(name: "batches", verifier: verifier, text: text, isValid: everything)
        var own = [
            OwnEntrant(PeerRecord.own, contender, batch: batch),
            OwnEntrant("\(PeerRecord.own), single tokens", SingleTokenContender(verifier, text), batch: 1),
        ]
        if let bare = Baseline(workload.subject.schemeName, workload.signaturesByKey) {
            own.append(OwnEntrant(bare.name, bare, batch: batch))
        }
        try self.init(workload.subject, own, against: .fastverify) { () throws(WrongVerdict) in
            try corpus.check(verifier, kernel: Kernel.selected(for: workload.subject.scheme)?.name ?? "none")
        }
        try enter(
            engines, EngineJob(workload, corpus).line(), corpus.cases, tokens: workload.tokens.count, patience: patience
        )
    }

    /// Bare signatures: `kernels` as they are called with one signature and, where they know batches, with many.
    init(
        signaturesOf workload: Workload, _ kernels: [Kernel], _ backends: [Engine], batch: Int,
        patience: EngineEntrant.Patience = .init()
    ) throws {
        let cases = try Corpus(workload).signatureCases
        let material = KeyMaterial(workload.key.verificationKey)
        let known = cases.map { Workload.split($0.token) }
        let isValid = cases.map { $0.expected == nil }
        let corpus = try kernels.map { try KernelContender($0, material, known, isValid: isValid) }
        var own: [OwnEntrant] = []
        if let bare = Baseline(workload.subject.schemeName, workload.signaturesByKey) {
            own.append(OwnEntrant(bare.name, bare, batch: batch))
        }
        let signatures = workload.signatures
        for kernel in kernels {
            let contender = try KernelContender(kernel, material, signatures, isValid: signatures.map { _ in true })
            let sizes = kernel.backend == "multibuffer" ? Set([1, batch]).sorted() : [1]
            own += sizes.map { OwnEntrant("\(PeerRecord.own) \(kernel.name)", contender, batch: $0) }
        }
        try self.init(workload.subject, own, against: .openssl) { () throws(WrongVerdict) in
            for contender in corpus {
                try contender.checkAll()
                try contender.checkVerdicts(of: 0..<contender.count)
            }
        }
        let job = try EngineJob(workload, signaturesOf: cases).line()
        try enter(backends, job, cases, tokens: signatures.count, patience: patience)
        excludeWhoRefuses()
    }
}
