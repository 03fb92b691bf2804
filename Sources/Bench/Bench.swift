import ArgumentParser

@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fastverify-bench",
        abstract:
            "Measures FastVerify beside OpenSSL's bare signature check, and holds its kernels against test vectors.",
        subcommands: [Measure.self, Stages.self, Compare.self, Vectors.self])
}
