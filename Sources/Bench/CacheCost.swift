import ArgumentParser
import FastVerify
import Foundation

/// `cache`: what a token cache saves, by the share of tokens that it knows, and what a hit costs.
struct CacheCost: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache",
        abstract: "Tokens per second with a token cache, by hit rate, beside none; nanoseconds of a hit.",
        discussion: """
            256 tokens come again and again, in the given share of all places; the others are so many more than a cache of \
            1 MiB holds that it knows few of them when they come again. The cost of \
            a hit is measured where all tokens are known, as the difference, round by round, to hashing the same tokens with \
            the cache's hash. All contenders run in the same rounds.
            """)

    @Option(parsing: .upToNextOption, help: "Values of `alg`.")
    var algorithm: [String] = ["ES256", "RS256", "HS256"]

    @Option(parsing: .upToNextOption, help: "Percent of the tokens that the cache knows.")
    var known: [Int] = Array(stride(from: 0, through: 100, by: 10))

    @Option(help: "Tokens handed over at once.")
    var batch = 512

    @Option(help: "Distinct tokens made for each algorithm; at least 8,192 for a sweep without chance hits.")
    var count = 10_240

    @Option(help: "Characters of a token, where the signature leaves room.")
    var length = 500

    @Option(help: "Seconds for each contender.")
    var seconds = 1.0

    @Option(help: "Rounds the seconds are divided into.")
    var rounds = 15

    @Option(help: "Seconds of the `wall`, or those in which the `thread` had the CPU.")
    var clock = Clock.thread

    @Option(help: "Write the record to this file; `-` prints it instead of the tables.")
    var json: String?

    func validate() throws {
        guard batch > 0, count > 256, length > 0, seconds > 0, rounds > 0, known.allSatisfy((0...100).contains)
        else {
            throw ValidationError(
                "batch, length, seconds and rounds must be positive, count at least 257, known from 0 to 100.")
        }
    }

    struct Output: Codable {
        var environment: Machine
        var cache: [CacheSweep] = []
    }

    func run() throws {
        var output = Output(environment: Machine())
        if json != "-" { Report.print(output.environment) }
        for subject in try Measure.subjects(algorithm) {
            let workload = try Workload(subject, count: count, length: length...length)
            let sweep = try WrongVerdict.ends { try measure(workload) }
            output.cache.append(sweep)
            if json != "-" { print("\n" + sweep.table) }
        }
        output.environment.finish()
        if json != "-" { Report.print(noiseOf: output.environment) }
        if let json { try Measure.write(Record.json(output), to: json) }
    }

    private func measure(_ workload: Workload) throws -> CacheSweep {
        let keys = KeySource(KeySet(try workload.verificationKeys()))
        let text = TokenText(workload.tokens)
        func verifier(_ cache: TokenCache?) -> Verifier {
            Verifier(Claims.policy(workload.subject.header), keys: keys, clock: .fixed(Claims.now), cache: cache)
        }
        try Corpus(workload).check(verifier(TokenCache(bytes: 64 << 20)), kernel: "cache")
        let sweep = known.map { share in
            let cache = TokenCache(bytes: 1 << 20, timeToLive: .max)
            return CacheContender(verifier(cache), cache, text, hot: 256, share: share)
        }
        let sizes = [256, 2048, count].filter { $0 <= count }
        let hits = sizes.map { size in
            let cache = TokenCache(bytes: 256 << 20, timeToLive: .max)
            return CacheContender(verifier(cache), cache, text, hot: size, share: 100)
        }
        let bare = TokenContender(
            name: "no cache", verifier: verifier(nil), text: text, isValid: text.views.map { _ in true })
        let contenders: [any Contender] = [bare] + sweep + sizes.map { HashContender(text, first: $0) } + hits
        let samples = try Rounds(batch: batch, seconds: seconds, rounds: rounds, clock: clock).run(contenders)
        let shares = sweep.indices.map { place in
            let counts = sweep[place].cache.statistics
            let rates = samples[1 + place].rates
            return CacheSweep.Share(
                knownPercent: known[place], hitRate: Double(counts.hits) / Double(counts.hits + counts.misses),
                tokensPerS: Statistics(rates), ratio: Statistics(zip(rates, samples[0].rates).map { $0 / $1 }))
        }
        let first = 1 + sweep.count
        return CacheSweep(
            algorithm: workload.subject.name, batch: batch,
            characters: text.views.map(\.count).sorted()[text.views.count / 2],
            tokensPerSWithoutCache: Statistics(samples[0].rates), shares: shares,
            hits: sizes.indices.map { place in
                CacheSweep.Hit(
                    tokens: sizes[place], hash: samples[first + place], hit: samples[first + sizes.count + place])
            })
    }
}
