/// How a feed is followed, and what it may cost. Values that make no sense count as the nearest that do.
public struct RevocationFeedRules: Sendable, Hashable {
    /// What keeps a set that fails closed fresh, once it has a whole snapshot and no event is missing.
    public enum Confirmation: Sendable, Hashable {
        /// Any sign of life: a line, a comment, an answer; of a file, that it is there and read to its end. For a feed
        /// that comes from whoever knows of revocations.
        case contact
        /// Only a line with `fresh_at`, as of that time. For a feed that comes through a hub, a cache or a file, which may
        /// live on when the one who knows of revocations does not.
        case statement
    }

    public var confirmation: Confirmation
    /// The first pause between two connections, and the shortest; the first after an error. At least 100 ms. Of a file:
    /// between two looks.
    public var pause: Duration
    /// The longest pause, and the longest `Retry-After` that is heeded.
    public var maximumBackoff: Duration
    /// Long polls: how long a server may hold a request while nothing happens. One that answers sooner without news is
    /// asked no more often than this.
    public var wait: Duration
    /// A connection on which no event and no heartbeat comes to its end for so long is given up.
    public var idleTime: Duration
    public var connectTime: Duration
    /// A stream is closed and taken up again where it was after so long: servers move, and connections go stale.
    public var connectionTime: Duration
    /// Rules that a snapshot may have.
    public var snapshotRules: Int
    /// Bytes that one connection may bring. One that brings more is closed; a stream goes on on another.
    public var connectionBytes: Int
    /// Bytes of an event of a stream, which may hold many lines. A line has 32 KiB at most.
    public var eventBytes: Int
    public var headerBytes: Int
    /// Permits `http`: for tests, and for a sidecar on the loopback interface. Whoever can change what goes over such a
    /// connection can revoke every token, or none.
    public var allowsInsecureHTTP: Bool

    public init(
        confirmation: Confirmation = .contact, pause: Duration = .seconds(1),
        maximumBackoff: Duration = .seconds(60), wait: Duration = .seconds(25), idleTime: Duration = .seconds(45),
        connectTime: Duration = .seconds(5), connectionTime: Duration = .seconds(3600),
        snapshotRules: Int = 10_000_000, connectionBytes: Int = 1 << 30, eventBytes: Int = 1 << 20,
        headerBytes: Int = 32 << 10, allowsInsecureHTTP: Bool = false
    ) {
        self.confirmation = confirmation
        self.pause = pause
        self.maximumBackoff = maximumBackoff
        self.wait = wait
        self.idleTime = idleTime
        self.connectTime = connectTime
        self.connectionTime = connectionTime
        self.snapshotRules = snapshotRules
        self.connectionBytes = connectionBytes
        self.eventBytes = eventBytes
        self.headerBytes = headerBytes
        self.allowsInsecureHTTP = allowsInsecureHTTP
    }

    public static let standard = RevocationFeedRules()

    /// The same within bounds in which nothing overflows.
    var consistent: RevocationFeedRules {
        let hour = Duration.seconds(3600)
        var rules = self
        rules.pause = min(max(.milliseconds(100), pause), hour)
        rules.maximumBackoff = min(max(rules.pause, maximumBackoff), hour)
        rules.wait = min(max(.seconds(1), wait), hour)
        rules.idleTime = min(max(.milliseconds(100), idleTime), hour)
        rules.connectTime = min(max(.milliseconds(1), connectTime), hour)
        rules.connectionTime = min(max(.seconds(1), connectionTime), hour * 24)
        rules.snapshotRules = max(0, snapshotRules)
        rules.connectionBytes = min(max(1, connectionBytes), 1 << 40)
        rules.eventBytes = min(max(1, eventBytes), 64 << 20)
        rules.headerBytes = min(max(1, headerBytes), 1 << 20)
        return rules
    }

    /// For a connection. Times are kept by the feed's own clock as well.
    var fetchLimits: FetchLimits {
        FetchLimits(
            bodyBytes: connectionBytes, headerBytes: headerBytes, totalTime: connectionTime + wait + idleTime,
            connectTime: connectTime, idleTime: wait + idleTime)
    }
}

/// Where a feed of revocations is to be found, and how it is read.
public struct RevocationFeedLocation: Sendable, Hashable {
    enum Place: Sendable, Hashable {
        case file(String)
        case events(EndpointURL)
        case longPoll(EndpointURL)
    }

    let place: Place

    /// A file of lines that grows. It must belong to this user or to root, and nobody else may write to it. A file that has
    /// become shorter, or another file under the name, is read from its beginning; so a new log is written beside and
    /// renamed over.
    public static func file(_ path: String) -> RevocationFeedLocation { RevocationFeedLocation(place: .file(path)) }

    /// A stream of server-sent events (WHATWG HTML §9.2), whose `data` are lines.
    public static func events(_ url: String) throws(KeySetLocation.Invalid) -> RevocationFeedLocation {
        guard let url = EndpointURL(url) else { throw .malformedURL }
        return RevocationFeedLocation(place: .events(url))
    }

    /// A resource that answers with lines, and may wait for news before it answers.
    public static func longPoll(_ url: String) throws(KeySetLocation.Invalid) -> RevocationFeedLocation {
        guard let url = EndpointURL(url) else { throw .malformedURL }
        return RevocationFeedLocation(place: .longPoll(url))
    }

    /// For logs and metrics.
    var name: String {
        switch place {
        case .file: "file"
        case .events(let url), .longPoll(let url): url.host
        }
    }

    var endpoint: EndpointURL? {
        switch place {
        case .file: nil
        case .events(let url), .longPoll(let url): url
        }
    }
}
