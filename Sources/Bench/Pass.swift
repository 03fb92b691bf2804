import ArgumentParser
import FastVerify

/// `pass`: verifies a file of made-up tokens some times and says nothing. What `gate` counts.
struct Pass: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verify a file of made-up tokens; for counters of instructions and allocations.", shouldDisplay: false
    )

    @Option var algorithm: String
    @Option var kernel: String
    @Option var tokens: String
    @Option var jwks: String
    @Option var batch: Int
    @Option var passes: Int

    func run() throws {
        guard let subject = try Measure.subjects([algorithm]).first,
            Measure.rows(of: subject, [kernel]).contains(where: { $0.name == kernel })
        else { throw ExitCode(Self.unsupported) }
        let lines = try Measure.read(tokens).split(separator: UInt8(ascii: "\n"))
        let text = TokenText(lines.map { String(decoding: $0, as: UTF8.self) })
        let keys = KeySet(try JWKSet(json: Measure.read(jwks)).keys, kernels: .named(kernel))
        let verifier = Verifier(
            Claims.policy(subject.header), keys: KeySource(keys), clock: .fixed(Claims.now))
        let contender = TokenContender(
            name: kernel, verifier: verifier, text: text, isValid: text.views.map { _ in true })
        for _ in 0..<passes {
            for start in stride(from: 0, to: contender.count, by: batch) {
                let range = start..<min(start + batch, contender.count)
                guard contender.isExpected(contender.check(range), in: range) else { throw ExitCode(1) }
            }
        }
    }

    /// The exit status where the processor, or what valgrind makes of it, cannot run the kernel.
    static let unsupported: Int32 = 3
}
