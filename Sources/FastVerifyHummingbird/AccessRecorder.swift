internal import FastVerifyAccess
internal import Metrics
internal import Synchronization

/// Counts requests by what became of them: `fastverify_requests_total{outcome, reason}`. Both labels are words of the program.
final class AccessRecorder: Sendable {
    private let factory: any MetricsFactory
    private let accepted: Counter
    private let anonymous: Counter
    private let refusals = Mutex<[Refusal.Outcome: Counter]>([:])

    private static let label = "fastverify_requests_total"

    init(_ factory: any MetricsFactory) {
        self.factory = factory
        func counter(_ outcome: String) -> Counter {
            Counter(label: Self.label, dimensions: [("outcome", outcome), ("reason", "none")], factory: factory)
        }
        accepted = counter("accepted")
        anonymous = counter("anonymous")
    }

    func accepted(anonymously: Bool) { (anonymously ? anonymous : accepted).increment() }

    func refused(_ refusal: Refusal) {
        let outcome = refusal.outcome
        let counter = refusals.withLock { refusals in
            if let known = refusals[outcome] { return known }
            let new = Counter(
                label: Self.label, dimensions: [("outcome", outcome.name), ("reason", "\(outcome.reason)")],
                factory: factory)
            refusals[outcome] = new
            return new
        }
        counter.increment()
    }
}

extension Refusal {
    struct Outcome: Hashable {
        let name: String
        let reason: StaticReason
    }

    var outcome: Outcome { Outcome(name: answer.name, reason: reason) }
}
