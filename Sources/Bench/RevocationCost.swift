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
            finding the claims, hashing, locks and look-ups. `alone` asks about one token at a time, so that nothing overlaps.
            """)

    @Option(parsing: .upToNextOption, help: "Entries of the set.")
    var entries: [Int] = [1000, 10_000, 100_000, 1_000_000, 10_000_000]

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
        let tokenNs: Statistics
        let bytesPerEntry: Double
    }

    private static let kinds = ["jti", "sub", "sid", "tenant"]

    func run() throws {
        var output = Output(environment: Machine())
        if json != "-" { Report.print(output.environment) }
        for number in entries {
            for claims in Self.kinds.map({ [$0] }) + [Self.kinds] {
                let lookups = try WrongVerdict.ends { try measure(number, claims) }
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
        let samples = try Rounds(batch: batch, seconds: seconds, rounds: rounds, clock: clock).run(contenders)
        return zip(contenders, samples).map { contender, sample in
            Lookup(
                entries: number, claims: claims, revoked: contender.isRevoked, batch: contender.batch,
                tokenNs: Statistics(sample.rates.map { 1e9 / $0 }), bytesPerEntry: bytes)
        }
    }

    private static func line(_ lookup: Lookup) -> String {
        let ns = lookup.tokenNs
        return "\(Report.grouped(Double(lookup.entries))) entries by \(lookup.claims.joined(separator: " + ")), "
            + "\(lookup.revoked ? "revoked" : "not revoked"), \(lookup.batch == 1 ? "alone" : "at once"): "
            + "\(Report.decimal(ns.median, 1)) ns a token (95 % \(Report.decimal(ns.low, 1))…\(Report.decimal(ns.high, 1))), "
            + "\(Report.decimal(lookup.bytesPerEntry, 1)) bytes an entry"
    }
}
