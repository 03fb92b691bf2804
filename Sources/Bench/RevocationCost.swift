import ArgumentParser
import FastVerify
import Foundation

/// `revocation`: what asking a revocation set costs a token, and what its rules take in memory.
struct RevocationCost: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revocation",
        abstract: "Nanoseconds of a look-up in a revocation set of many entries, and bytes of an entry.",
        discussion: """
            A token asks about as many of jti, sub, sid and tenant as rules are about; the rules are spread over these evenly. \
            None of the tokens is revoked, as in service. Timed is everything between accepted claims and the verdict: \
            finding the claims, hashing, locks and look-ups. `alone` asks about one token at a time, so that nothing overlaps. The \
            claims of so many tokens are far away; `in a verification` is what a token that a cache knows takes longer with \
            the set than without, its claims having just been looked at.
            """)

    @Option(parsing: .upToNextOption, help: "Entries of the set.")
    var entries: [Int] = [1000, 10_000, 100_000, 1_000_000, 10_000_000]

    @Option(
        parsing: .upToNextOption,
        help: "Claims that rules are about, one after the other; `all` is all of them at once.")
    var by = kinds + ["all"]

    @Option(help: "Tokens that take turns.")
    var count = 16_384

    @Option(help: "Tokens checked at once.")
    var batch = 512

    @Option(help: "Seconds for each contender.")
    var seconds = 0.5

    @Option(help: "Rounds the seconds are divided into.")
    var rounds = 15

    @Option(help: "Seconds of the `wall`, or those in which the `thread` had the CPU.")
    var clock = Clock.thread

    @Option(help: "Write the record to this file; `-` prints it instead of the table.")
    var json: String?

    func validate() throws {
        guard batch > 0, count > 0, seconds > 0, rounds > 0, entries.allSatisfy({ $0 > 0 }) else {
            throw ValidationError("entries, batch, count, seconds and rounds must be positive.")
        }
        guard by.allSatisfy((Self.kinds + ["all"]).contains) else {
            throw ValidationError("by takes jti, sub, sid, tenant and all.")
        }
    }

    struct Output: Codable {
        var environment: Machine
        var lookups: [Lookup] = []
    }

    /// One set, asked in one way.
    struct Lookup: Codable {
        let entries: Int
        /// Claims that rules are about.
        let claims: [String]
        /// Whether the tokens are revoked, each by its first claim.
        let revoked: Bool
        /// Tokens asked about at once.
        let batch: Int
        /// Whether the time is what a verification with a token cache, which knows all tokens, takes longer for it.
        let isDifference: Bool
        let tokenNs: Statistics
        let bytesPerEntry: Double
    }

    private static let kinds = ["jti", "sub", "sid", "tenant"]

    func run() throws {
        var output = Output(environment: Machine())
        if json != "-" { Report.print(output.environment) }
        for number in entries {
            for claims in by {
                let lookups = try WrongVerdict.ends { try measure(number, claims == "all" ? Self.kinds : [claims]) }
                output.lookups += lookups
                if json != "-" { for lookup in lookups { print(Self.line(lookup)) } }
            }
        }
        output.environment.finish()
        if json != "-" { Report.print(noiseOf: output.environment) }
        if let json { try Measure.write(Record.json(output), to: json) }
    }

    private func measure(_ number: Int, _ claims: [String]) throws -> [Lookup] {
        let set = RevocationSet(capacity: number + 1, staleness: .failOpen)
        for entry in 0..<number {
            try RevocationContender.revoke(
                "\(claims[entry % claims.count])-\(entry)", claims[entry % claims.count], in: set)
        }
        let bytes = Double(set.statistics.bytes) / Double(number)
        let contenders = try [(false, batch), (false, 1), (true, batch)].map { isRevoked, batch in
            try RevocationContender(set, claims, count: count, revoked: isRevoked ? number : nil, batch: batch)
        }
        let text = TokenText(try RevocationContender.tokens(claims, count: count))
        let cached = try [nil, set].map { set in
            let cache = TokenCache(bytes: 256 << 20, timeToLive: .max)
            return TokenContender(
                name: "cached", verifier: try RevocationContender.verifier(cache: cache, revocation: set), text: text,
                isValid: text.views.map { _ in true })
        }
        let samples = try Rounds(batch: batch, seconds: seconds, rounds: rounds, clock: clock)
            .run(contenders as [any Contender] + cached)
        func lookup(_ isRevoked: Bool, _ batch: Int, _ tokenNs: [Double], isDifference: Bool = false) -> Lookup {
            Lookup(
                entries: number, claims: claims, revoked: isRevoked, batch: batch, isDifference: isDifference,
                tokenNs: Statistics(tokenNs), bytesPerEntry: bytes)
        }
        let (without, with) = (samples[contenders.count].rates, samples[contenders.count + 1].rates)
        return zip(contenders, samples).map { contender, sample in
            lookup(contender.isRevoked, contender.batch, sample.rates.map { 1e9 / $0 })
        } + [lookup(false, batch, zip(without, with).map { 1e9 / $1 - 1e9 / $0 }, isDifference: true)]
    }

    private static func line(_ lookup: Lookup) -> String {
        let ns = lookup.tokenNs
        return "\(Report.grouped(Double(lookup.entries))) entries by \(lookup.claims.joined(separator: " + ")), "
            + "\(lookup.revoked ? "revoked" : "not revoked"), \(lookup.isDifference ? "in a verification" : lookup.batch == 1 ? "alone" : "at once"): "
            + "\(Report.decimal(ns.median, 1)) ns a token (95 % \(Report.decimal(ns.low, 1))…\(Report.decimal(ns.high, 1))), "
            + "\(Report.decimal(lookup.bytesPerEntry, 1)) bytes an entry"
    }
}
