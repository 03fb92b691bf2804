import AttackCatalogue
import FastVerify
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import FastVerifyGateway

/// A gateway without sockets: its connections are channels whose bytes a test writes and reads.
struct GateFixture {
    let eventLoop = EmbeddedEventLoop()
    let gate: GateLoop
    let shared: SharedGate

    static let routes = """
        - { prefix: /open, access: open }
        - { prefix: /optional, access: optional }
        - { prefix: /deny, access: deny }
        - { prefix: /admin, scopes: [admin, write] }
        - { prefix: /any, scopes: { any: [read, admin] } }
        - { prefix: /staff, roles: staff }
        - { prefix: /tenants, tenant: { claim: tenant, path_segment: 1 } }
        - { prefix: /hosts, tenant: { claim: tenant, host_suffix: api.example } }
        - { prefix: /fresh, step_up: { maximum_age: 5m } }
        - { path: /only, methods: GET }
        - { prefix: /orders }
        """

    /// `policy`: further lines of the one policy.
    static func configuration(
        routes: String = routes, more: String = "", policy: [String] = []
    ) throws -> GatewayConfiguration {
        let lines = policy.map { "\n    " + $0 }.joined()
        let text = """
            issuers: { id: { issuer: "\(CatalogueIssuer.name)", keys: { file: unused } } }
            policies:
              api:
                audience: orders
                algorithms: [ES256, EdDSA, RS256, HS256]
                realm: orders\(lines)
            limits: { head: 1MiB, token: 64KiB }
            \(more)
            routes:
            \(routes)
            """
        return try GatewayConfiguration(text, file: "test.yaml", environment: EnvironmentOverrides(variables: [:]))
    }

    init(
        _ configuration: GatewayConfiguration, verifier: Verifier = CatalogueIssuer.verifier(),
        memory: PolicyMemory = memory()
    ) throws {
        let rules = try Self.rules(configuration, verifier, memory)
        shared = SharedGate(rules, try DecisionRecords(configuration.logs), PrometheusRegistry())
        gate = GateLoop(eventLoop, shared, GateLoops(eventLoop, shared))
    }

    init(routes: String = routes, more: String = "", policy: [String] = []) throws {
        try self.init(Self.configuration(routes: routes, more: more, policy: policy))
    }

    /// What outlives a reload, at the catalogue's time.
    static func memory() -> PolicyMemory {
        PolicyMemory(
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, registry: PrometheusRegistry(),
            start: .min, clock: .fixed(CatalogueIssuer.now))
    }

    static func rules(
        _ configuration: GatewayConfiguration, _ verifier: Verifier, _ memory: PolicyMemory = memory()
    ) throws -> GatewayRules {
        var keys = IssuerKeys()
        keys.sources["id"] = KeySource(KeySet([]))
        let provisions = try memory.provisions(for: configuration, keys: keys)
        return GatewayRules(
            configuration, keys: keys, provisions: provisions, cache: nil, verifiers: ["api": verifier])
    }

    func connect(_ role: ListenerRole = .auth) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: GateConnection(gate, role), loop: eventLoop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    /// Sends bytes, lets the loop turn, and returns what has been answered.
    func send(_ text: String, on channel: EmbeddedChannel) throws -> String {
        if channel.isActive { _ = try? channel.writeInbound(ByteBuffer(string: text)) }
        eventLoop.run()
        return try received(channel)
    }

    func received(_ channel: EmbeddedChannel) throws -> String {
        var out = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { out += String(buffer: buffer) }
        return out
    }

    /// One request on a connection of its own.
    func answer(_ text: String, _ role: ListenerRole = .auth) throws -> Reply {
        let channel = try connect(role)
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        return Reply(try send(text, on: channel))
    }

    /// What an endpoint says to a question about a path.
    func ask(
        _ path: String = "/orders", method: String = "GET", host: String = "orders.example", fields: [String] = [],
        at endpoint: Endpoint = .envoy
    ) throws -> Reply {
        let more = fields.map { $0 + "\r\n" }.joined()
        switch endpoint {
        case .envoy: return try answer("\(method) /envoy\(path) HTTP/1.1\r\nHost: \(host)\r\n\(more)\r\n")
        case .nginx:
            return try answer(
                "GET /auth HTTP/1.1\r\nHost: \(host)\r\nX-Original-URI: \(path)\r\nX-Original-Method: \(method)\r\n\(more)\r\n"
            )
        case .forwarded:
            return try answer(
                "GET /forward-auth HTTP/1.1\r\nHost: gateway\r\nX-Forwarded-Uri: \(path)\r\nX-Forwarded-Host: \(host)\r\n"
                    + "X-Forwarded-Method: \(method)\r\n\(more)\r\n")
        }
    }

    enum Endpoint: CaseIterable { case envoy, nginx, forwarded }
}

/// An answer as a client sees it.
struct Reply: Hashable {
    let status: Int
    /// In lower case, without the date.
    let fields: [String]
    let body: String

    init(_ text: String) {
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let lines = (parts.first ?? "").split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ")
        status = words.count > 1 ? Int(words[1]) ?? 0 : 0
        fields = lines.dropFirst().map(String.init).filter { !$0.lowercased().hasPrefix("date:") }
        body = parts.count > 1 ? String(parts[1]) : ""
    }

    /// All of them, one after the other.
    var challenges: String { fields.filter { $0.lowercased().hasPrefix("www-authenticate:") }.joined(separator: ", ") }

    func field(_ name: String) -> String? {
        fields.first { $0.lowercased().hasPrefix(name.lowercased() + ":") }.map { field in
            let value = field.dropFirst(name.count + 1)
            return String(value.drop { $0 == " " })
        }
    }
}
