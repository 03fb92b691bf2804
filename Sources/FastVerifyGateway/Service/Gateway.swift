internal import FastVerify
internal import FastVerifyHTTP
public import Logging
internal import NIOCore
internal import NIOPosix
public import ServiceLifecycle
internal import UnixSignals

/// A server that proxies ask whether a request may pass: nginx's `auth_request`, Traefik's and Caddy's forward-auth, Envoy's `ext_authz`
/// over HTTP and gRPC.
///
///     let gateway = try Gateway(file: "gateway.yaml", logger: logger)
///     try await ServiceGroup(services: [gateway], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
///
/// The file is read again on SIGHUP and when it, or a key file it names, has changed. A file that cannot be put in force as a whole changes
/// nothing, and the log says why. A shutdown answers every request that has arrived: see `LimitConfiguration.drainTime`.
public final class Gateway: Service {
    private let file: String
    private let environment: EnvironmentOverrides
    private let logger: Logger
    private let keyring: IssuerKeyring
    private let memory: PolicyMemory
    let gateway: SharedGate
    private let group: MultiThreadedEventLoopGroup
    private let loops: GateLoops
    private let reloading = ReloadTurn()
    private let bound = WaitingLock<[(role: String, address: String)]>([])
    let certificates: ServerCertificates
    private static let watchInterval = Duration.seconds(1)

    /// Reads the configuration, the key files it names, and opens its logs. Nothing listens yet.
    public init(file: String, environment: EnvironmentOverrides = EnvironmentOverrides(), logger: Logger)
        throws(ConfigurationError)
    {
        let configuration = try Self.configuration(file, environment)
        let registry = PrometheusRegistry()
        keyring = IssuerKeyring(logger: logger, registry: registry)
        memory = PolicyMemory(logger: logger, registry: registry, start: UnixClock.system.now)
        let keys = try keyring.keys(for: configuration)
        let provisions = try memory.provisions(for: configuration, keys: keys)
        let limits = configuration.limits
        let cache = limits.cache > 0 ? TokenCache(bytes: limits.cache) : nil
        let rules = GatewayRules(configuration, keys: keys, provisions: provisions, cache: cache)
        var logs = configuration.logs
        logs.access = Self.resolved(logs.access, file)
        logs.audit = Self.resolved(logs.audit, file)
        gateway = SharedGate(rules, try DecisionRecords(logs), registry)
        certificates = try ServerCertificates(configuration.listeners, besides: file)
        group = MultiThreadedEventLoopGroup(numberOfThreads: limits.loops > 0 ? limits.loops : System.coreCount)
        loops = GateLoops(group, gateway)
        self.file = file
        self.environment = environment
        self.logger = logger
    }

