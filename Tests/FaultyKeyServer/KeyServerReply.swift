/// What the server does once it has read a request: bytes on the wire, well-formed or not.
public enum KeyServerReply: Sendable {
    /// How a connection goes on after the bytes.
    public enum Ending: Sendable {
        case close
        /// The peer sees ECONNRESET.
        case reset
        /// Nothing more ever comes.
        case hold
    }

    case bytes([UInt8], Ending)
    /// The bytes at the end go on for ever, as fast as they are read.
    case endless([UInt8], repeating: [UInt8])
    /// What a test sends, when it sends it.
    case live(LiveReply)
    /// One byte at a time, so many milliseconds apart.
    case drip([UInt8], milliseconds: Int64)

    /// A whole response. `Content-Length` is added, the connection is closed.
    public static func response(
        _ status: Int, _ headers: [(String, String)] = [("Content-Type", "application/json")], _ body: [UInt8] = []
    ) -> KeyServerReply {
        .bytes(head(status, headers + [("Content-Length", "\(body.count)")]) + body, .close)
    }

    public static func json(_ text: String, _ headers: [(String, String)] = []) -> KeyServerReply {
        response(200, [("Content-Type", "application/json")] + headers, Array(text.utf8))
    }

    public static func head(_ status: Int, _ headers: [(String, String)]) -> [UInt8] {
        let lines = headers.map { "\($0.0): \($0.1)\r\n" }.joined()
        return Array("HTTP/1.1 \(status) x\r\nConnection: close\r\n\(lines)\r\n".utf8)
    }
}

/// A request as it came.
public struct KeyServerRequest: Sendable {
    public let path: String
    /// Names in lower case.
    public let headers: [String: String]

    init(_ text: String) {
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: true)
        let words = lines.first?.split(separator: " ") ?? []
        path = words.count > 1 ? String(words[1]) : ""
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let mark = line.firstRange(of: ":") else { continue }
            headers[line[..<mark.lowerBound].lowercased()] = line[mark.upperBound...].drop { $0 == " " }.description
        }
        self.headers = headers
    }
}
