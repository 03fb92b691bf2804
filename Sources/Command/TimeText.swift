#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Points in time and spans, for people.
enum TimeText {
    /// `2026-11-21T09:41:00Z`; `nil` outside the years 1 to 9999, for which there is no such form.
    static func iso8601(_ unix: Int64) -> String? {
        guard -62_135_596_800..<253_402_300_800 ~= unix else { return nil }
        var seconds = time_t(unix)
        var parts = tm()
        guard gmtime_r(&seconds, &parts) != nil else { return nil }
        func padded(_ number: Int32, _ width: Int) -> String {
            let digits = "\(number)"
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let day = [padded(parts.tm_year + 1900, 4), padded(parts.tm_mon + 1, 2), padded(parts.tm_mday, 2)]
        let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded($0, 2) }
        return day.joined(separator: "-") + "T" + time.joined(separator: ":") + "Z"
    }

    /// `in 3 minutes`, `2 days ago`, `now`.
    static func relative(_ unix: Int64, now: Int64) -> String {
        let (difference, overflow) = unix.subtractingReportingOverflow(now)
        guard !overflow, difference != 0 else { return overflow ? "out of range" : "now" }
        let text = span(difference.magnitude)
        return difference > 0 ? "in \(text)" : "\(text) ago"
    }

    /// A length of time in its largest whole unit.
    static func span(_ seconds: UInt64) -> String {
        let units: [(UInt64, String)] = [(31_557_600, "year"), (86_400, "day"), (3600, "hour"), (60, "minute")]
        let (size, name) = units.first { seconds >= $0.0 } ?? (1, "second")
        let count = seconds / size
        return "\(count) \(name)\(count == 1 ? "" : "s")"
    }
}
