import Foundation

/// A measurement repeated by several processes, each of which is one sample: where memory comes to lie and what the
/// allocator does differ between processes and not between the rounds of one.
struct ProcessSamples {
    private struct Part: Decodable { let results: [Record.Result] }

    /// Runs this program `count` times with `arguments` of `measure`, and puts their results together.
    static func results(_ count: Int, _ arguments: [String]) throws -> [Record.Result] {
        let harness = try HarnessVersion(Bundle.main.executablePath ?? CommandLine.arguments[0])
        let parts = try (0..<count).map { _ in try Record.read(Part.self, harness.record(arguments)).results }
        return parts[0].indices.map { place in Record.Result(processes: parts.map { $0[place] }) }
    }
}

extension Record.Result {
    /// The same kernel in several processes, at least one: their medians are the samples.
    init(processes: [Self]) {
        let first = processes[0]
        let samples = processes.map(\.tokensPerS)
        let bare = processes.compactMap(\.opensslPerS)
        let ratios = processes.compactMap(\.ratio)
        func all<T: Hashable>(_ lists: [[T]]) -> [T] {
            var seen: Set<T> = []
            return lists.joined().filter { seen.insert($0).inserted }
        }
        algorithm = first.algorithm
        kernel = first.kernel
        backend = first.backend
        lanes = first.lanes
        selected = first.selected
        batch = first.batch
        tokens = first.tokens
        valid = first.valid
        tokenCharacters = first.tokenCharacters
        tokensPerSSamples = samples
        tokensPerSDetail = Statistics(samples)
        tokensPerS = tokensPerSDetail.median
        opensslPerSDetail = bare.isEmpty ? nil : Statistics(bare)
        opensslPerS = opensslPerSDetail?.median
        ratioDetail = ratios.isEmpty ? nil : Statistics(ratios)
        ratio = ratioDetail?.median
        cyclesPerToken = Statistics(processes.map(\.cyclesPerToken)).median
        coreHertz = Statistics(processes.map(\.coreHertz.median))
        cpuShare = processes.map(\.cpuShare).min()!
        outliers = Outliers(samples)
        noise = all(processes.map(\.noise))
    }
}
