import ArgumentParser
import FastVerify

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `fastverify verify`: one token a line in, one verdict a line out.
struct VerifyCommand: ParsableCommand {
    enum Layer: String, ExpressibleByArgument, CaseIterable { case jwt, jws }
    enum Format: String, ExpressibleByArgument, CaseIterable { case ndjson, summary }

    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify tokens, one a line, from a file or standard input of any size.",
        discussion: """
            Lines end with LF or CR LF (one CR before the LF is not part of the token; any other white space is, and makes \
            it invalid). Empty lines are skipped, though they count as lines.

              fastverify verify --jwks keys.json --issuer https://id.example \\
                  --audience orders --algorithms ES256,EdDSA tokens.txt

              grep -o 'eyJ[^ ]*' access.log | fastverify verify --key public.pem \\
                  --any-issuer --audience orders --algorithms RS256 \\
                  --format summary -

            For each token, ndjson prints {"line":1,"valid":true,"sub":"alice"} or \
            {"line":2,"valid":false,"error":"expired"}; summary prints counts and tokens per second.

            Exit status: 0 when every token is valid, 1 when one is not, 2 for wrong usage or unreadable input.
            """)

    @OptionGroup(title: "Keys") var keys: KeyOptions
    @OptionGroup(title: "Policy") var policy: PolicyOptions

    @Option(help: ArgumentHelp("Check as of this time instead of now, in seconds since 1970.", valueName: "unix"))
    var at: Int64?

    @Option(help: "What to check: jwt is signature and claims; jws the signature only, of any payload.")
    var layer: Layer = .jwt

    @Option(help: "What to print.")
    var format: Format = .ndjson

    @Option(help: ArgumentHelp("Longest token.", valueName: "bytes"))
    var maxTokenBytes = Verifier.Limits.standard.tokenBytes

    @Argument(help: ArgumentHelp("File with tokens, or - for standard input.", valueName: "file"), completion: .file())
    var input: String

    func validate() throws {
        guard keys.isGiven else { throw ValidationError("Missing key: give --jwks, --key or --secret-file.") }
        guard !policy.algorithms.isEmpty else {
            throw ValidationError("Missing --algorithms: which are trusted? E.g. --algorithms ES256,EdDSA.")
        }
        try keys.checkInput(input)
        guard 1...(16 << 20) ~= maxTokenBytes else { throw ValidationError("--max-token-bytes is from 1 to 16777216.") }
        if layer == .jwt { try policy.checkComplete() }
    }

    func run() throws {
        let verifier = try verifier()
        let file = try InputFile(input)
        let fileSize = file.size
        let shows = StandardError.isTerminal && (format == .summary || isatty(STDOUT_FILENO) == 0)
        var progress = ProgressLine(size: fileSize, isShown: shows)
        var lines = TokenLines(file, tokenLimit: maxTokenBytes)
        var group = LineGroup()
        var batch = VerificationBatch()
        var writer = VerdictWriter()
        var counts = VerdictCounts()
        let start = ContinuousClock.now

        defer { progress.finish() }
        while try lines.next(into: &group) {
            verifier.verify(batch: group.tokens, into: &batch)
            for position in 0..<group.count {
                counts.add(batch.error(at: position))
                if format == .ndjson { try writer.write(batch, position, line: group.numbers[position]) }
            }
            // Whoever feeds us slowly wants the verdicts before the next token.
            if lines.isDrained { try writer.flush() }
            progress.update(bytes: lines.bytesRead, tokens: counts.total)
        }
        try writer.flush()
        if format == .summary {
            progress.finish()
            let seconds = (ContinuousClock.now - start) / Duration.seconds(1)
            try ByteOutput.print(counts.summary(lines: lines.number, seconds: seconds))
        }
        if counts.refused > 0 { throw ExitCode.refused }
    }

    private func verifier() throws -> Verifier {
        let algorithms = policy.algorithmSet
        for kernel in Algorithm.allCases.filter(algorithms.contains).flatMap(Kernel.passedOver) {
            StandardError.note("kernel \(kernel.name) of \(kernel.algorithm) failed its self-test and is not used")
        }
        let source = KeySource(try keys.load(for: algorithms))
        let limits = Verifier.Limits(tokenBytes: maxTokenBytes)
        switch layer {
        case .jwt:
            let clock = at.map { UnixClock.fixed($0) } ?? .system
            return Verifier(policy.policy(algorithms), keys: source, limits: limits, clock: clock)
        case .jws:
            if policy.isGiven || at != nil {
                StandardError.note("--layer jws checks signatures only: nothing the options ask of claims is looked at")
            }
            return Verifier(signaturesOnly: algorithms, keys: source, limits: limits)
        }
    }
}
