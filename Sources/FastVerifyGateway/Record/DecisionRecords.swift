internal import FastVerifyAccess

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The two records of a gateway.
///
/// The **access log** is for operators: a line that finds no room is dropped and counted, because no request should wait for a
/// log. The **audit log** is for whoever must answer later for what was allowed: if its line finds no room, the request is refused
/// with 503 (`audit_overflow: refuse`), or at least the number of missing lines is written (`count`). Never does it lose one silently.
final class DecisionRecords: Sendable {
    private let access: RecordWriter?
    private let audit: RecordWriter?
    private let overflow: LogConfiguration.AuditOverflow

    init(_ logs: LogConfiguration) throws(ConfigurationError) {
        access = try Self.writer(logs.access, logs.buffer)
        audit = try Self.writer(logs.audit, logs.buffer)
        overflow = logs.auditOverflow
    }

    private static func writer(_ target: LogConfiguration.Target, _ size: Int) throws(ConfigurationError)
        -> RecordWriter?
    {
        switch target {
        case .off: nil
        case .standardOutput: try RecordWriter(path: nil, limit: size)
        case .file(let path): try RecordWriter(path: path, limit: size)
        }
    }

    var isOn: Bool { access != nil || audit != nil }

    /// False when the request must not go on, because it would not be on record.
    func write(
        _ facts: DecisionRecord.Facts, _ verdict: StaticString, _ refusal: Refusal?, _ subject: DecisionRecord.Subject
    ) -> Bool {
        let time = TimeStamp.now
        _ = access?.write(DecisionRecord.line(facts, verdict, refusal, nil, time: time))
        let isTaken = audit?.write(DecisionRecord.line(facts, verdict, refusal, subject, time: time)) ?? true
        return isTaken || overflow == .count
    }

    func reopen() {
        access?.reopen()
        audit?.reopen()
    }

    func flush() {
        access?.flush()
        audit?.flush()
    }

    var missing: (access: UInt64, audit: UInt64) { (access?.missingCount ?? 0, audit?.missingCount ?? 0) }
}

/// RFC 3339 with milliseconds, UTC.
enum TimeStamp {
    static var now: String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        gmtime_r(&time.tv_sec, &parts)
        func digits(_ number: Int, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
        }
        let date =
            "\(digits(Int(parts.tm_year) + 1900, 4))-\(digits(Int(parts.tm_mon) + 1, 2))-\(digits(Int(parts.tm_mday), 2))"
        let clock = "\(digits(Int(parts.tm_hour), 2)):\(digits(Int(parts.tm_min), 2)):\(digits(Int(parts.tm_sec), 2))"
        return "\(date)T\(clock).\(digits(time.tv_nsec / 1_000_000, 3))Z"
    }
}
