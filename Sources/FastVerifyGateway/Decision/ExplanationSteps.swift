internal import FastVerify
internal import FastVerifyAccess
internal import FastVerifyHTTP
internal import HTTPTypes

extension Explanation {
    /// What a client gets that does not pass, and why.
    mutating func answer(_ refusal: Refusal, _ space: ProtectionSpace, _ presented: PresentedRequest?) {
        privateReason = refusal.reason.description
        let response = space.response(to: refusal, presenting: presented?.scheme)
        let more = presented.map { $0.fields + $0.denialFields } ?? []
        publicAnswer =
            ["\(response.status.code) \(response.status.reasonPhrase)"]
            + response.fields.map { "\($0.name.canonicalName): \($0.value)" }
            + more.map { "\($0.name.lowercased()): \($0.value)" } + ["", response.body]
    }

    /// The steps after the signature, each alone.
    mutating func check(
        _ token: VerifiedToken, _ request: Request, _ admission: RouteAdmission, _ rules: GatewayRules, now: Int64,
        _ lap: () -> Duration
    ) throws(Refusal) {
        var facts = AccessRequest(authority: request.host, now: now)
        if let segment = admission.segment { facts.pathParameters = [RouteConfiguration.tenantParameter: segment] }
        let route = rules.routes[admission.route]
        guard let demands = route.demands, let presented = admission.presented else {
            try step("rules of the route", "satisfied", lap) { () throws(Refusal) in
                try route.access.check(token.claims, facts)
            }
            return
        }
        var shown = KeyConfirmation()
        if demands.constraint != nil {
            try step("sender", "may use the token", lap) { () throws(Refusal) in
                shown = try demands.checkSender(token.claims, presented)
            }
        }
        if demands.limiter != nil {
            // Its bucket is full: those of a gateway that is running, it alone knows.
            try step("limits", "within the plan", lap) { () throws(Refusal) in
                try demands.checkQuota(token.claims, presented)
            }
        }
        try step("rules of the route", "satisfied", lap) { () throws(Refusal) in
            try demands.checkRules(token.claims, presented, route.access, facts, shown)
        }
    }

    private mutating func step(
        _ name: String, _ verdict: String, _ lap: () -> Duration, _ body: () throws(Refusal) -> Void
    ) throws(Refusal) {
        do throws(Refusal) {
            try body()
        } catch {
            add(name, false, error.reason.description, lap())
            throw error
        }
        add(name, true, verdict, lap())
    }

    mutating func explainPreflight(_ admission: RouteAdmission, _ rules: GatewayRules, _ space: ProtectionSpace) {
        guard let presented = admission.presented, let crossOrigin = rules.routes[admission.route].demands?.crossOrigin
        else { return }
        switch crossOrigin.preflight(presented.request) {
        case .refused:
            add("preflight", false, "origin or method not allowed", .zero)
            answer(Refusal(.forbidden, "preflight_refused"), space, presented)
        case .passed:
            add("preflight", true, "left to the service", .zero)
            publicAnswer = ["the request passes, without an identity"]
        case .answered:
            add("preflight", true, "answered", .zero)
            publicAnswer =
                ["204 No Content"] + crossOrigin.preflightFields(presented.request).map { "\($0.name): \($0.value)" }
        }
    }

    mutating func awaitFeed(
        _ feed: RevocationFeed?, _ configuration: GatewayConfiguration, _ lap: () -> Duration
    ) async {
        guard let feed else { return }
        let end = ContinuousClock.now + min(configuration.limits.keyTime, .seconds(10))
        while !feed.isReady, feed.state.lastError == nil, ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(5))
        }
        let failure = feed.state.lastError.map { ": \($0)" } ?? ""
        add("revocations", feed.isReady, (feed.isReady ? "complete" : "not complete") + failure, lap())
    }
}
