public import FastVerify
internal import Synchronization

extension RemoteJWKSet {
    /// A key in force, as far as it concerns an operator.
    public struct Key: Sendable, Hashable {
        public let keyID: String?
        public let algorithms: AlgorithmSet
        /// RFC 7638.
        public let thumbprint: String

        init(_ key: JWK) {
            keyID = key.keyID
            algorithms = key.algorithms
            thumbprint = key.key.thumbprint
        }
    }

    /// Where the keys in force come from.
    public enum Origin: String, Sendable { case network, snapshot }

    /// What an operator wants to see: a consistent picture of one moment. Durations count from or to that moment.
    public struct State: Sendable {
        /// `nil` where no set is in force.
        public let origin: Origin?
        public let keys: [Key]
        /// Keys of the set that were left out, with reasons.
        public let skipped: [JWKSet.Skipped]
        /// Since the issuer last sent or confirmed the set.
        public let age: Duration?
        /// The same as seconds since 1970.
        public let lastSuccess: Int64?
        /// Why the last fetch failed; `nil` when it did not.
        public let lastError: FetchError?
        /// Fetches that have failed since the last that did not.
        public let failures: Int
        public let entityTag: String?
        /// Where the keys were fetched last.
        public let keysURL: String?
        public let isFetching: Bool
        /// Until the next fetch, unless an unknown key brings it forward.
        public let nextFetch: Duration
        /// Until the keys fall if no fetch succeeds.
        public let dropsIn: Duration?
        /// Fetches begun since the start.
        public let fetches: UInt64
        /// Tokens refused because no key had their name.
        public let unknownKeys: UInt64
    }

    public var state: State {
        condition.withLock {
            let now = clock.now
            return State(
                origin: $0.origin, keys: $0.keys, skipped: $0.skipped, age: $0.lastSuccess.map { now - $0 },
                lastSuccess: $0.lastSuccessTime, lastError: $0.lastError, failures: $0.schedule.failures,
                entityTag: $0.known.entityTag, keysURL: $0.known.keysURL?.text, isFetching: $0.schedule.isFetching,
                nextFetch: max(.zero, max($0.schedule.due, $0.schedule.earliest) - now),
                dropsIn: $0.schedule.validUntil.map { max(.zero, $0 - now) },
                fetches: $0.begunFetches, unknownKeys: missing.count)
        }
    }

    /// All that changes, behind one lock that is held for no longer than it takes to assign.
    struct Condition {
        var schedule: RefreshSchedule
        var known = KeySetFetch.Known()
        /// Of the set in force, for a confirmation that does not repeat it.
        var freshness = Freshness(maxAge: nil, isStorable: true)
        var origin: Origin?
        var keys: [Key] = []
        var skipped: [JWKSet.Skipped] = []
        /// The text of the set in force, where there is a snapshot to keep.
        var body: [UInt8] = []
        var lastSuccess: Duration?
        var lastSuccessTime: Int64?
        var lastError: FetchError?
        var begunFetches: UInt64 = 0
        var endedFetches: UInt64 = 0
        var isRunning = false

        init(schedule: RefreshSchedule) { self.schedule = schedule }

        /// The keys are too old. What they were known by goes with them, or the server could confirm what is not there.
        mutating func drop() {
            origin = nil
            keys = []
            skipped = []
            body = []
            known.entityTag = nil
        }
    }
}
