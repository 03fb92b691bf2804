internal import FastVerify
internal import FastVerifyAccess
internal import FastVerifyHTTP
internal import HTTPTypes
internal import Logging

/// What a configuration makes of one request, step by step: for the operator who wonders why.
///
/// It shows what clients must never see, the private reason. The steps are those of the gateway, decided by the same code.
public struct Explanation: Sendable {
    public struct Step: Sendable {
        public let name: String
        public let isPassed: Bool
        public let detail: String
        /// Of this step alone, once, on a machine that may be doing something else.
        public let time: Duration
    }

    public private(set) var steps: [Step] = []
    /// What the client gets: status line, fields, body.
    public internal(set) var publicAnswer: [String] = []
    /// What logs and metrics call it; `nil` where the request passes.
    public internal(set) var privateReason: String?
    /// What the service behind the proxy learns.
    public internal(set) var identity: [(name: String, value: String)] = []

    /// A request as a client would send it.
    public struct Request: Sendable {
        public var method: String
        /// Path and query.
        public var target: String
        public var host: String
        /// All but `Host`. Names that are none are left out.
        public var fields: [(name: String, value: String)]

        public init(
            method: String = "GET", target: String = "/", host: String = "localhost",
            fields: [(name: String, value: String)] = []
        ) {
            self.method = method
            self.target = target
            self.host = host
            self.fields = fields
        }

        var httpFields: HTTPFields {
            var fields = HTTPFields()
            for (name, value) in self.fields {
                guard let name = HTTPField.Name(name), name.canonicalName != "host" else { continue }
                fields.append(HTTPField(name: name, value: value))
            }
            return fields
        }
    }

    /// Reads the configuration, gets the keys that the request's route needs, and decides.
    ///
    /// - Parameter at: seconds since 1970-01-01 UTC; `nil`: now.
    public init(
        of request: Request, file: String, at time: Int64? = nil,
        environment: EnvironmentOverrides = EnvironmentOverrides()
    ) async throws(ConfigurationError) {
        let clock = ContinuousClock()
        var mark = clock.now
        func lap() -> Duration {
            let now = clock.now
            defer { mark = now }
            return now - mark
        }
        let configuration = try Gateway.configuration(file, environment)
        let (logger, registry) = (Logger(label: "explain") { _ in SwiftLogNoOpLogHandler() }, PrometheusRegistry())
        let keyring = IssuerKeyring(logger: logger, registry: registry)
        let unix = time.map { UnixClock.fixed($0) } ?? .system
        let memory = PolicyMemory(logger: logger, registry: registry, start: .min, clock: unix)
        defer {
            memory.keepOnly([])
            keyring.stop()
        }
        let keys = try keyring.keys(for: configuration)
        let provisions = try memory.provisions(for: configuration, keys: keys)
        let rules = GatewayRules(configuration, keys: keys, provisions: provisions, cache: nil, clock: unix)
        add("configuration", true, "\(configuration.routes.count) routes in \(file)", lap())

        let (admission, token) = RouteAdmission.make(
            method: request.method, target: request.target, host: request.host, fields: request.httpFields, rules)
        addRoute(admission, rules, lap())
        let space =
            admission.route >= 0
            ? rules.routes[admission.route].access.space : ProtectionSpace(realm: "gateway")
        switch admission.outcome {
        case .refuse(let refusal):
            if admission.route >= 0 { add("credentials", false, refusal.reason.description, .zero) }
            answer(refusal, space, admission.presented)
            return
        case .passAnonymous:
            add("credentials", true, "none needed", .zero)
            identity = rules.identity.fields.map { ($0.name, "") }
            publicAnswer = ["the request passes, without an identity"]
            return
        case .preflight:
            explainPreflight(admission, rules, space)
            return
        case .verify, .verifyPresented:
            let credential = admission.presented?.credential
            let place = credential.map { $0.source == .cookie ? "cookie, not forged" : $0.scheme.rawValue } ?? "Bearer"
            add("credentials", true, "one token (\(place)) of \(token.count) characters", .zero)
        }

        let policy = rules.policies[admission.policy]
        await awaitKeys(configuration.policies[admission.policy].policy, keys, configuration, lap)
        await awaitFeed(provisions[policy.name]?.feed, configuration, lap)
        let verified: VerifiedToken
        do throws(VerificationError) {
            _ = lap()
            verified = try policy.verifier.verify(token)
        } catch {
            addStages(until: error, lap())
            answer(Refusal(error), space, admission.presented)
            return
        }
        addStages(until: nil, lap())
        do throws(Refusal) {
            try check(verified, request, admission, rules, now: unix.now, lap)
        } catch {
            answer(error, space, admission.presented)
            return
        }
        identity = rules.identity.values(verified.claims)
        publicAnswer = ["the request passes"] + (admission.presented?.fields ?? []).map { "\($0.name): \($0.value)" }
    }

    // MARK: Steps

    mutating func add(_ name: String, _ isPassed: Bool, _ detail: String, _ time: Duration) {
        steps.append(Step(name: name, isPassed: isPassed, detail: detail, time: time))
    }

    private mutating func addRoute(_ admission: RouteAdmission, _ rules: GatewayRules, _ time: Duration) {
        guard admission.route >= 0 else {
            if case .refuse(let refusal) = admission.outcome {
                add("route", false, refusal.reason.description, time)
            }
            return
        }
        let route = rules.routes[admission.route].configuration
        add(
            "route", true,
            "\(route.path.description), line \(route.line), access \(route.access.rawValue), policy \(route.policy)",
            time)
    }

    private mutating func awaitKeys(
        _ policy: PolicyConfiguration, _ keys: IssuerKeys, _ configuration: GatewayConfiguration, _ lap: () -> Duration
    ) async {
        let end = ContinuousClock.now + min(configuration.limits.keyTime, .seconds(10))
        for name in policy.issuers {
            if let set = keys.remote[name] {
                while !set.isReady, set.state.lastError == nil, ContinuousClock.now < end {
                    try? await Task.sleep(for: .milliseconds(5))
                }
                let state = set.state
                let failure = state.lastError.map { ": \($0)" } ?? ""
                add("keys of \(name)", set.isReady, "\(state.keys.count) fetched\(failure)", lap())
            } else {
                add("keys of \(name)", true, "\(keys.sources[name]?.current.keys.count ?? 0) from a file", lap())
            }
        }
    }

    /// The stages of a verification in their order. Its time is that of the whole, since none can be had alone.
    private mutating func addStages(until error: VerificationError?, _ time: Duration) {
        let failed = error.map(Self.stage) ?? Self.stages.count
        for (position, name) in Self.stages.enumerated() where position <= failed {
            let isLast = position == min(failed, Self.stages.count - 1)
            add(name, position < failed, position < failed ? "passed" : error?.name ?? "", isLast ? time : .zero)
        }
    }

    private static let stages = [
        "token: shape", "token: header and algorithm", "token: payload", "token: issuer and key", "token: signature",
        "token: claims", "token: revocation",
    ]

    private static func stage(_ error: VerificationError) -> Int {
        switch error {
        case .tokenTooLarge, .notCompact, .invalidEncoding: 0
        case .malformedHeader, .unsupportedAlgorithm, .algorithmNotAllowed, .criticalHeader, .unsupportedHeader,
            .wrongType:
            1
        case .malformedPayload, .duplicateMember, .tooComplex: 2
        case .untrustedIssuer, .keyNotFound, .ambiguousKey, .keyMismatch: 3
        case .signatureLength, .badSignature: 4
        case .revoked, .revocationUnknown: 6
        default: 5
        }
    }
}
