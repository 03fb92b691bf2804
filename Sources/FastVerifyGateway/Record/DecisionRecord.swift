internal import FastVerify
internal import FastVerifyAccess
internal import HTTPTypes

/// Who asked for what, when, and what was decided. Never a token, never a query.
enum DecisionRecord {
    /// What is known before the token is.
    struct Facts: Sendable {
        let endpoint: StaticString
        let method: String
        let host: String
        let path: String
        var route = -1
    }

    /// Of a verified token; empty for others, whose claims are what a stranger wrote.
    struct Subject: Sendable {
        var subject: String?
        var issuer: String?
        var client: String?
        var tokenID: String?

        init() {}

        init(_ claims: borrowing ClaimSet) {
            subject = claims.subject
            issuer = claims.issuer
            client = claims.clientID
            tokenID = claims.tokenID
        }
    }

    /// One line of JSON.
    static func line(
        _ facts: Facts, _ verdict: StaticString, _ refusal: Refusal?, _ subject: Subject?, time: String
    ) -> [UInt8] {
        var line = LineOfJSON()
        line.add("time", time)
        line.add("endpoint", "\(facts.endpoint)")
        line.add("method", facts.method)
        line.add("host", facts.host)
        line.add("path", facts.path)
        if facts.route >= 0 { line.add("route", facts.route) }
        line.add("verdict", "\(verdict)")
        if let refusal {
            line.add("status", refusal.answer.status.code)
            line.add("reason", refusal.reason.description)
        }
        if let subject {
            if let text = subject.issuer { line.add("iss", text) }
            if let text = subject.subject { line.add("sub", text) }
            if let text = subject.client { line.add("client_id", text) }
            if let text = subject.tokenID { line.add("jti", text) }
        }
        return line.ended
    }
}

/// An object of JSON in one line (NDJSON), whatever is in its texts.
struct LineOfJSON {
    private var bytes: [UInt8] = []
    /// Characters of one text; more are cut off.
    private static let longest = 1024

    mutating func add(_ name: StaticString, _ value: Int) {
        begin(name)
        bytes += "\(value)".utf8
    }

    mutating func add(_ name: StaticString, _ value: String) {
        begin(name)
        bytes.append(UInt8(ascii: "\""))
        for scalar in value.unicodeScalars.prefix(Self.longest) {
            switch scalar {
            case "\"", "\\": bytes += "\\\(scalar)".utf8
            // Controls, and what JavaScript and terminals take for a line's end or a change of direction.
            case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{200E}"..."\u{200F}", "\u{2028}"..."\u{202E}",
                "\u{2066}"..."\u{2069}":
                let digits = String(scalar.value, radix: 16)
                bytes += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
            default: bytes += String(scalar).utf8
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func begin(_ name: StaticString) {
        bytes += (bytes.isEmpty ? "{\"\(name)\":" : ",\"\(name)\":").utf8
    }

    var ended: [UInt8] { bytes + "}\n".utf8 }
}
