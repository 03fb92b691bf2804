import ArgumentParser
import FastVerify

/// `backends`: bare signature checks of FastVerify's kernels and of other crypto libraries.
struct Backends: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Signatures per second of FastVerify's kernels and of other crypto libraries, in the same rounds.",
        discussion: """
            The backends are the programs under Benchmarks/backends that `make peers` has built. Each gets the same \
            signing inputs and signatures under one key, prepares the key once, and is called in turn with the others, \
            on one CPU. First it must judge good and bad signatures; verdicts that are not FastVerify's are listed \
            after the tables. No token is split, decoded or held against a policy.
            """)

    @Option(parsing: .upToNextOption, help: "Values of `alg`; every algorithm by default.")
    var algorithms: [String] = []

    @Option(parsing: .upToNextOption, help: "Names of backends; every built one by default.")
    var backends: [String] = []

    @Option(parsing: .upToNextOption, help: "FastVerify's own: `all`, `default`, or names of registry rows.")
    var kernels: [String] = ["default", "openssl"]

    @Option(help: "The folder of the backends.")
    var folder = "Benchmarks/backends"

    @OptionGroup var options: PeerOptions

    func run() throws {
        let chosen = try PeerOptions.engines(backends, in: folder)
        let subjects = try Measure.subjects(algorithms)
        guard subjects.contains(where: { !Measure.rows(of: $0, kernels).isEmpty }) else {
            throw ValidationError("No algorithm has a supported kernel of that name.")
        }
        try options.run(
            subjects, chosen, layer: "signature", at: .fixed,
            report: { for result in $0.results { print("\n\(result.signatureTable)") } },
            contest: {
                let rows = Measure.rows(of: $0.subject, kernels)
                return try PeerContest(signaturesOf: $0, rows, $1, batch: options.batch)
            })
    }
}
