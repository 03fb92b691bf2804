internal import FastVerifyHTTP

/// `revocation`: who says which tokens count no more, and what becomes of all when nobody says anything.
struct RevocationConfiguration: Sendable, Hashable {
    enum Outage: String, Sendable, Hashable, CaseIterable {
        /// What was known last counts.
        case open
        /// Nobody passes: 503.
        case closed
    }

    enum Feed: Sendable, Hashable {
        /// Lines that are appended.
        case file(String)
        /// Server-sent events.
        case events(String)
        case longPoll(String)
    }

    enum Confirmation: String, Sendable, Hashable, CaseIterable { case contact, statement }

    let feed: Feed?
    /// Names of issuers with the places of their status lists.
    let lists: [String: [String]]
    /// How long a status list counts at least, whatever its `ttl` says; also the shortest pause between two fetches of it.
    let listAge: Duration
    let outage: Outage
    /// Seconds without news after which `closed` closes.
    let staleness: Int64
    let capacity: Int
    let confirmation: Confirmation
    let tenantClaim: String
    /// A file with the value of `Authorization` for the feed.
    let authorization: String?
    let allowedAddresses: [String]
    let allowsInsecureHTTP: Bool
    let trustRoots: String?

    init?(_ value: ConfigurationValue, issuers: [String]) {
        guard let members = value.mapping("feed, status_lists, outage, staleness") else { return nil }
        let feed = members.optional("feed")
        self.feed = feed.flatMap(Self.feed)
        let lists = members.optional("status_lists")
        self.lists = lists.map { Self.lists($0, issuers) } ?? [:]
        let listAge = members.optional("list_age")
        self.listAge = listAge?.duration(.seconds(1)...(.seconds(86_400))) ?? .seconds(60)
        // No default: the one choice lets revoked tokens in, the other lets nobody in.
        let outage = members.required("outage", "open or closed")?.choice(Outage.self)
        let staleness = members.optional("staleness")
        let day = Duration.seconds(86_400)
        self.staleness = staleness?.duration(.seconds(1)...day)?.components.seconds ?? 120
        capacity = members.optional("capacity")?.number(1...100_000_000) ?? 1_000_000
        confirmation = members.optional("confirmation")?.choice(Confirmation.self) ?? .contact
        tenantClaim = members.optional("tenant_claim")?.text("the name of a claim") ?? "tenant"
        authorization = members.optional("authorization")?.text("the name of a file with the field's value")
        allowedAddresses = members.optional("allow_addresses")?.texts("an address block such as 10.0.0.0/8") ?? []
        allowsInsecureHTTP = members.optional("allow_http")?.flag() ?? false
        trustRoots = members.optional("trust_roots")?.text("a file name")
        members.finish()
        if lists == nil { listAge?.report("means nothing without status_lists") }
        if outage == .open { staleness?.report("means nothing with outage: open") }
        if AddressRule(allowing: allowedAddresses) == nil {
            members.optional("allow_addresses")?.report("expected address blocks such as 10.0.0.0/8")
        }
        if feed == nil, lists == nil { value.report("expected feed, status_lists or both") }
        guard let outage, feed != nil || lists != nil else { return nil }
        self.outage = outage
    }

    private static func feed(_ value: ConfigurationValue) -> Feed? {
        guard let members = value.mapping("file, events or long_poll") else { return nil }
        let file = members.optional("file")?.text("a file name").map(Feed.file)
        let events = members.optional("events")?.text("a URL").map(Feed.events)
        let poll = members.optional("long_poll")?.text("a URL").map(Feed.longPoll)
        members.finish()
        let all = [file, events, poll].compactMap(\.self)
        if all.count != 1 { value.report("expected exactly one of file, events, long_poll") }
        return all.first
    }

    /// A list of places where there is one issuer, else names of issuers with such lists.
    private static func lists(_ value: ConfigurationValue, _ issuers: [String]) -> [String: [String]] {
        guard value.isMapping else {
            let places = value.texts("a URL")
            if issuers.count == 1 { return [issuers[0]: places] }
            value.report("expected the names of issuers with their lists: there are several")
            return [:]
        }
        var lists: [String: [String]] = [:]
        for (name, value) in value.mapping()?.all() ?? [] {
            if issuers.contains(name) {
                lists[name] = value.texts("a URL")
            } else {
                value.report("the policy trusts no issuer '\(name)'; there are: \(issuers.joined(separator: ", "))")
            }
        }
        return lists
    }
}
