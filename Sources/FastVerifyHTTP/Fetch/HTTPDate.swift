/// The time of an HTTP-date in seconds since 1970 (RFC 9110 §5.6.7): all three forms, as recipients have to.
///
///     Sun, 06 Nov 1994 08:49:37 GMT      IMF-fixdate
///     Sunday, 06-Nov-94 08:49:37 GMT     RFC 850, obsolete
///     Sun Nov  6 08:49:37 1994           asctime, obsolete
///
/// The name of the day is not held against the date. Nothing before 1970 is a time.
enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let longDays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

    static func time(_ text: some StringProtocol) -> Int64? {
        guard text.utf8.count <= 40 else { return nil }
        let parts = String(text).split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 6, parts[5] == "GMT", parts[1].utf8.count == 2, days.contains(where: { parts[0] == "\($0)," })
        {
            return time(parts[1], parts[2], year: number(parts[3], digits: 4), parts[4])
        }
        if parts.count == 4, parts[3] == "GMT", longDays.contains(where: { parts[0] == "\($0)," }) {
            let date = parts[1].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
            guard date.count == 3, let year = number(date[2], digits: 2) else { return nil }
            // Two digits mean the past where they would be more than 50 years ahead; no answer is older than HTTP.
            return time(date[0], date[1], year: year < 90 ? 2000 + year : 1900 + year, parts[2])
        }
        // A day below ten stands after two spaces.
        let isPadded = parts.count == 6 && parts[2].isEmpty && parts[3].utf8.count == 1
        guard parts.count == 5 || isPadded, days.contains(parts[0]) else { return nil }
        return time(
            isPadded ? "0" + parts[3] : parts[2], parts[1], year: number(parts[parts.count - 1], digits: 4),
            parts[parts.count - 2])
    }

    private static func time(_ day: String, _ month: String, year: Int64?, _ clock: String) -> Int64? {
        let clock = clock.split(separator: ":", omittingEmptySubsequences: false)
        guard clock.count == 3, let day = number(day, digits: 2), let month = months.firstIndex(of: month), let year,
            year >= 1970,
            let hours = number(clock[0], digits: 2), let minutes = number(clock[1], digits: 2),
            let seconds = number(clock[2], digits: 2), hours < 24, minutes < 60, seconds <= 60,
            (1...length(of: month, year)).contains(day)
        else { return nil }
        return ((daysBefore(year, month) + day - 1) * 24 + hours) * 3600 + minutes * 60 + seconds
    }

    private static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func length(of month: Int, _ year: Int64) -> Int64 {
        month == 1 ? (isLeap(year) ? 29 : 28) : [3, 5, 8, 10].contains(month) ? 30 : 31
    }

    /// Days from 1970-01-01 to the first of a month, counted from 0.
    private static func daysBefore(_ year: Int64, _ month: Int) -> Int64 {
        // 719,162 days lie in the years from 1 to 1969.
        let last = year - 1
        let years = last * 365 + last / 4 - last / 100 + last / 400 - 719_162
        return (0..<month).reduce(years) { $0 + length(of: $1, year) }
    }

    private static func number(_ text: some StringProtocol, digits: Int) -> Int64? {
        guard text.utf8.count == digits, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
        else { return nil }
        return Int64(text)
    }
}
