internal import FastVerifyAccess

/// `limits` of a policy: how often somebody may come, by a plan that the token names.
struct QuotaConfiguration: Sendable, Hashable {
    let plans: [LimitPlan]
    let others: LimitPlan
    let planClaim: [String]
    let subjects: [RateLimiter.Subject]
    let capacity: Int

    init?(_ value: ConfigurationValue) {
        guard let members = value.mapping("plans, others, claim, subjects") else { return nil }
        plans =
            members.optional("plans")?.mapping("names with requests and window")?.all().compactMap { name, value in
                Self.plan(name, value)
            } ?? []
        let plans = plans
        let others = members.required("others", "a plan, or the name of one")
        let plan = others.flatMap { value -> LimitPlan? in
            guard value.isScalar else { return Self.plan("default", value) }
            guard let name = value.text("a plan, or the name of one") else { return nil }
            let plan = plans.first { $0.name == name }
            if plan == nil {
                let names = plans.map(\.name).joined(separator: ", ")
                value.report("no plan is called '\(name)'; there are: \(names.isEmpty ? "none" : names)")
            }
            return plan
        }
        planClaim = members.optional("claim")?.texts("names from the top inwards") ?? ["plan"]
        let named = members.optional("subjects")
        if let named, named.list().isEmpty { named.report("everybody would share one bucket: expected a subject") }
        subjects = named?.list().compactMap(Self.subject) ?? [.subject]
        capacity = members.optional("capacity")?.number(1...(1 << 28)) ?? 1 << 16
        members.finish()
        guard let plan else { return nil }
        self.others = plan
    }

    private static func plan(_ name: String, _ value: ConfigurationValue) -> LimitPlan? {
        guard let members = value.mapping("requests, window, burst") else { return nil }
        let requests = members.required("requests", "how many in a window")?.number(1...(1 << 40))
        let year = Duration.seconds(366 * 86_400)
        let window = members.optional("window")?.duration(.seconds(1)...year)?.components.seconds ?? 60
        let burst = members.optional("burst")?.number(1...(1 << 40))
        members.finish()
        guard name.unicodeScalars.allSatisfy({ (0x20..<0x7F).contains($0.value) }) else {
            value.report("the name of a plan is sent to clients: expected ASCII")
            return nil
        }
        return requests.map { LimitPlan(name, requests: $0, window: Int(window), burst: burst) }
    }

    private static func subject(_ value: ConfigurationValue) -> RateLimiter.Subject? {
        guard value.isScalar else {
            guard let members = value.mapping("subject, tenant, client, or claim: name") else { return nil }
            let path = members.required("claim", "names from the top inwards")?.texts("the name of a claim")
            members.finish()
            return path.map { .claim($0) }
        }
        switch value.text("subject, tenant, client, or claim: name") {
        case "subject": return .subject
        case "tenant": return .tenant()
        case "client": return .client
        case nil: return nil
        default:
            value.report("expected subject, tenant, client, or { claim: name }")
            return nil
        }
    }
}
