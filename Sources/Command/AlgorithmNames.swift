public import ArgumentParser
public import FastVerify

extension AlgorithmSet {
    /// Every algorithm there is.
    static let all = AlgorithmSet(Algorithm.allCases)

    var members: [Algorithm] { Algorithm.allCases.filter { contains($0) } }
    /// The names, for messages.
    var names: String { members.map(\.name).joined(separator: ", ") }
}

extension Algorithm: ExpressibleByArgument {
    public init?(argument: String) { self.init(name: argument) }
    public static var allValueStrings: [String] { allCases.map(\.name) }
    public var defaultValueDescription: String { name }
}

/// Names with commas between them, as `--algorithms` takes them.
struct AlgorithmList: ExpressibleByArgument {
    let algorithms: [Algorithm]

    init?(argument: String) {
        var algorithms: [Algorithm] = []
        for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let algorithm = Algorithm(name: String(name)) else { return nil }
            algorithms.append(algorithm)
        }
        self.algorithms = algorithms
    }

    static var allValueStrings: [String] { Algorithm.allValueStrings }
}
