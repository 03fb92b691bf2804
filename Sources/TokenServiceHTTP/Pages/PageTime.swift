internal import Foundation

/// Moments for people. The service does not know their time zone, and without a script the browser does not tell: so a span, or UTC.
enum PageTime {
    /// `5 minutes ago`, with the moment for machines and for whoever points at it.
    static func ago(_ unix: Int64, now: Int64) -> HTML {
        let moment = Date(timeIntervalSince1970: TimeInterval(unix)).formatted(.iso8601)
        let shown = "\(moment.prefix(10)) \(moment.dropFirst(11).prefix(5)) UTC"
        return "<time datetime=\"\(moment)\" title=\"\(shown)\">\(span(max(0, now - unix)))</time>"
    }

    private static func span(_ seconds: Int64) -> String {
        guard seconds >= 60 else { return "just now" }
        let (count, unit) =
            seconds < 3600
            ? (seconds / 60, "minute") : seconds < 86_400 ? (seconds / 3600, "hour") : (seconds / 86_400, "day")
        return "\(count) \(unit)\(count == 1 ? "" : "s") ago"
    }
}
