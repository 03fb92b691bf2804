public import FastVerify

/// Whose status lists are fetched, from where, and under which keys they are believed.
public struct StatusListIssuer: Sendable {
    let issuer: String
    let places: [String]
    let algorithms: AlgorithmSet
    let keys: KeySource

    /// - Parameters:
    ///   - issuer: `iss` of the lists.
    ///   - places: Where they may be: URLs that end in `/` stand for everything below, others for themselves. A token can
    ///     make nobody fetch anything else. A URI is compared as it is written; one with dot segments, or with an escaped
    ///     dot or slash, is below nothing.
    ///   - keys: Of the issuer, those of a `RemoteJWKSet` for instance.
    public init(_ issuer: String, places: [String], algorithms: AlgorithmSet, keys: KeySource) {
        self.issuer = issuer
        self.places = places
        self.algorithms = algorithms
        self.keys = keys
    }

    func hasList(at uri: String) -> Bool {
        places.contains { place in
            guard place.hasSuffix("/") else { return place.utf8.elementsEqual(uri.utf8) }
            return uri.utf8.starts(with: place.utf8) && Self.isPlain(uri.dropFirst(place.count))
        }
    }

    /// Whether nobody on the way takes the path for another.
    private static func isPlain(_ path: Substring) -> Bool {
        let path = path.prefix { $0 != "?" }.lowercased()
        return !["%2e", "%2f", "%5c"].contains { path.contains($0) }
            && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { $0 != "." && $0 != ".." }
    }
}

/// What status lists may cost. Values below one count as one.
public struct StatusListRules: Sendable, Hashable {
    /// Lists that are held or looked for.
    public var lists: Int
    /// Bytes that one list may decompress to, and that all may take together. 1 MiB holds 8 million tokens at one bit.
    public var listBytes: Int
    public var totalBytes: Int
    /// A list that no token has asked for in so long is no longer kept.
    public var idleTime: Duration
    /// Fetches at the same time.
    public var fetches: Int
    /// When a list is fetched: its `ttl` counts as what the server says, else `Cache-Control`. The stale limit is not
    /// looked at: whether an old list is used, `StatusListSource.Staleness` says.
    public var refresh: RefreshPolicy
    /// Of one fetch; `bodyBytes` bounds the compressed list as it is sent.
    public var limits: FetchLimits
    /// Permits `http`: for tests.
    public var allowsInsecureHTTP: Bool

    public init(
        lists: Int = 256, listBytes: Int = 8 << 20, totalBytes: Int = 256 << 20, idleTime: Duration = .seconds(7200),
        fetches: Int = 4, refresh: RefreshPolicy = .standard, limits: FetchLimits = FetchLimits(bodyBytes: 4 << 20),
        allowsInsecureHTTP: Bool = false
    ) {
        self.lists = lists
        self.listBytes = listBytes
        self.totalBytes = totalBytes
        self.idleTime = idleTime
        self.fetches = fetches
        self.refresh = refresh
        self.limits = limits
        self.allowsInsecureHTTP = allowsInsecureHTTP
    }

    public static let standard = StatusListRules()

    var consistent: StatusListRules {
        var rules = self
        rules.lists = min(max(1, lists), 100_000)
        rules.listBytes = min(max(1, listBytes), 1 << 30)
        rules.totalBytes = max(1, totalBytes)
        rules.idleTime = min(max(.seconds(1), idleTime), .seconds(366 * 86_400))
        rules.fetches = min(max(1, fetches), 64)
        rules.refresh.staleLimit = .seconds(100 * 366 * 86_400)
        rules.limits = limits.consistent
        return rules
    }
}
