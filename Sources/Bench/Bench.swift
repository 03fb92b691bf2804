import ArgumentParser

@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fastverify-bench",
        abstract:
            "Measures FastVerify beside OpenSSL's bare check and other engines, and holds kernels against test vectors.",
        subcommands: [
            Measure.self, Stages.self, Latency.self, Pool.self, Adversarial.self, Compare.self, Gate.self, Peers.self,
            Backends.self,
            CacheCost.self, RevocationCost.self, ProofCost.self, Vectors.self, RunReport.self, Pass.self, Slots.self,
        ])
}