    /// Reads and checks a configuration with the key files it names, as a start would. Nothing is fetched.
    ///
    /// - Returns: a line for each listener, issuer and route.
    public static func check(
        file: String, environment: EnvironmentOverrides = EnvironmentOverrides()
    ) throws(ConfigurationError) -> [String] {
        let configuration = try configuration(file, environment)
        let (logger, registry) = (Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }, PrometheusRegistry())
        let keyring = IssuerKeyring(logger: logger, registry: registry)
        let memory = PolicyMemory(logger: logger, registry: registry, start: .min)
        defer {
            memory.keepOnly([])
            keyring.stop()
        }
        _ = try memory.provisions(for: configuration, keys: try keyring.keys(for: configuration))
        _ = try ServerCertificates(configuration.listeners, besides: file)
        return configuration.summary
    }

    static func configuration(
        _ file: String, _ environment: EnvironmentOverrides
    ) throws(ConfigurationError) -> GatewayConfiguration {
        let bytes: [UInt8]
        do throws(PlainFile.Unreadable) {
            bytes = try PlainFile.contents(of: file, limit: GatewayConfiguration.longestFile)
        } catch {
            let problem = ConfigurationProblem(file: file, line: 0, column: 0, path: "", message: error.reason)
            throw ConfigurationError(problems: [problem])
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let problem = ConfigurationProblem(file: file, line: 0, column: 0, path: "", message: "not UTF-8")
            throw ConfigurationError(problems: [problem])
        }
        return try GatewayConfiguration(text, file: file, environment: environment)
    }

    private static func resolved(_ target: LogConfiguration.Target, _ file: String) -> LogConfiguration.Target {
        guard case .file(let name) = target else { return target }
        return .file(PlainFile.resolve(name, besides: file))
    }

    // MARK: Running

    /// Serves until the service group shuts down gracefully or the task is cancelled.
    public func run() async throws {
        try await loops.start()
        let channels = try await listen()
        for (role, address) in addresses {
            logger.notice("listening", metadata: ["for": "\(role)", "at": "\(address)"])
        }
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                if let listener = gateway.rules.configuration.listeners.grpc {
                    tasks.addTask { try await self.serveEnvoy(listener) }
                }
                tasks.addTask { await self.followFile() }
                tasks.addTask { await self.followSignals() }
                tasks.addTask { try? await gracefulShutdown() }
                // The first to end is the shutdown, or a listener that could not be had.
                let first = await tasks.nextResult()
                await self.drain(channels)
                tasks.cancelAll()
                while await tasks.nextResult() != nil {}
                try first?.get()
            }
        } onGracefulShutdown: {
            self.gateway.beginDraining()
        }
        keyring.stop()
        memory.keepOnly([])
        gateway.records.flush()
        try await group.shutdownGracefully()
    }

    /// Where it listens, once it does; with the ports that the system has chosen for port 0.
    public var addresses: [(role: String, address: String)] { bound.withLock { $0 } }

    func add(_ role: String, at address: String) { bound.withLock { $0.append((role, address)) } }

    /// Whether the keys of all issuers are there.
    public var isReady: Bool { gateway.isReady }

    private func listen() async throws -> [any Channel] {
        let listeners = gateway.rules.configuration.listeners
        let server = GateServer(group, loops, gateway)
        var channels: [any Channel] = []
        let roles: [(String, ListenerConfiguration?, ListenerRole)] = [
            ("auth", listeners.auth, .auth), ("admin", listeners.admin, .admin),
        ]
        for (name, listener, role) in roles {
            guard let listener else { continue }
            let channel = try await server.listen(listener, role, certificates.certificate(for: name))
            channels.append(channel)
            let address = channel.localAddress.map {
                "\($0.ipAddress.map { "\($0):" } ?? "unix:\($0.pathname ?? "")")\($0.port.map(String.init) ?? "")"
            }
            add(name, at: address ?? "\(listener.address)")
        }
        return channels
    }

    /// Lets everything end that has begun: answers what has arrived and says that the connection ends; takes what still connects until
    /// whoever asks `/ready` knows better; then waits for the last.
    private func drain(_ channels: [any Channel]) async {
        gateway.beginDraining()
        logger.notice("shutting down")
        let time = gateway.rules.configuration.limits.drainTime
        let end = ContinuousClock.now + time
        try? await loops.drain()
        try? await Task.sleep(for: time / 8)
        for channel in channels { await GateServer.stopConnecting(channel) }
        // What had connected before is accepted and answered.
        try? await Task.sleep(for: .milliseconds(100))
        for channel in channels { try? await channel.close().get() }
        // A connection that has just been accepted is not counted yet.
        var quiet = 0
        while quiet < 5, ContinuousClock.now < end {
            quiet = gateway.connectionCount == 0 ? quiet + 1 : 0
            try? await Task.sleep(for: .milliseconds(20))
        }
        if gateway.connectionCount > 0 {
            logger.warning("connections are cut off", metadata: ["count": "\(gateway.connectionCount)"])
        }
    }

    // MARK: Reloading

    private func followSignals() async {
        for await _ in await UnixSignalsSequence(trapping: .sighup) {
            gateway.records.reopen()
            await reload()
        }
    }

    private func followFile() async {
        var seen = versions
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.watchInterval)
            let now = versions
            guard now != seen else { continue }
            // Whoever writes a file in place has not finished: it must stay the same for one interval.
            try? await Task.sleep(for: Self.watchInterval / 4)
            guard versions == now else { continue }
            seen = now
            await reload()
            seen = versions == now ? now : seen
        }
    }

    /// Of the file and all files that it names, which may be others after a reload.
    private var versions: [PlainFile.Version?] {
        let names = gateway.rules.configuration.namedFiles.map { PlainFile.resolve($0, besides: file) }
        return ([file] + names).map { PlainFile.Version($0) }
    }

    /// Puts the file in force as it is now, or says in the log why not. True when it is in force.
    @discardableResult
    public func reload() async -> Bool {
        await reloading.take {
            do {
                try await self.replaceRules()
                self.gateway.countReload(isGood: true)
                self.logger.notice("configuration reloaded")
                return true
            } catch let error as ConfigurationError {
                for problem in error.problems { self.logger.error("configuration kept: \(problem)") }
            } catch {
                self.logger.error("configuration kept: \(error)")
            }
            self.gateway.countReload(isGood: false)
            return false
        }
    }

    private func replaceRules() async throws {
        let old = gateway.rules
        let new = try Self.configuration(file, environment)
        let rules: GatewayRules
        do {
            let keys = try keyring.keys(for: new)
            let provisions = try memory.provisions(for: new, keys: keys)
            rules = GatewayRules(new, keys: keys, provisions: provisions, cache: old.cache)
            try await awaitKeys(keys, for: new)
            try await awaitFeeds(of: rules)
            try certificates.reload()
            memory.sources.install(keys)
        } catch {
            keyring.keepOnly([old.configuration])
            memory.keepOnly([old.configuration])
            throw error
        }
        if new.listeners != old.configuration.listeners || new.limits != old.configuration.limits
            || new.logs != old.configuration.logs
        {
            logger.warning("listen, limits and log take effect at the next start; issuers, policies and routes do now")
        }
        gateway.rules = rules
        try await loops.install(rules)
        keyring.keepOnly([new])
        memory.keepOnly([new])
    }

    /// As new issuers, new feeds must have said what is revoked, where nobody passes before.
    private func awaitFeeds(of rules: GatewayRules) async throws {
        let known = gateway.rules.feeds.map(ObjectIdentifier.init)
        let end = ContinuousClock.now + rules.configuration.limits.keyTime
        for feed in rules.feeds where !known.contains(ObjectIdentifier(feed)) {
            while !feed.isReady {
                guard ContinuousClock.now < end else {
                    let message = "no revocations within \(rules.configuration.limits.keyTime)"
                    throw ConfigurationError(problems: [
                        ConfigurationProblem(file: file, line: 0, column: 0, path: "policies", message: message)
                    ])
                }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// New issuers must have sent keys before anybody depends on them.
    private func awaitKeys(_ keys: IssuerKeys, for configuration: GatewayConfiguration) async throws {
        let known = gateway.rules.keySets.values.map(ObjectIdentifier.init)
        let end = ContinuousClock.now + configuration.limits.keyTime
        for (name, set) in keys.remote where !known.contains(ObjectIdentifier(set)) {
            while !set.isReady {
                guard ContinuousClock.now < end else {
                    let message = "no keys within \(configuration.limits.keyTime)"
                    throw ConfigurationError(problems: [
                        ConfigurationProblem(
                            file: file, line: 0, column: 0, path: "issuers.\(name).keys", message: message)
                    ])
                }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
