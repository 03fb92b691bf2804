import Foundation

/// What each kind of hostile token may cost, as a multiple of what it is held to: Benchmarks/thresholds/adversarial.json.
struct AdversarialBudgets: Equatable {
    /// Of a kind that the file does not name.
    static let standard = 1.5

    private var budgets: [HostileKind: Double] = [:]

    struct Unusable: Error, CustomStringConvertible, Equatable {
        let description: String
    }

    /// A file that names a kind nobody knows, or a budget that is no positive number, is refused.
    init(json: [UInt8]) throws(Unusable) {
        guard let members = try? JSONDecoder().decode([String: Double].self, from: Data(json)) else {
            throw Unusable(description: "not a JSON object of numbers")
        }
        for (name, budget) in members {
            guard let kind = HostileKind(rawValue: name) else {
                throw Unusable(description: "no kind of hostile token is called \(name)")
            }
            guard budget > 0 else { throw Unusable(description: "the budget of \(name) is not positive") }
            budgets[kind] = budget
        }
    }

    subscript(kind: HostileKind) -> Double { budgets[kind] ?? Self.standard }
}
