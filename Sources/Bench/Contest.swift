import FastVerify

/// Kernels of one algorithm on the same tokens, with OpenSSL's bare check beside them.
struct Contest {
    let title: String
    private let subject: Subject
    private let text: TokenText
    private let entrants: [Entrant]
    private let baseline: Baseline?
    private let corpus: Corpus?

    private struct Entrant {
        let kernel: Kernel
        let verifier: Verifier
        let contender: TokenContender
    }

    /// Made-up tokens under the full policy: valid ones, and hostile ones among them if so wished.
    init(_ workload: Workload, _ kernels: [Kernel], hostile: HostileMix? = nil) throws {
        let corpus = try Corpus(workload)
        let keys = try workload.verificationKeys()
        let tokens =
            try hostile?.mixed(into: workload.tokens, corpus)
            ?? (tokens: workload.tokens, isValid: workload.tokens.map { _ in true })
        let policy = Claims.policy(workload.subject.header)
        try self.init(
            workload.subject, kernels, TokenText(tokens.tokens), isValid: tokens.isValid, keys: keys,
            baseline: Baseline(workload.subject.schemeName, workload.signaturesByKey),
            corpus: corpus
        ) { Verifier(policy, keys: $0, clock: .fixed(Claims.now)) }
    }

    init(
        _ subject: Subject, _ kernels: [Kernel], _ text: TokenText, isValid: [Bool], keys: [JWK], baseline: Baseline?,
        corpus: Corpus?, verifier: (KeySource) -> Verifier
    ) throws {
        self.subject = subject
        self.text = text
        self.baseline = baseline
        self.corpus = corpus
        title = "\(subject.name): \(kernels.map(\.name).joined(separator: ", "))"
        entrants = try kernels.map { kernel in
            let set = KeySet(keys, kernels: .named(kernel.name))
            if let refused = set.refused.first { throw refused.reason }
            let verifier = verifier(KeySource(set))
            let name = "\(subject.name) \(kernel.name)"
            let contender = TokenContender(name: name, verifier: verifier, text: text, isValid: isValid)
            return Entrant(kernel: kernel, verifier: verifier, contender: contender)
        }
    }

    /// Corpus, timing, corpus again; throws at the first verdict that is not the expected one.
    func run(_ plan: Rounds) throws(WrongVerdict) -> [Record.Result] {
        try checkVerdicts()
        let samples = try plan.run(contenders)
        try checkVerdicts()
        let bare = baseline == nil ? nil : samples.last
        return zip(entrants, samples).map { result($0, $1, bare, plan.batch) }
    }

    /// The kernels, then OpenSSL's bare check.
    var contenders: [any Contender] {
        let all: [any Contender] = entrants.map(\.contender)
        return baseline.map { all + [$0] } ?? all
    }

    /// The names of `contenders`, which versions of the harness share.
    var names: [String] {
        entrants.map { "\(subject.name) \($0.kernel.name)" }
            + (baseline == nil ? [] : ["\(subject.name) \(Baseline.title)"])
    }

    func checkVerdicts() throws(WrongVerdict) {
        for entrant in entrants {
            try corpus?.check(entrant.verifier, kernel: entrant.kernel.name)
            try entrant.contender.checkAll()
        }
        try baseline?.checkAll()
    }

    private func result(
        _ entrant: Entrant, _ samples: Rounds.Samples, _ bare: Rounds.Samples?, _ batch: Int
    ) -> Record.Result {
        let rates = Statistics(samples.rates)
        let bareRates = bare.map { Statistics($0.rates) }
        let ratios = bare.map { Statistics(zip(samples.rates, $0.rates).map { $0 / $1 }) }
        let lengths = text.views.map(\.count)
        return Record.Result(
            algorithm: subject.name, kernel: entrant.kernel.name, backend: entrant.kernel.backend,
            lanes: entrant.kernel.lanes, selected: Kernel.selected(for: subject.scheme) == entrant.kernel, batch: batch,
            tokens: lengths.count, valid: entrant.contender.validBefore.last!,
            tokenCharacters: [lengths.min()!, lengths.max()!], tokensPerS: rates.median, tokensPerSDetail: rates,
            tokensPerSSamples: samples.rates,
            opensslPerS: bareRates?.median, opensslPerSDetail: bareRates, ratio: ratios?.median, ratioDetail: ratios,
            cyclesPerToken: Statistics(samples.cycles).median, coreHertz: Statistics(samples.hertz),
            cpuShare: samples.cpuShare, outliers: Outliers(samples.rates), noise: Noise.marks(samples))
    }
}
