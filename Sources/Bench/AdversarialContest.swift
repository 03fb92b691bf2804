import FastVerify

/// The hostile classes of one algorithm and valid tokens, one by one and in batches, in the same rounds.
struct AdversarialContest {
    private let workload: Workload
    private let kernel: String
    private let verifier: Verifier
    private let corpus: Corpus
    private let modes: [CallMode]
    private let hostile: [HostileClass]

    /// The workload has as many tokens as are handed over at once.
    init(_ workload: Workload, _ modes: [CallMode]) throws {
        self.workload = workload
        self.modes = modes
        kernel = Kernel.selected(for: workload.subject.scheme)?.name ?? "none"
        corpus = try Corpus(workload)
        hostile = try HostileTokens(workload).classes()
        verifier = Verifier(
            Claims.policy(workload.subject.header), keys: KeySource(KeySet(try workload.verificationKeys())),
            clock: .fixed(workload.moment.now))
    }

    /// A contender with what it stands for; valid tokens have no class.
    private struct Entry {
        let contender: any Contender
        let mode: CallMode
        let hostile: HostileClass?
    }

    private func entries() -> [Entry] {
        let text = TokenText(workload.tokens)
        let texts = hostile.map { TokenText($0.tokens) }
        return modes.flatMap { mode in
            let valid = VerdictContender("valid, \(mode)", verifier, text, text.views.map { _ in nil }, mode)
            return [Entry(contender: valid, mode: mode, hostile: nil)]
                + zip(hostile, texts).filter { mode == .batch || $0.0.share == 1 }.map { hostile, text in
                    let name = "\(workload.subject.name) \(hostile.name), \(mode)"
                    let contender = VerdictContender(name, verifier, text, hostile.expected, mode)
                    return Entry(contender: contender, mode: mode, hostile: hostile)
                }
        }
    }

    /// OpenSSL's bare check of exceptional signatures; `nil` where there are none.
    private var bareCheck: Baseline? {
        guard let exceptional = hostile.first(where: { $0.kind == .exceptionalECDSA }) else { return nil }
        let signatures = exceptional.tokens.map(Workload.split)
        return Baseline(
            workload.subject.schemeName, [(workload.key.verificationKey, signatures)], valid: false)
    }

    /// Any verdict but the expected one, in any pass, ends the measurement.
    func run(seconds: Double, rounds: Int, _ budgets: AdversarialBudgets) throws(WrongVerdict) -> [AdversarialCost] {
        try corpus.check(verifier, kernel: kernel)
        let entries = entries()
        let bare = bareCheck
        var contenders = entries.map(\.contender)
        if let bare { contenders.append(bare) }
        let plan = Rounds(batch: workload.tokens.count, seconds: seconds, rounds: rounds, clock: .thread)
        let samples = try plan.run(contenders)
        let times = samples.map { $0.rates.map { 1e9 / $0 } }
        return entries.indices.map { place in
            let valid = entries.firstIndex { $0.mode == entries[place].mode && $0.hostile == nil }!
            let rounds = AdversarialCost.Rounds(
                own: times[place], valid: times[valid], bare: bare == nil ? nil : times.last)
            return cost(entries[place], rounds, budgets, noise: Noise.marks(samples[place]))
        }
    }

    private func cost(
        _ entry: Entry, _ rounds: AdversarialCost.Rounds, _ budgets: AdversarialBudgets, noise: [String]
    ) -> AdversarialCost {
        let usual = Double(workload.tokens.reduce(0) { $0 + $1.utf8.count }) / Double(workload.tokens.count)
        let characters = entry.hostile?.characters ?? usual
        let own = AdversarialCost.hostile(rounds, share: entry.hostile?.share ?? 1)
        let ratio = entry.hostile.map { hostile in
            let held = AdversarialCost.reference(rounds, hostile.kind, lengths: characters / usual)
            return Statistics(zip(own, held).map { $0 / $1 })
        }
        let ns = Statistics(own)
        return AdversarialCost(
            algorithm: workload.subject.name, kernel: kernel, mode: entry.mode, kind: entry.hostile?.kind,
            variant: entry.hostile?.variant ?? "", charactersPerToken: characters, nsPerToken: ns,
            nsPerCharacter: ns.median / characters, ratio: ratio, budget: entry.hostile.map { budgets[$0.kind] },
            noise: noise)
    }
}
