import FastVerify

/// The cost of one token, divided among the stages of the flow.
struct StageSplit: Codable {
    let algorithm: String
    let kernel: String
    let batch: Int
    /// Characters of the median token.
    let characters: Int
    let stages: [Stage]
    /// Through the public interface.
    let wholeNs: Statistics
    /// The whole less all stages: what the prefixes do not explain.
    let remainderNs: Statistics
    /// The kernel on signatures already split and decoded; part of the stage `signature`.
    let kernelAloneNs: Statistics
    /// The whole less the stage `signature`.
    let aroundSignatureNs: Statistics
    /// split + decode + scan + policy, which the design bounds by 400 ns and wants at 150 ns.
    let parsingNs: Statistics

    struct Stage: Codable {
        let name: String
        let ns: Statistics
        let share: Double
    }

    static let titles: [FlowStage: String] = [
        .split: "split", .header: "header known by its bytes", .decode: "decode payload", .scan: "scan payload",
        .key: "issuer and key", .queue: "decode signature, queue", .signature: "hash + signature",
        .claims: "claims policy",
    ]

    /// `samples`: a prefix for each stage in order, then the whole token, then the kernel alone.
    init(algorithm: String, kernel: String, batch: Int, characters: Int, samples: [Rounds.Samples]) {
        self.algorithm = algorithm
        self.kernel = kernel
        self.batch = batch
        self.characters = characters
        let times = samples.map { $0.rates.map { 1e9 / $0 } }
        let last = FlowStage.allCases.count - 1
        let whole = times[last + 1]
        func less(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 - $1 } }
        let costs = times.indices.prefix(last + 1).map { $0 == 0 ? times[0] : less(times[$0], times[$0 - 1]) }
        wholeNs = Statistics(whole)
        let median = wholeNs.median
        stages = zip(FlowStage.allCases, costs).map { stage, cost in
            let ns = Statistics(cost)
            return Stage(name: Self.titles[stage]!, ns: ns, share: ns.median / median)
        }
        remainderNs = Statistics(less(whole, times[last]))
        kernelAloneNs = Statistics(times[last + 2])
        let signature = costs[FlowStage.signature.rawValue]
        aroundSignatureNs = Statistics(less(whole, signature))
        let parsing: [FlowStage] = [.split, .decode, .scan, .claims]
        parsingNs = Statistics(
            whole.indices.map { round in parsing.reduce(0) { $0 + costs[$1.rawValue][round] } })
    }

    var table: String {
        func row(_ name: String, _ ns: Statistics) -> [String] {
            let share = Report.percent(ns.median / wholeNs.median)
            return [
                name, Report.decimal(ns.median, 1), "\(Report.decimal(ns.low, 1))…\(Report.decimal(ns.high, 1))", share,
            ]
        }
        let rows =
            stages.map { row($0.name, $0.ns) } + [
                row("remainder", remainderNs), row("whole token", wholeNs), row("kernel alone", kernelAloneNs),
                row("all but hash + signature", aroundSignatureNs), row("split + decode + scan + policy", parsingNs),
            ]
        return "\(algorithm) \(kernel), batch \(batch), \(characters) characters\n"
            + Report.table(["stage", "ns", "95 %", "of the whole"], rows, left: 1)
    }
}
