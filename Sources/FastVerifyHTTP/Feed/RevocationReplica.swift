internal import FastVerify

/// What of a feed has reached the set: a replica of the server's log. Knows lines, and neither time nor network.
///
/// Rules are applied as they come, whatever their number: they are what the feed says, and can only refuse more. Numbers
/// decide whether anything is missing. Nothing missing means: a whole snapshot, then every number in turn.
struct RevocationReplica: ~Copyable {
    /// Where in the log it is.
    struct Position: Sendable, Hashable {
        var log: String?
        /// Of the last event taken in.
        var sequence: Int64

        /// As `since` of a request has it.
        var text: String { log.map { "\($0):\(sequence)" } ?? "\(sequence)" }
    }

    /// What a line says about whether the set is up to date.
    enum News: Sendable, Hashable {
        /// Nothing; an event, for instance, may be followed by a thousand that have been waiting.
        case none
        /// A snapshot is whole: nothing is missing, as of when it was asked for or as of the stated time.
        case snapshot(statedAt: Int64?)
        /// Nothing is missing, as of now or as of the stated time.
        case heartbeat(statedAt: Int64?)
    }

    struct Counts: Sendable, Hashable {
        /// Rules applied after a snapshot.
        var events: UInt64 = 0
        var snapshots: UInt64 = 0
        /// Lines that were not understood, too long, or whose rule the set cannot take.
        var refusedLines: UInt64 = 0
        /// Events whose number had come before.
        var duplicates: UInt64 = 0
        /// Times that a number was missing or the log another.
        var gaps: UInt64 = 0
    }

    private enum Phase {
        case empty
        case snapshot(rules: Int64, to: Position?, freshAt: Int64?)
        case current
    }

    private let set: RevocationSet
    private let snapshotRules: Int
    private var reader = RevocationFeedReader()
    private var phase = Phase.empty
    /// `nil` where nothing is known, and where the feed does not number its events.
    private(set) var position: Position?
    private(set) var counts = Counts()

    init(_ set: RevocationSet, snapshotRules: Int) {
        self.set = set
        self.snapshotRules = snapshotRules
    }

    /// Whether a snapshot is in the set and nothing after it is known to be missing.
    var isCurrent: Bool { if case .current = phase { true } else { false } }

    /// Whether a snapshot has begun.
    var isInSnapshot: Bool { if case .snapshot = phase { true } else { false } }

    /// Forgets where it is. `wholeLog`: what comes is the log from its beginning, which needs no snapshot.
    mutating func restart(wholeLog: Bool = false) {
        position = nil
        phase = wholeLog ? .current : .empty
    }

    /// A snapshot that broke off is begun again; a replica that was current stays so.
    mutating func disconnected() { if isInSnapshot { restart() } }

    /// A line that was too long to be read.
    mutating func refuse() throws(FeedError) { _ = try take(RevocationFeedLine(.refused(.malformedEvent))) }

    /// Takes in a line. After an error nothing is known any more, and a snapshot has to come.
    mutating func take(_ line: UnsafeRawBufferPointer) throws(FeedError) -> News {
        try take(reader.apply(line, to: set))
    }

    private mutating func take(_ line: RevocationFeedLine) throws(FeedError) -> News {
        do throws(FeedError) {
            return try follow(line)
        } catch {
            restart()
            throw error
        }
    }

    private mutating func follow(_ line: RevocationFeedLine) throws(FeedError) -> News {
        switch line.content {
        case .snapshot:
            let position = line.sequence.map { Position(log: line.log, sequence: $0) }
            phase = .snapshot(rules: 0, to: position, freshAt: line.freshAt)
            return .none
        case .end(let rules): return try endSnapshot(rules)
        case .heartbeat: return try heartbeat(line)
        case .rule: return try rule(line)
        case .refused(.full): throw .full
        case .refused(.unknownSnapshot): throw .unknownSnapshot
        case .refused:
            counts.refusedLines += 1
            return try rule(line)
        }
    }

    /// A rule, or what stands in the place of one.
    private mutating func rule(_ line: RevocationFeedLine) throws(FeedError) -> News {
        switch phase {
        case .empty: throw .noSnapshot
        case .snapshot(let rules, let position, let freshAt):
            guard rules < snapshotRules else { throw .snapshotTooLarge }
            phase = .snapshot(rules: rules + 1, to: position, freshAt: freshAt)
            return .none
        case .current:
            let isNew = try advance(line)
            if line.content == .rule, isNew { counts.events += 1 }
            return isNew && line.freshAt != nil ? .heartbeat(statedAt: line.freshAt) : .none
        }
    }

    /// Follows the number of an event. False where it has been there before.
    private mutating func advance(_ line: RevocationFeedLine) throws(FeedError) -> Bool {
        guard let now = position, let sequence = line.sequence else { return true }
        guard line.log == nil || line.log == now.log, sequence <= now.sequence || sequence - now.sequence == 1 else {
            counts.gaps += 1
            throw .gap
        }
        guard sequence > now.sequence else {
            counts.duplicates += 1
            return false
        }
        position?.sequence = sequence
        return true
    }

    private mutating func endSnapshot(_ rules: Int64) throws(FeedError) -> News {
        guard case .snapshot(let counted, let position, let freshAt) = phase, counted == rules else {
            throw .incompleteSnapshot
        }
        phase = .current
        self.position = position
        counts.snapshots += 1
        return .snapshot(statedAt: freshAt)
    }

    private mutating func heartbeat(_ line: RevocationFeedLine) throws(FeedError) -> News {
        guard isCurrent else { return .none }
        guard let now = position else { return .heartbeat(statedAt: line.freshAt) }
        if line.log.map({ $0 != now.log }) ?? false || line.sequence.map({ $0 > now.sequence }) ?? false {
            counts.gaps += 1
            throw .gap
        }
        // One that has been overtaken by events says nothing about now.
        guard line.sequence.map({ $0 == now.sequence }) ?? true else { return .none }
        return .heartbeat(statedAt: line.freshAt)
    }
}
