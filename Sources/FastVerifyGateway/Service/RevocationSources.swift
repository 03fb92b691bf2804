internal import FastVerify
internal import FastVerifyHTTP
internal import Logging
internal import NIOSSL

/// Feeds of revocations and status lists, over all configurations: what stays as it is configured goes on being followed.
/// Policies that say the same share one.
final class RevocationSources: Sendable {
    /// What stands for one: the configuration, and for lists whose keys sign them.
    private struct Name: Hashable {
        let configuration: RevocationConfiguration
        let issuers: [String: IssuerConfiguration]
    }

    private struct Followed {
        var set: RevocationSet?
        var feed: RevocationFeed?
        var lists: RemoteStatusLists?
        /// Of issuers whose keys come from files: each reload reads them again.
        var keys: [String: KeySource] = [:]
        var tasks: [Task<Void, any Error>] = []
    }

    private let followed = WaitingLock([Name: Followed]())
    private let logger: Logger
    private let registry: PrometheusRegistry

    init(logger: Logger, registry: PrometheusRegistry) {
        self.logger = logger
        self.registry = registry
    }

    func provide(
        _ configuration: RevocationConfiguration, _ whole: GatewayConfiguration, _ keys: IssuerKeys,
        _ provision: inout PolicyProvision
    ) throws(IssuerKeyring.Reason) {
        let name = Self.name(configuration, whole)
        let found: Followed
        if let known = followed.withLock({ $0[name] }) {
            found = known
        } else {
            found = try follow(configuration, whole, keys)
            followed.withLock { $0[name] = found }
        }
        provision.revocation = found.set
        provision.feed = found.feed
        provision.statusLists = found.lists?.source
        provision.isClosedWithoutFeed = configuration.outage == .closed
    }

    private static func name(_ configuration: RevocationConfiguration, _ whole: GatewayConfiguration) -> Name {
        let issuers = configuration.lists.keys.map { ($0, whole.issuer($0)) }
        return Name(configuration: configuration, issuers: Dictionary(uniqueKeysWithValues: issuers))
    }

    /// Stops following what is in none of these configurations.
    func keepOnly(_ configurations: [GatewayConfiguration]) {
        let wanted = Set(
            configurations.flatMap { whole in
                whole.policies.compactMap { $0.policy.revocation.map { Self.name($0, whole) } }
            })
        let gone = followed.withLock { followed in
            let gone = followed.filter { !wanted.contains($0.key) }
            followed = followed.filter { wanted.contains($0.key) }
            return gone
        }
        for task in gone.values.flatMap(\.tasks) { task.cancel() }
    }

    /// Status lists count as signed by these keys from now on.
    func install(_ keys: IssuerKeys) {
        let sources = followed.withLock { $0.values.flatMap { Array($0.keys) } }
        for (issuer, source) in sources {
            if let new = keys.sources[issuer], keys.remote[issuer] == nil { source.replace(with: new.current) }
        }
    }

    // MARK: Following

    private func follow(
        _ configuration: RevocationConfiguration, _ whole: GatewayConfiguration, _ keys: IssuerKeys
    ) throws(IssuerKeyring.Reason) -> Followed {
        var found = Followed()
        let transport = try Self.transport(configuration, whole.file)
        do throws(KeySetLocation.Invalid) {
            if let feed = configuration.feed {
                let set = RevocationSet(
                    capacity: configuration.capacity,
                    staleness: configuration.outage == .open ? .failOpen : .failClosed(after: configuration.staleness),
                    tenantClaim: configuration.tenantClaim)
                found.set = set
                found.feed = try self.feed(feed, set, configuration, whole.file, transport)
            }
            if !configuration.lists.isEmpty {
                found.lists = try lists(configuration, whole, keys, transport, &found.keys)
            }
        } catch .insecureURL {
            throw IssuerKeyring.Reason(
                text: "expected https; http needs allow_http: true, and whoever can change it can revoke all or none")
        } catch {
            throw IssuerKeyring.Reason(text: "expected an absolute URL without user name or fragment")
        }
        if let feed = found.feed { found.tasks.append(Task { try await feed.run() }) }
        if let lists = found.lists { found.tasks.append(Task { try await lists.run() }) }
        return found
    }

    private static func transport(
        _ configuration: RevocationConfiguration, _ file: String
    ) throws(IssuerKeyring.Reason) -> HTTPTransport {
        guard let addresses = AddressRule(allowing: configuration.allowedAddresses) else {
            throw IssuerKeyring.Reason(text: "allow_addresses: expected address blocks such as 10.0.0.0/8")
        }
        var tls = TLSConfiguration.makeClientConfiguration()
        if let roots = configuration.trustRoots { tls.trustRoots = .file(PlainFile.resolve(roots, besides: file)) }
        return HTTPTransport(addresses: addresses, tls: tls)
    }

    private func feed(
        _ feed: RevocationConfiguration.Feed, _ set: RevocationSet, _ configuration: RevocationConfiguration,
        _ file: String, _ transport: HTTPTransport
    ) throws(KeySetLocation.Invalid) -> RevocationFeed {
        let location: RevocationFeedLocation =
            switch feed {
            case .file(let name): .file(PlainFile.resolve(name, besides: file))
            case .events(let url): try .events(url)
            case .longPoll(let url): try .longPoll(url)
            }
        let rules = RevocationFeedRules(
            confirmation: configuration.confirmation == .contact ? .contact : .statement,
            allowsInsecureHTTP: configuration.allowsInsecureHTTP)
        let secret = configuration.authorization.map { PlainFile.resolve($0, besides: file) }
        return try RevocationFeed(
            location, into: set, rules: rules, transport: transport,
            authorization: secret.map(Self.authorization), logger: logger, metrics: registry)
    }

    /// The first line of a file, read again for each connection, so that a secret can be replaced.
    private static func authorization(_ path: String) -> @Sendable () async -> String? {
        {
            guard let bytes = try? PlainFile.contents(of: path, limit: 16 << 10) else { return nil }
            return String(decoding: bytes.prefix { $0 >= 0x20 && $0 < 0x7F }, as: UTF8.self)
        }
    }

    private func lists(
        _ configuration: RevocationConfiguration, _ whole: GatewayConfiguration, _ keys: IssuerKeys,
        _ transport: HTTPTransport, _ own: inout [String: KeySource]
    ) throws(KeySetLocation.Invalid) -> RemoteStatusLists {
        let algorithms = AlgorithmSet(Algorithm.allCases.filter { !$0.isSymmetric })
        var issuers: [StatusListIssuer] = []
        for (name, places) in configuration.lists.sorted(by: { $0.key < $1.key }) {
            let source = keys.remote[name]?.source ?? KeySource(keys.sources[name]!.current)
            if keys.remote[name] == nil { own[name] = source }
            issuers.append(
                StatusListIssuer(whole.issuer(name).issuer, places: places, algorithms: algorithms, keys: source))
        }
        var refresh = RefreshPolicy.standard
        refresh.minimumLifetime = configuration.listAge
        refresh.coolDown = min(refresh.coolDown, configuration.listAge)
        return try RemoteStatusLists(
            issuers, staleness: configuration.outage == .open ? .failOpen : .failClosed(after: configuration.staleness),
            rules: StatusListRules(refresh: refresh, allowsInsecureHTTP: configuration.allowsInsecureHTTP),
            transport: transport,
            logger: logger, metrics: registry)
    }
}
