import ArgumentParser
import FastVerify
import FastVerifyAccess
import Foundation

/// `proof`: what it costs that a token is bound to its sender, beside the same token for everybody.
struct ProofCost: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proof",
        abstract:
            "Verifications per second of tokens with DPoP proofs and of certificate-bound tokens, beside plain ones.",
        discussion: """
            A row is one token after the other, each with all that its sender shows: verified token, `cnf`, and then the \
            certificate's thumbprint (RFC 8705), or all checks of a proof, replay window included (RFC 9449 §4.3). A client's \
            first proof imports and prepares its key; the next finds it prepared, and after some uses with a table of \
            multiples. With a token cache only the proof's signature is checked. All rows run in the same rounds; a ratio is \
            that of a round to the plain token of the same round.
            """)

    @Option(parsing: .upToNextOption, help: "Values of `alg` of the tokens.")
    var algorithm: [String] = ["ES256", "RS256", "EdDSA"]

    @Option(parsing: .upToNextOption, help: "Values of `alg` of the proofs.")
    var proof: [String] = ["ES256", "EdDSA"]

    @Option(help: "Tokens that take turns, each with its proof.")
    var count = 1024

    @Option(help: "Clients, each with a key for its proofs.")
    var clients = 64

    @Option(help: "Seconds for each contender.")
    var seconds = 1.0

    @Option(help: "Rounds the seconds are divided into.")
    var rounds = 15

    @Option(help: "Seconds of the `wall`, or those in which the `thread` had the CPU.")
    var clock = Clock.thread

    @Option(help: "Write the record to this file; `-` prints it instead of the table.")
    var json: String?

    func validate() throws {
        guard count > 0, clients > 0, clients <= count, seconds > 0, rounds > 0 else {
            throw ValidationError(
                "count, clients, seconds and rounds must be positive, and clients no more than tokens.")
        }
    }

    struct Output: Codable {
        var environment: Machine
        var rows: [Row] = []
    }

    /// One way to present tokens.
    struct Row: Codable {
        let token: String
        /// `alg` of the proofs; `nil` where there are none.
        let proof: String?
        let presented: String
        let clients: Int
        let tokensPerS: Statistics
        /// To the plain token.
        let ratio: Statistics
    }

    func run() throws {
        var output = Output(environment: Machine())
        if json != "-" { Report.print(output.environment) }
        let proofs = try Measure.subjects(proof)
        for subject in try Measure.subjects(algorithm) {
            for proof in proofs {
                let rows = try WrongVerdict.ends { try measure(subject, proof) }
                output.rows += rows
                if json != "-" { for row in rows { print(Self.line(row)) } }
            }
        }
        output.environment.finish()
        if json != "-" { Report.print(noiseOf: output.environment) }
        if let json { try Measure.write(Record.json(output), to: json) }
    }

    private func measure(_ subject: Subject, _ proof: Subject) throws -> [Row] {
        let tokens = try BoundTokens(subject.header, proof: proof.header, count: count, clients: clients)
        let keys = KeySource(
            KeySet([try JWK(tokens.key.verificationKey, keyID: tokens.key.keyID, algorithm: subject.header)]))
        func verifier(_ cache: TokenCache? = nil) -> Verifier {
            Verifier(Claims.policy(subject.header), keys: keys, clock: .fixed(Claims.now), cache: cache)
        }
        let cache = TokenCache(bytes: 64 << 20, timeToLive: .max)
        let contenders = [
            ProofContender("plain", verifier(), tokens.plain, .none, cachedKeys: 0),
            ProofContender(
                "bound to a certificate", verifier(), tokens.boundToCertificate, .certificate(tokens.certificate),
                cachedKeys: 0),
            ProofContender(
                "a client's first proof", verifier(), tokens.boundToKeys, .proofs(tokens.proofs), cachedKeys: 0),
            ProofContender(
                "a client's next proof", verifier(), tokens.boundToKeys, .proofs(tokens.proofs), cachedKeys: clients * 8
            ),
            ProofContender(
                "next proof, cached token", verifier(cache), tokens.boundToKeys, .proofs(tokens.proofs),
                cachedKeys: clients * 8),
        ]
        for contender in contenders { try contender.checkAll() }
        let samples = try Rounds(batch: 64, seconds: seconds, rounds: rounds, clock: clock).run(contenders)
        return zip(contenders, samples).enumerated().map { place, row in
            Row(
                token: subject.name, proof: place < 2 ? nil : proof.name, presented: row.0.name, clients: clients,
                tokensPerS: Statistics(row.1.rates),
                ratio: Statistics(zip(row.1.rates, samples[0].rates).map { $0 / $1 }))
        }
    }

    private static func line(_ row: Row) -> String {
        let rate = row.tokensPerS
        return "\(row.token)\(row.proof.map { " + \($0)" } ?? ""), \(row.presented): "
            + "\(Report.grouped(rate.median)) a second (95 % \(Report.grouped(rate.low))…\(Report.grouped(rate.high))), "
            + "\(Report.decimal(1e6 / rate.median, 2)) µs, \(Report.decimal(row.ratio.median, 2)) of plain"
    }
}
