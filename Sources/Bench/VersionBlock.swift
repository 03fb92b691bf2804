import Foundation

/// Three processes on one CPU that take turns: one of the base, one more of the base, and one of the new version. What the
/// machine does to one it does to the others some milliseconds later, so that the ratio of neighbouring slots hardly
/// knows it; where memory happens to lie in a process stays, so that a block is one sample however long it runs.
struct VersionBlock {
    /// How far the second process of the base, and the one of the new version, lie from the first of the base.
    struct Ratios: Equatable {
        let null: Double
        let new: Double
    }

    /// A process that waits to be asked.
    final class Member {
        let contenders: [String]
        private let process: EngineProcess

        init(_ version: HarnessVersion, _ arguments: [String]) throws {
            do {
                process = try EngineProcess(version.executable, ["slots"] + arguments)
                let line = try process.ask(Data(), within: Self.patience)
                contenders = try JSONDecoder().decode(Slots.Greeting.self, from: Data(line.utf8)).contenders
            } catch {
                throw HarnessVersion.Unusable(description: "\(version.name) does not measure on demand: \(error)")
            }
        }

        func slot(_ index: Int, _ seconds: Double) throws -> (tokens: Int, wall: Double, cpu: Double) {
            try process.slot("\(index)", seconds: seconds, patience: Self.patience)
        }

        /// Seconds. Making keys and signatures is most of it.
        private static let patience = 120.0
    }

    let rounds: Int
    /// Seconds of a slot.
    let seconds: Double

    /// Runs the three processes and ends them. `seed` decides who comes when.
    func run(
        _ base: HarnessVersion, _ new: HarnessVersion, _ arguments: [String], seed: UInt64
    ) throws -> [String: Ratios] {
        let members = try [base, base, new].map { try Member($0, arguments) }
        var random = Random(seed: seed)
        var ratios: [String: Ratios] = [:]
        for name in members[0].contenders {
            let places = members.compactMap { $0.contenders.firstIndex(of: name) }
            if places.count < members.count { continue }
            var rounds: [Ratios] = []
            for round in -1..<self.rounds {  // round -1 warms caches and is not kept
                let order = members.indices.shuffled(using: &random)
                var tokens = members.map { _ in 0 }
                var cpu = members.map { _ in 0.0 }
                // There and back, so that a steady drift meets all alike.
                for member in order + order.reversed() {
                    let slot = try members[member].slot(places[member], seconds)
                    tokens[member] += slot.tokens
                    cpu[member] += slot.cpu
                }
                let rates = members.indices.map { Double(tokens[$0]) / cpu[$0] }
                if round >= 0 { rounds.append(Ratios(null: rates[1] / rates[0], new: rates[2] / rates[0])) }
            }
            ratios[name] = Ratios(
                null: Statistics.quantile(rounds.map(\.null).sorted(), 0.5),
                new: Statistics.quantile(rounds.map(\.new).sorted(), 0.5))
        }
        return ratios
    }
}
