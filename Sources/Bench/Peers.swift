import ArgumentParser
import FastVerify

/// `peers`: FastVerify beside other JWT libraries.
struct Peers: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Whole tokens per second of FastVerify and of other JWT libraries, in the same rounds.",
        discussion: """
            The engines are the programs under Benchmarks/engines that `make peers` has built. Each gets the same tokens \
            under one key, prepares the key once, and is called in turn with the others, on one CPU. First it must \
            verify a corpus of good and bad tokens; verdicts that are not FastVerify's are listed after the table.
            """)

    @Option(parsing: .upToNextOption, help: "Values of `alg`.")
    var algorithms: [String] = ["HS256", "RS256", "PS256", "ES256", "ES384", "EdDSA"]

    @Option(parsing: .upToNextOption, help: "Names of engines; every built one by default.")
    var engines: [String] = []

    @Option(help: "The folder of the engines.")
    var folder = "Benchmarks/engines"

    @OptionGroup var options: PeerOptions

    func run() throws {
        let chosen = try PeerOptions.engines(engines, in: folder)
        try options.run(
            Measure.subjects(algorithms), chosen, layer: "jwt", at: PeerContest.moment,
            report: {
                print(Report.table(PeerRecord.Result.header, $0.results.flatMap(\.table), left: 2))
                print("\n" + Report.table($0.pivot.header, $0.pivot.rows, left: 1) + "\n")
            },
            contest: { try PeerContest($0, $1, batch: options.batch) })
    }
}
