/// What a response says about keeping it (RFC 9111). `Expires` and the directives for shared caches are not looked at;
/// `must-revalidate` cannot be obeyed by a verifier that is to outlive an outage, the stale limit bounds it instead.
struct Freshness: Sendable, Hashable {
    /// `max-age` less `Age`; zero for `no-store` and `no-cache`; `nil` where nothing is said.
    let maxAge: Duration?
    /// False for `no-store`: nothing may be written to a file.
    let isStorable: Bool

    init(maxAge: Duration?, isStorable: Bool) {
        self.maxAge = maxAge
        self.isStorable = isStorable
    }

    init(_ response: KeyResponse) {
        var maxAge: Int64?
        var isStorable = true
        for directive in response.values("cache-control").flatMap({ $0.lowercased().split(separator: ",") }) {
            let parts = directive.split(separator: "=", maxSplits: 1).map { $0.trimming(" \t") }
            switch parts.first {
            case "no-store":
                isStorable = false
                maxAge = 0
            case "no-cache": maxAge = 0
            case "max-age":
                // One that cannot be read counts as stale (RFC 9111 §4.2.1).
                let seconds = parts.count == 2 ? Self.seconds(parts[1].trimming("\"")) ?? 0 : 0
                maxAge = min(maxAge ?? .max, seconds)
            default: break
            }
        }
        if let age = response.value("age").flatMap({ Self.seconds($0.trimming(" \t")) }), let limit = maxAge {
            maxAge = max(0, limit - age)
        }
        self.maxAge = maxAge.map { .seconds($0) }
        self.isStorable = isStorable
    }

    /// RFC 9111 §1.2.2: digits; what is too large for anybody counts as 2^31.
    static func seconds(_ text: some StringProtocol) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        return min(Int64(text) ?? 1 << 31, 1 << 31)
    }

    /// `Retry-After` in seconds or as a date (RFC 9110 §10.2.3). A date counts from the server's own `Date` where there is
    /// one, since its clock need not be ours; one that has passed asks for no pause.
    static func retryAfter(_ response: KeyResponse, now: Int64) -> Duration? {
        guard let text = response.value("retry-after")?.trimming(" \t") else { return nil }
        if let seconds = seconds(text) { return .seconds(seconds) }
        guard let time = HTTPDate.time(text) else { return nil }
        let sent = response.value("date").flatMap { HTTPDate.time($0.trimming(" \t")) } ?? now
        let (pause, overflows) = time.subtractingReportingOverflow(sent)
        return .seconds(overflows ? 0 : min(max(0, pause), 1 << 31))
    }
}

extension StringProtocol {
    /// Without these characters at both ends.
    func trimming(_ characters: String) -> String {
        guard let first = firstIndex(where: { !characters.contains($0) }),
            let last = lastIndex(where: { !characters.contains($0) })
        else { return "" }
        return String(self[first...last])
    }
}
