internal import Yams

/// What a configuration file says, checked in itself. Which keys there are, `GatewayKeys` finds out.
public struct GatewayConfiguration: Sendable {
    public struct Listeners: Sendable, Hashable {
        public var auth: ListenerConfiguration?
        public var admin: ListenerConfiguration?
        public var grpc: ListenerConfiguration?

        var all: [(name: String, listener: ListenerConfiguration)] {
            [("auth", auth), ("admin", admin), ("grpc", grpc)].compactMap { name, listener in
                listener.map { (name, $0) }
            }
        }
    }

    /// In the order of the file, as policies and routes.
    public let issuers: [(name: String, issuer: IssuerConfiguration)]
    public let policies: [(name: String, policy: PolicyConfiguration)]
    public let routes: [RouteConfiguration]
    public let listeners: Listeners
    public let limits: LimitConfiguration
    public let logs: LogConfiguration
    let identity: [IdentityFields.Field]
    /// Of the file; relative names in it count from its folder.
    public let file: String

    static let longestFile = 1 << 20

    /// Reads the text of a YAML or JSON file; JSON is YAML here.
    ///
    /// - Parameter file: its name, for messages.
    /// - Throws: everything that is wrong with it.
    public init(
        _ text: String, file: String, environment: EnvironmentOverrides = EnvironmentOverrides()
    ) throws(ConfigurationError) {
        let problems = ProblemList(file: file)
        let top = Self.parse(text, problems)
        self.file = file
        let issuers = top?.required("issuers", "names with issuer and keys")?.mapping("names with issuer and keys")
        let issuerNames = issuers?.all().map(\.name) ?? []
        self.issuers = issuers?.all().compactMap { name, value in IssuerConfiguration(value).map { (name, $0) } } ?? []
        let policies = top?.required("policies", "names with audience and algorithms")?.mapping(
            "names with audience and algorithms")
        let policyNames = policies?.all().map(\.name) ?? []
        self.policies =
            policies?.all().compactMap { name, value in
                PolicyConfiguration(value, issuers: issuerNames).map { (name, $0) }
            } ?? []
        let routes = top?.required("routes", "a list of routes")
        self.routes = routes?.list().compactMap { RouteConfiguration($0, policies: policyNames) } ?? []
        if let routes, self.routes.isEmpty, problems.problems.isEmpty { routes.report("expected at least one route") }
        listeners = Self.listeners(top?.optional("listen"), environment, problems)
        identity = top?.optional("identity").map(Self.identity) ?? IdentityFields.standard
        limits = LimitConfiguration(top?.optional("limits"), environment, problems)
        logs = LogConfiguration(top?.optional("log"))
        top?.finish()
        Self.checkOrder(self.routes, routes)
        Self.checkConnections(self.policies, listeners, problems)
        guard problems.problems.isEmpty else { throw ConfigurationError(problems: problems.problems) }
    }

    /// Files whose contents are part of the configuration.
    var namedFiles: [String] {
        let keys = issuers.compactMap { _, issuer in if case .file(let name) = issuer.keys { name } else { nil } }
        let secrets = policies.compactMap { $0.policy.demands.forgery?.secret }
        let certificates = listeners.all.compactMap(\.listener.tls).flatMap {
            [$0.certificate, $0.key] + ($0.clientRoots.map { [$0] } ?? [])
        }
        return keys + secrets + certificates
    }

    func issuer(_ name: String) -> IssuerConfiguration { issuers.first { $0.name == name }!.issuer }

    private static func parse(_ text: String, _ problems: ProblemList) -> ConfigurationMapping? {
        guard text.utf8.count <= longestFile else {
            problems.report("longer than \(longestFile) bytes", at: "")
            return nil
        }
        // A few aliases of aliases can stand for more values than memory holds; nothing here needs them.
        do {
            guard let node = try compose(yaml: text) else {
                problems.report("the file is empty: expected issuers, policies, routes", at: "")
                return nil
            }
            return ConfigurationValue(node: node, path: "", problems: problems).mapping("issuers, policies, routes")
        } catch let error as YamlError {
            report(error, problems)
        } catch {
            problems.report("not YAML", at: "")
        }
        return nil
    }

