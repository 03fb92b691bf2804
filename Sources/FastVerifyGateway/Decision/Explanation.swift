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
    public private(set) var publicAnswer: [String] = []
    /// What logs and metrics call it; `nil` where the request passes.
    public private(set) var privateReason: String?
    /// What the service behind the proxy learns.
    public private(set) var identity: [(name: String, value: String)] = []

    /// A request as a client would send it.
    public struct Request: Sendable {
        public var method: String
        /// Path and query.
        public var target: String
        public var host: String
        /// The values of its `Authorization` fields.
        public var authorization: [String]

        public init(method: String = "GET", target: String = "/", host: String = "localhost", authorization: [String]) {
            self.method = method
            self.target = target
            self.host = host
            self.authorization = authorization
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
        let keyring = IssuerKeyring(
            logger: Logger(label: "explain") { _ in SwiftLogNoOpLogHandler() }, registry: PrometheusRegistry())
        defer { keyring.stop() }
        let keys = try keyring.keys(for: configuration)
        let unix = time.map { UnixClock.fixed($0) } ?? .system
        let rules = GatewayRules(configuration, keys: keys, cache: nil, clock: unix)
        add("configuration", true, "\(configuration.routes.count) routes in \(file)", lap())

        let (admission, token) = Self.admit(request, rules)
        addRoute(admission, rules, lap())
        let space =
            admission.route >= 0
            ? rules.routes[admission.route].access.space : ProtectionSpace(realm: "gateway")
        switch admission.outcome {
        case .refuse(let refusal):
            if admission.route >= 0 { add("credentials", false, refusal.reason.description, .zero) }
            answer(refusal, space)
            return
        case .passAnonymous:
            add("credentials", true, "none needed", .zero)
            identity = rules.identity.fields.map { ($0.name, "") }
            publicAnswer = ["the request passes, without an identity"]
            return
        case .verify: add("credentials", true, "one bearer token of \(token.count) characters", .zero)
        }

        let policy = rules.policies[admission.policy]
        await awaitKeys(configuration.policies[admission.policy].policy, keys, configuration, lap)
        let verified: VerifiedToken
        do throws(VerificationError) {
            _ = lap()
            verified = try policy.verifier.verify(token)
        } catch {
            addStages(until: error, lap())
            answer(Refusal(error), space)
            return
        }
        addStages(until: nil, lap())
        do throws(Refusal) {
            try Self.check(verified, request, admission, rules, now: unix.now)
        } catch {
            add("rules of the route", false, error.reason.description, lap())
            answer(error, space)
            return
        }
        add("rules of the route", true, "satisfied", lap())
        identity = rules.identity.values(verified.claims)
        publicAnswer = ["the request passes"]
    }

    // MARK: Steps

    private mutating func add(_ name: String, _ isPassed: Bool, _ detail: String, _ time: Duration) {
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

    private mutating func answer(_ refusal: Refusal, _ space: ProtectionSpace) {
        privateReason = refusal.reason.description
        let response = space.response(to: refusal)
        publicAnswer =
            ["\(response.status.code) \(response.status.reasonPhrase)"]
            + response.fields.map { "\($0.name.canonicalName): \($0.value)" } + ["", response.body]
    }

    private static func check(
        _ token: VerifiedToken, _ request: Request, _ admission: RouteAdmission, _ rules: GatewayRules, now: Int64
    ) throws(Refusal) {
        var facts = AccessRequest(authority: request.host, now: now)
        if let segment = admission.segment { facts.pathParameters = [RouteConfiguration.tenantParameter: segment] }
        try rules.routes[admission.route].access.check(token.claims, facts)
    }

    private static func admit(_ request: Request, _ rules: GatewayRules) -> (RouteAdmission, [UInt8]) {
        RouteAdmission.make(
            method: request.method, target: request.target, host: request.host, authorization: request.authorization,
            rules)
    }
}
