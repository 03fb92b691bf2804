import FastVerify

/// What `inspect` prints about one token.
struct TokenReport {
    /// What became of the checks.
    struct Verdict {
        let error: VerificationError?
        /// What was checked and holds; empty where nothing is verified.
        let checked: [String]

        var isVerified: Bool { error == nil && !checked.isEmpty }
    }

    let token: TokenText
    let verdict: Verdict
    let findings: [Finding]
    let now: Int64

    private static let timeNames = ["iat", "nbf", "exp", "auth_time", "updated_at"]

    /// Claims that are times, in order of meaning.
    private var times: [(name: String, seconds: Int64)] {
        guard let claims = token.payload.members else { return [] }
        return Self.timeNames.compactMap { name in claims.seconds(name).map { (name, $0) } }
    }

    // MARK: For people

    var text: String {
        var parts = [banner, "Header\n" + Self.text(token.header), "Payload\n" + Self.text(token.payload)]
        if !times.isEmpty {
            let rows = times.map { name, seconds in
                ["  " + name, TimeText.iso8601(seconds) ?? "\(seconds)", TimeText.relative(seconds, now: now)]
            }
            parts.append("Times\n" + Table.text(rows))
        }
        if !findings.isEmpty {
            parts.append("Findings\n" + Table.text(findings.map { ["  " + $0.severity.rawValue, $0.text] }))
        }
        return parts.joined(separator: "\n\n")
    }

    private var banner: String {
        if let error = verdict.error {
            return "NOT VALID: \(error.name): \(error.explanation). Do not trust what follows."
        }
        guard verdict.isVerified else {
            return "NOT VERIFIED: no key was given, so anybody can have written what follows."
        }
        let open = ["issuer", "audience"].filter { !verdict.checked.contains($0) }
        return "VERIFIED: \(verdict.checked.joined(separator: ", "))."
            + (open.isEmpty ? "" : " NOT checked: \(open.joined(separator: ", ")).")
    }

    /// A segment laid out for reading; of what is no JSON, the beginning.
    private static func text(_ segment: TokenText.Segment) -> String {
        guard let bytes = segment.bytes else { return "  (\(segment.error?.explanation ?? "nothing there"))" }
        if segment.members != nil || segment.error == .duplicateMember || segment.error == .tooComplex {
            return JSONLayout.indented(bytes, margin: 2)
        }
        let excerpt = String(decoding: bytes.prefix(256), as: UTF8.self).printable
        return "  (not a JSON object) \(excerpt)\(bytes.count > 256 ? "…" : "")"
    }

    // MARK: For programs

    var json: String {
        var report = JSONMembers()
        report["verified"] = "\(verdict.isVerified)"
        report["checked"] = JSONMembers.array(verdict.checked)
        report["error"] = verdict.error.map { JSONText.quoted($0.name) }
        report["explanation"] = verdict.error.map { JSONText.quoted($0.explanation) }
        report["header"] = token.header.members?.json ?? "null"
        report["payload"] = token.payload.members?.json ?? "null"
        var named = JSONMembers()
        for (name, seconds) in times { named[name] = TimeText.iso8601(seconds).map(JSONText.quoted) }
        report["times"] = named.json
        let findings = findings.map { JSONText.object([("severity", $0.severity.rawValue), ("text", $0.text)]) }
        report["findings"] = "[" + findings.joined(separator: ",") + "]"
        return JSONLayout.indented(Array(report.json.utf8))
    }
}
