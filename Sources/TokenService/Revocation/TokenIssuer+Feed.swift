internal import FastVerify
internal import FastVerifyAccess

/// Where a follower of the revocation log stands.
public struct RevocationPosition: Sendable, Hashable {
    let position: RevocationLog.Position

    /// `LOG:SEQ`; `nil` for any other text.
    public init?(_ text: String) {
        guard let position = RevocationLog.Position(text) else { return nil }
        self.position = position
    }

    init(_ position: RevocationLog.Position) { self.position = position }

    public var text: String { position.text }
}

/// What a follower does not know yet.
public struct RevocationNews: Sendable, Hashable {
    /// Lines of the grammar of `RevocationFeed`: events, or a snapshot. None: nothing has happened.
    public let lines: [String]
    public let position: RevocationPosition
    /// A line that says: nothing since the position, up to now.
    public let heartbeat: String
}

extension TokenIssuer {
    /// Events after a position, or everything where it is `nil` or the log does not go back that far.
    ///
    /// - Parameter seconds: waits so long for something to happen, if nothing has.
    public func revocationNews(
        since position: RevocationPosition?, waitingUpTo seconds: Int64
    ) async throws -> RevocationNews {
        let first = try await news(since: position)
        guard first.lines.isEmpty, seconds > 0 else { return first }
        let announcements = store.announcements
        return try await withThrowingTaskGroup(of: RevocationNews?.self) { group in
            group.addTask { [self] in
                for await _ in announcements {
                    let news = try await news(since: position)
                    if !news.lines.isEmpty { return news }
                }
                return nil
            }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                return nil
            }
            let found = try await group.next() ?? nil
            group.cancelAll()
            if let found { return found }
            return try await news(since: position)
        }
    }

    private func news(since position: RevocationPosition?) async throws -> RevocationNews {
        let now = clock.now
        return try await store.read { [revocations] transaction in
            var found: (lines: [String], position: RevocationLog.Position)?
            if let position { found = try revocations.lines(after: position.position, limit: 10_000, in: transaction) }
            let (lines, position) = try found ?? revocations.snapshot(at: now, in: transaction)
            return RevocationNews(
                lines: lines, position: RevocationPosition(position),
                heartbeat: "{\"seq\":\(position.number),\"fresh_at\":\(now)}")
        }
    }
}