    private static func report(_ error: YamlError, _ problems: ProblemList) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            problems.report("not YAML: \(problem)", at: "", line: mark.line, column: mark.column)
        case .duplicatedKeysInMapping(let names, let context):
            let list = names.map { "'\($0)'" }.sorted().joined(separator: ", ")
            problems.report("\(list) stands twice", at: "", line: context.mark.line, column: context.mark.column)
        default: problems.report("not YAML in UTF-8", at: "")
        }
    }

    private static func listeners(
        _ value: ConfigurationValue?, _ environment: EnvironmentOverrides, _ problems: ProblemList
    ) -> Listeners {
        let members = value?.mapping("auth, admin, grpc")
        func read(_ name: String) -> ListenerConfiguration? {
            let inFile = members?.optional(name)
            return (environment.value("listen.\(name)", problems) ?? inFile).flatMap { ListenerConfiguration($0) }
        }
        var listeners = Listeners(auth: read("auth"), admin: read("admin"), grpc: read("grpc"))
        members?.finish()
        if let tls = listeners.grpc?.tls, tls.clientRoots != nil, !tls.needsClientCertificate {
            members?.optional("grpc")?.report("gRPC asks every client for a certificate or none: leave optional out")
        }
        if listeners.auth == nil, listeners.grpc == nil {
            listeners.auth = ListenerConfiguration(.network(host: "127.0.0.1", port: 9180))
        }
        if listeners.admin == nil { listeners.admin = ListenerConfiguration(.network(host: "127.0.0.1", port: 9181)) }
        return listeners
    }

    private static func identity(_ value: ConfigurationValue) -> [IdentityFields.Field] {
        guard let members = value.mapping("names of fields with names of claims") else { return [] }
        return members.all().compactMap { name, value in
            let isToken = name.utf8.allSatisfy { ByteClass.token.contains($0) }
            // What these say, HTTP decides.
            let reserved = ["connection", "content-length", "transfer-encoding", "date", "host", "x-auth-status"]
            guard isToken, !reserved.contains(name.lowercased()) else {
                value.report("'\(name)' cannot be the name of an identity field")
                return nil
            }
            return IdentityFields.Field(name: name, claim: value.texts("the name of a claim"))
        }
    }

    /// Certificates of connections need listeners that ask for some, or Envoy, which describes them.
    private static func checkConnections(
        _ policies: [(name: String, policy: PolicyConfiguration)], _ listeners: Listeners, _ problems: ProblemList
    ) {
        guard listeners.grpc == nil, listeners.auth?.tls?.clientRoots == nil else { return }
        for (name, policy) in policies {
            guard let certificate = policy.demands.certificate, certificate.origin == .connection else { continue }
            problems.report(
                "nobody can have one: no listener asks for certificates (tls: client_roots), and there is no grpc",
                at: "policies.\(name).mtls", line: certificate.line, column: 1)
        }
    }

    /// A route that an earlier one hides is a rule that somebody believes in and that never holds.
    private static func checkOrder(_ routes: [RouteConfiguration], _ value: ConfigurationValue?) {
        for (position, route) in routes.enumerated() {
            if let earlier = routes[..<position].first(where: { $0.hides(route) }) {
                value?.problems.report(
                    "never reached: the route in line \(earlier.line) comes first and fits whatever this one fits",
                    at: "routes[\(position)]", line: route.line, column: 1)
            }
        }
    }
}

extension RouteConfiguration {
    /// Whether every request that fits the other route fits this one.
    fileprivate func hides(_ other: RouteConfiguration) -> Bool {
        let isWider: Bool =
            switch (path, other.path) {
            case (.exactly(let mine), .exactly(let its)): mine == its
            case (.prefix(let mine), .exactly(let its)), (.prefix(let mine), .prefix(let its)): Self.isBelow(its, mine)
            case (.exactly, .prefix): false
            }
        func covers(_ mine: [String], _ its: [String]) -> Bool {
            mine.isEmpty || (!its.isEmpty && Set(its).isSubset(of: mine))
        }
        return isWider && covers(methods, other.methods) && covers(hosts, other.hosts)
    }

    private static func isBelow(_ path: String, _ prefix: String) -> Bool {
        let base = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
        let inner = path.hasSuffix("/") ? String(path.dropLast()) : path
        return inner == base || inner.hasPrefix(base + "/")
    }
}

extension GatewayConfiguration {
    /// A line for each listener, issuer and route.
    var summary: [String] {
        let listeners = listeners.all.map { "listen \($0) \($1.address)\($1.tls == nil ? "" : " TLS")" }
        let issuers = issuers.map { "issuer \($0.name) \($0.issuer.issuer)" }
        let routes = routes.map { route in
            let methods = route.methods.isEmpty ? "any method" : route.methods.joined(separator: " ")
            return "route \(route.path.description), \(methods): \(route.access.rawValue), policy \(route.policy)"
        }
        return listeners + issuers + routes
    }
}
