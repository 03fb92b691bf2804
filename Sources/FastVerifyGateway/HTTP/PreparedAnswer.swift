internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// An answer whose bytes are known before the request is.
struct PreparedAnswer: Sendable, Hashable {
    let status: UInt16
    /// Status line and fields, but for the date and what the connection adds.
    private let head: [UInt8]
    private let body: [UInt8]

    /// No field may have a line break in it; whoever makes answers sees to that, and it is checked here once.
    init(_ status: UInt16, _ fields: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.body = body
        var head = "HTTP/1.1 \(status) \(Self.phrase(status))\r\n"
        for (name, value) in fields {
            let isOneLine = value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            head += "\(name): \(isOneLine ? value : "")\r\n"
        }
        // RFC 9110 §8.6: not for 204.
        if status != 204 { head += "Content-Length: \(body.count)\r\n" }
        self.head = Array(head.utf8)
    }

    /// Writes the answer; `more` stands among its fields.
    @inline(__always)
    func write(
        to buffer: inout ByteBuffer, date: DateField, connection: ConnectionField, hidesBody: Bool,
        more: [UInt8] = []
    ) {
        buffer.writeBytes(head)
        if !more.isEmpty { buffer.writeBytes(more) }
        buffer.writeBytes(date.line)
        buffer.writeStaticString(connection.end)
        if !hidesBody, !body.isEmpty { buffer.writeBytes(body) }
    }

    private static func phrase(_ status: UInt16) -> StaticString {
        switch status {
        case 200: "OK"
        case 204: "No Content"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 417: "Expectation Failed"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: "Unknown"
        }
    }
}

/// What an answer says about the connection, with the empty line that ends the head.
enum ConnectionField {
    case close, keepAlive, unsaid

    var end: StaticString {
        switch self {
        case .close: "Connection: close\r\n\r\n"
        case .keepAlive: "Connection: keep-alive\r\n\r\n"
        case .unsaid: "\r\n"
        }
    }
}

/// `Date` (RFC 9110 §6.6.1), written anew when a second has passed.
struct DateField {
    private(set) var line: [UInt8] = []
    private var second: Int = -1

    mutating func update() {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        guard now.tv_sec != second else { return }
        second = now.tv_sec
        var parts = tm()
        gmtime_r(&now.tv_sec, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let date =
            "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(1900 + parts.tm_year)"
        let time = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        line = Array("Date: \(date) \(time) GMT\r\n".utf8)
    }
}
