internal import FastVerify
internal import FastVerifyHTTP
internal import Logging
internal import NIOSSL

/// The keys of all issuers, over all configurations: a set that is fetched goes on being fetched, and keeps its keys, as long as its
/// issuer's configuration stays the same.
final class IssuerKeyring: Sendable {
    private struct Fetched {
        let set: RemoteJWKSet
        let run: Task<Void, any Error>
    }

    private let fetched = WaitingLock<[IssuerConfiguration: Fetched]>([:])
    private let logger: Logger
    private let registry: PrometheusRegistry

    init(logger: Logger, registry: PrometheusRegistry) {
        self.logger = logger
        self.registry = registry
    }

    /// Reads key files and begins to fetch what is new. Blocks for as long as files take.
    func keys(for configuration: GatewayConfiguration) throws(ConfigurationError) -> IssuerKeys {
        let problems = ProblemList(file: configuration.file)
        var keys = IssuerKeys()
        for (name, issuer) in configuration.issuers {
            do throws(Reason) {
                if case .file(let file) = issuer.keys {
                    let path = PlainFile.resolve(file, besides: configuration.file)
                    keys.sources[name] = KeySource(try Self.read(path))
                } else {
                    let set = try fetching(issuer, configuration.file)
                    keys.sources[name] = set.source
                    keys.remote[name] = set
                }
            } catch {
                problems.report(error.text, at: "issuers.\(name).keys")
            }
        }
        guard problems.problems.isEmpty else { throw ConfigurationError(problems: problems.problems) }
        return keys
    }

    /// Stops fetching for issuers that are in neither configuration.
    func keepOnly(_ configurations: [GatewayConfiguration]) {
        let wanted = Set(configurations.flatMap { $0.issuers.map(\.issuer) })
        let gone = fetched.withLock { fetched in
            let gone = fetched.filter { !wanted.contains($0.key) }
            fetched = fetched.filter { wanted.contains($0.key) }
            return gone
        }
        for (_, one) in gone { one.run.cancel() }
    }

    func stop() { keepOnly([]) }

    struct Reason: Error {
        let text: String
    }

    private func fetching(_ issuer: IssuerConfiguration, _ file: String) throws(Reason) -> RemoteJWKSet {
        if let known = fetched.withLock({ $0[issuer]?.set }) { return known }
        let set = try Self.remote(issuer, file, logger, registry)
        fetched.withLock { $0[issuer] = Fetched(set: set, run: Task { try await set.run() }) }
        return set
    }

    private static func remote(
        _ issuer: IssuerConfiguration, _ file: String, _ logger: Logger, _ registry: PrometheusRegistry
    ) throws(Reason) -> RemoteJWKSet {
        guard let addresses = AddressRule(allowing: issuer.allowedAddresses) else {
            throw Reason(text: "allow_addresses: expected address blocks such as 10.0.0.0/8")
        }
        var tls = TLSConfiguration.makeClientConfiguration()
        if let roots = issuer.trustRoots { tls.trustRoots = .file(PlainFile.resolve(roots, besides: file)) }
        do throws(KeySetLocation.Invalid) {
            let location =
                switch issuer.keys {
                case .url(let url): try KeySetLocation.url(url)
                case .discovery(let kind):
                    try KeySetLocation.issuer(
                        issuer.issuer, discovery: kind == .openid ? .openID : kind == .oauth ? .oauth : .automatic)
                case .file: preconditionFailure("files are read")
                }
            return try RemoteJWKSet(
                location, refresh: issuer.refresh, rules: KeyFetchRules(allowsInsecureHTTP: issuer.allowsInsecureHTTP),
                transport: HTTPTransport(addresses: addresses, tls: tls),
                snapshotPath: issuer.snapshot.map { PlainFile.resolve($0, besides: file) }, logger: logger,
                metrics: registry)
        } catch .insecureURL {
            throw Reason(
                text: "expected https; http needs allow_http: true, and whoever can change it makes every token valid")
        } catch {
            throw Reason(text: "expected an absolute URL without user name, fragment or, for discovery, query")
        }
    }

    /// A JWK Set, one JWK or PEM.
    static func read(_ path: String) throws(Reason) -> KeySet {
        let bytes: [UInt8]
        do throws(PlainFile.Unreadable) {
            bytes = try PlainFile.contents(of: path, limit: JWKSet.Limits.standard.bytes)
        } catch {
            throw Reason(text: "\(path): \(error.reason)")
        }
        do throws(KeyError) {
            let set: KeySet
            if bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "-") {
                set = KeySet([try JWK(VerificationKey(pem: bytes))])
            } else {
                set = KeySet(try keys(bytes))
            }
            guard !set.keys.isEmpty else { throw KeyError.missingMember("keys") }
            return set
        } catch {
            throw Reason(text: "\(path): no key in it can be used: \(error)")
        }
    }

    private static func keys(_ json: [UInt8]) throws(KeyError) -> [JWK] {
        do throws(KeyError) {
            let set = try JWKSet(json: json)
            if set.keys.isEmpty, let first = set.skipped.first { throw first.reason }
            return set.keys
        } catch .missingMember("keys") {
            return [try JWK(json: json)]
        }
    }
}
