internal import FastVerify
internal import Synchronization

extension RemoteStatusLists {
    /// One list, as far as it concerns an operator.
    public struct List: Sendable, Hashable {
        public let uri: String
        /// Since the issuer last sent or confirmed it; `nil` before it first did.
        public let age: Duration?
        /// Memory that its statuses take.
        public let bytes: Int
        /// Why the last fetch failed; `nil` when it did not.
        public let lastError: StatusListFailure?
        /// Fetches that have failed since the last that did not.
        public let failures: Int
        public let isFetching: Bool
        /// Until the next fetch.
        public let nextFetch: Duration
    }

    /// What an operator wants to see: a consistent picture of one moment.
    public struct State: Sendable, Hashable {
        /// Held or looked for, by URI.
        public let lists: [List]
        public let bytes: Int
        /// Fetches begun since the start.
        public let fetches: UInt64
        /// URIs that are in no issuer's place, and those for which there was no room; each once for a while.
        public let refusedURIs, crowdedOut: UInt64
    }

    public var state: State {
        let now = clock.now
        return condition.withLock { condition in
            let lists = condition.lists.map { uri, entry in
                List(
                    uri: uri, age: entry.lastSuccess.map { now - $0 }, bytes: entry.bytes, lastError: entry.lastError,
                    failures: entry.schedule.failures, isFetching: entry.schedule.isFetching,
                    nextFetch: max(.zero, max(entry.schedule.due, entry.schedule.earliest) - now))
            }
            return State(
                lists: lists.sorted { $0.uri < $1.uri }, bytes: condition.bytes, fetches: condition.fetches,
                refusedURIs: condition.refusedURIs, crowdedOut: condition.crowdedOut)
        }
    }

    struct Entry {
        let endpoint: EndpointURL
        /// Position of who must have signed it.
        let issuer: Int
        var schedule: RefreshSchedule
        var lastUse: Duration
        var entityTag: String?
        var bytes = 0
        var lastSuccess: Duration?
        var lastError: StatusListFailure?
    }

    /// All that changes, behind one lock.
    struct Condition {
        var lists: [String: Entry] = [:]
        var running = 0
        var fetches: UInt64 = 0
        var refusedURIs: UInt64 = 0
        var crowdedOut: UInt64 = 0
        var isRunning = false

        var bytes: Int { lists.values.reduce(0) { $0 + $1.bytes } }
    }

    /// Who must have signed the list at a URI.
    func issuer(of uri: String) -> (position: Int, endpoint: EndpointURL)? {
        guard let position = issuers.firstIndex(where: { $0.rule.hasList(at: uri) }), let endpoint = EndpointURL(uri)
        else { return nil }
        return (position, endpoint)
    }
}
