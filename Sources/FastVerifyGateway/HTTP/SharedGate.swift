internal import FastVerify
internal import FastVerifyAccess
internal import FastVerifyHTTP
internal import NIOCore
internal import Synchronization

/// What all event loops share.
final class SharedGate: Sendable {
    let records: DecisionRecords
    let maxHead: Int
    let maxFields: Int
    let maxBody: Int
    let headTime: TimeAmount
    let idleTime: TimeAmount
    /// How long a peer that sends nothing may keep its connection once a shutdown has begun.
    let drainGrace: TimeAmount
    private let maxConnections: Int
    private let connections = Atomic<Int>(0)
    private let draining = Atomic<Bool>(false)
    private let turnedAway = Atomic<UInt64>(0)
    /// Of requests that came over gRPC.
    let elsewhere = WaitingLock(GateCounts())
    let registry: PrometheusRegistry
    /// The engine's counters. One for the process, because it knows what it has carried over.
    let engine: VerificationMetrics
    private let rulesInForce: WaitingLock<GatewayRules>
    private let reloads = WaitingLock((good: UInt64(0), bad: UInt64(0)))

    init(_ rules: GatewayRules, _ records: DecisionRecords, _ registry: PrometheusRegistry) {
        let limits = rules.configuration.limits
        self.records = records
        self.registry = registry
        engine = VerificationMetrics(cache: rules.cache, metrics: registry)
        maxHead = limits.head
        maxFields = limits.fields
        maxBody = limits.body
        headTime = TimeAmount(limits.headTime)
        idleTime = TimeAmount(limits.idleTime)
        drainGrace = TimeAmount(limits.drainTime / 4)
        maxConnections = limits.connections
        rulesInForce = WaitingLock(rules)
    }

    // MARK: Connections

    /// Makes room for a connection; false when there is none.
    func admit() -> Bool {
        guard connections.add(1, ordering: .relaxed).newValue <= maxConnections else {
            connections.subtract(1, ordering: .relaxed)
            turnedAway.add(1, ordering: .relaxed)
            return false
        }
        return true
    }

    func released() { connections.subtract(1, ordering: .relaxed) }

    func turnAway() { turnedAway.add(1, ordering: .relaxed) }

    var connectionCount: Int { connections.load(ordering: .relaxed) }
    var turnedAwayCount: UInt64 { turnedAway.load(ordering: .relaxed) }

    // MARK: State

    var isDraining: Bool { draining.load(ordering: .relaxed) }

    func beginDraining() { draining.store(true, ordering: .relaxed) }

    var rules: GatewayRules {
        get { rulesInForce.withLock { $0 } }
        set { rulesInForce.withLock { $0 = newValue } }
    }

    func countReload(isGood: Bool) { reloads.withLock { if isGood { $0.good += 1 } else { $0.bad += 1 } } }

    var reloadCounts: (good: UInt64, bad: UInt64) { reloads.withLock { $0 } }

    /// Whether every issuer's keys and every list of revocations that is needed are there, and nobody has asked us to end.
    var isReady: Bool {
        let rules = rules
        return !isDraining && rules.keySets.values.allSatisfy(\.isReady) && rules.feeds.allSatisfy(\.isReady)
    }
}
