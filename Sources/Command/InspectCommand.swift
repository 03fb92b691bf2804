import ArgumentParser
import FastVerify

/// `fastverify inspect`: what a token says, whether it holds, and what is unwise about it.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what is in a token, why it would be refused, and what is unwise about it.",
        discussion: """
              pbpaste | fastverify inspect
              fastverify inspect --jwks keys.json --issuer https://id.example --audience orders - < token.txt

            Without a key nothing is verified, and the output says so. With a key, the signature and those claims the \
            options ask for are checked. A token on the command line can be seen by other users of this machine; \
            standard input cannot.

            Exit status: 0 when nothing speaks against the token, 1 when it would be refused or has a finding of \
            severity "failure", 2 for wrong usage or unreadable input.
            """)

    @Argument(help: ArgumentHelp("The token, or - for standard input.", valueName: "token"))
    var token: String = "-"

    @OptionGroup(title: "Keys") var keys: KeyOptions
    @OptionGroup(title: "Policy") var policy: PolicyOptions

    @Option(help: ArgumentHelp("Judge as of this time instead of now, in seconds since 1970.", valueName: "unix"))
    var at: Int64?

    @Flag(help: "Print JSON, one object.") var json = false

    func run() throws {
        let input = token == "-" ? try InputFile.contents(of: "-") : Array(token.utf8)
        let text = TokenText(input)
        let now = at ?? UnixClock.system.now
        let report = TokenReport(
            token: text, verdict: try verdict(text, now: now), findings: Finding.all(in: text), now: now)
        try ByteOutput.print(json ? report.json : report.text)
        let fails = report.findings.contains { $0.severity == .failure }
        if report.verdict.error != nil || fails { throw ExitCode.refused }
    }

    private func verdict(_ text: TokenText, now: Int64) throws -> TokenReport.Verdict {
        guard keys.isGiven else {
            return TokenReport.Verdict(error: text.structuralError ?? text.timeError(now: now), checked: [])
        }
        let algorithms = policy.algorithms.isEmpty ? .all : policy.algorithmSet
        var rules = policy.policy(algorithms)
        // Without a word about the policy, a token is shown for what it is, not refused for what it is called.
        if policy.type.isEmpty, policy.profile == nil, let type = text.header.members?.string("typ") {
            rules.types.insert(TokenType(type))
        }
        let verifier = Verifier(rules, keys: KeySource(try keys.load(for: algorithms)), clock: .fixed(now))
        do throws(VerificationError) {
            _ = try verifier.verify(text.text)
        } catch {
            return TokenReport.Verdict(error: error, checked: [])
        }
        var checked = ["signature", "times"]
        if !policy.issuer.isEmpty { checked.append("issuer") }
        if !policy.audience.isEmpty { checked.append("audience") }
        return TokenReport.Verdict(error: nil, checked: checked)
    }
}
