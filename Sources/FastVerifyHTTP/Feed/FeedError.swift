/// Why a feed of revocations is not being followed, or not up to date. For logs, metrics and the visible state; says nothing
/// that a server wrote.
public enum FeedError: Error, Sendable, Hashable, CustomStringConvertible {
    // On the way there
    /// The network or the response, as for key sets.
    case fetch(FetchError)
    /// The server ended an answer or a stream before its snapshot was whole.
    case ended
    /// Absent, not readable, or writable by others than this user and root.
    case file(FileFailure)

    // What was said
    /// Events came, but no snapshot before them.
    case noSnapshot
    /// The snapshot ended with another number of rules than it had.
    case incompleteSnapshot
    /// A snapshot of a version that is not understood.
    case unknownSnapshot
    /// A snapshot has more rules than `RevocationFeedRules.snapshotRules`.
    case snapshotTooLarge
    /// A number was left out, or the log is another: only a snapshot can tell what was missed.
    case gap
    /// The server no longer knows where we were.
    case unknownPosition

    // What came of it
    /// The set has reached its capacity. It is not complete, and is not confirmed, until a snapshot fits.
    case full

    /// Why a file is not read.
    public enum FileFailure: String, Error, Sendable { case absent, unreadable, unsafe }

    /// A stable name for logs and metrics.
    public var name: String {
        switch self {
        case .fetch(let error): error.name
        case .ended: "ended"
        case .file(let failure): "file_\(failure.rawValue)"
        case .noSnapshot: "no_snapshot"
        case .incompleteSnapshot: "incomplete_snapshot"
        case .unknownSnapshot: "unknown_snapshot"
        case .snapshotTooLarge: "snapshot_too_large"
        case .gap: "gap"
        case .unknownPosition: "unknown_position"
        case .full: "full"
        }
    }

    public var description: String {
        if case .fetch(let error) = self { return error.description }
        return name
    }
}
