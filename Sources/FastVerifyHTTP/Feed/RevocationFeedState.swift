internal import FastVerify
internal import Synchronization

/// Why a connection is at an end.
struct FeedFailure: Error, Sendable {
    let reason: FeedError
    var retryAfter: Duration?

    init(_ reason: FeedError, retryAfter: Duration? = nil) {
        self.reason = reason
        self.retryAfter = retryAfter
    }
}

extension RevocationFeed {
    /// What an operator wants to see: a consistent picture of one moment.
    public struct State: Sendable, Hashable {
        /// Whether a whole snapshot is in the set and nothing is known to be missing.
        public let isCurrent: Bool
        public let isConnected: Bool
        /// Since the feed last confirmed that nothing is missing; `nil` before it first did.
        public let lag: Duration?
        /// The moment that it confirmed, in seconds since 1970.
        public let lastConfirmed: Int64?
        /// Why the last connection ended; `nil` when it did as it should, and from when the one after it is current.
        public let lastError: FeedError?
        /// Connections that have failed since the last that did not.
        public let failures: Int
        /// The number of the last event taken in, and the name of the count.
        public let sequence: Int64?
        public let log: String?
        /// Begun since the start; looks at a file as well.
        public let connections: UInt64
        /// Whole snapshots, and rules applied after them.
        public let snapshots, events: UInt64
        /// Lines that were not understood, too long, or whose rule the set cannot take.
        public let refusedLines: UInt64
        /// Events whose number had come before, and times that one was missing.
        public let duplicates, gaps: UInt64
        /// Until the next connection.
        public let nextConnection: Duration
    }

    public var state: State {
        let now = clock.now
        return condition.withLock { condition in
            let counts = condition.replica.counts
            return State(
                isCurrent: condition.isCurrent, isConnected: condition.isConnected,
                lag: condition.confirmed.map { now - $0 }, lastConfirmed: condition.confirmedTime,
                lastError: condition.lastError, failures: condition.schedule.failures,
                sequence: condition.replica.position?.sequence, log: condition.replica.position?.log,
                connections: condition.connections, snapshots: counts.snapshots, events: counts.events,
                refusedLines: counts.refusedLines, duplicates: counts.duplicates, gaps: counts.gaps,
                nextConnection: max(.zero, condition.schedule.earliest - now))
        }
    }

    /// All that changes, behind one lock that is held for no longer than it takes to apply a line.
    struct Condition: ~Copyable {
        var replica: RevocationReplica
        var schedule: ReconnectSchedule
        /// The `id` that a stream is taken up again with; belongs to the replica's position.
        var lastEventID: String?
        /// What a long poll without numbers is confirmed by, and for which URL.
        var entityTag: (url: EndpointURL, tag: String)?
        var lastActivity: Duration = .zero
        var confirmed: Duration?
        var confirmedTime: Int64?
        var lastError: FeedError?
        var connections: UInt64 = 0
        var isConnected = false
        var isRunning = false
        /// Whether a snapshot is in the set and nothing is known to be missing; stays so while another snapshot comes.
        var isCurrent = false

        init(_ replica: consuming RevocationReplica, _ schedule: ReconnectSchedule) {
            self.replica = replica
            self.schedule = schedule
        }

        /// A snapshot that broke off cannot be taken up again. Where something is missing, nothing that was known helps: the
        /// next connection begins with a snapshot.
        mutating func disconnected() {
            replica.disconnected()
            guard !replica.isCurrent else { return }
            lastEventID = nil
            entityTag = nil
        }
    }

    // MARK: Lines

    /// For which moments a line vouches by having come, in NumericDate; `nil` where it does not.
    struct Contact: Sendable {
        /// When a snapshot that is whole now was asked for.
        var snapshot: Int64?
        var heartbeat: Int64?
    }

    /// Takes a line in; `nil` for one that was too long.
    func take(_ line: UnsafeRawBufferPointer?, _ contact: Contact) throws(FeedError) {
        let news = try condition.withLock { condition throws(FeedError) in
            do throws(FeedError) {
                guard let line else {
                    try condition.replica.refuse()
                    return RevocationReplica.News.none
                }
                return try condition.replica.take(line)
            } catch {
                condition.isCurrent = false
                throw error
            }
        }
        switch news {
        case .none: break
        case .snapshot(let time):
            // The ids of an earlier log mean nothing to this one.
            condition.withLock { $0.lastEventID = nil }
            confirm(stated: time, contact: contact.snapshot)
        case .heartbeat(let time): confirm(stated: time, contact: contact.heartbeat)
        }
    }

    /// Nothing is missing: as of the moment that the feed states, or as of that of contact, where contact is enough.
    func confirm(stated: Int64?, contact: Int64?) {
        let now = clock.now
        let contact = rules.confirmation == .contact ? contact : nil
        let time = stated.map { min($0, wallClock.now) } ?? contact
        let (isConfirmed, isRecovered) = condition.withLock { condition in
            guard condition.replica.isCurrent else { return (false, false) }
            let isRecovered = condition.lastError != nil
            condition.isCurrent = true
            condition.lastError = nil
            condition.schedule.current(now: now)
            guard let time else { return (false, isRecovered) }
            condition.confirmed = now
            condition.confirmedTime = max(time, condition.confirmedTime ?? time)
            return (true, isRecovered)
        }
        if isRecovered { recorder.followed() }
        if isConfirmed, let time { revocation.markFresh(at: time) }
        observers.wakeAll()
    }
}

extension RevocationFeedLocation.Place {
    var file: String? { if case .file(let path) = self { path } else { nil } }
}
