internal import FastVerifyAccess
internal import HTTPTypes

/// A request under a policy that asks for more than a good token: what it shows, and what its answer will say besides. Made for
/// such policies alone, because it copies. Used by one task or loop at a time.
final class PresentedRequest {
    /// Without fields where the policy does not look at them.
    let request: HTTPRequest
    /// `nil` where there is none yet, or where the token is read without a copy.
    var credential: Credential?
    /// Of the connection that the client has made.
    var connectionCertificate: ClientCertificate?
    /// For every answer: what is left in a bucket, a nonce.
    var fields: [(name: String, value: String)] = []
    /// For answers that the gateway gives itself.
    var denialFields: [(name: String, value: String)] = []

    init(_ request: HTTPRequest) { self.request = request }

    /// As lines of HTTP/1.1.
    func lines(ofDenial isDenial: Bool) -> [UInt8] {
        var lines: [UInt8] = []
        for (name, value) in isDenial ? fields + denialFields : fields {
            // Made of configuration and numbers, but for an origin, which has been compared.
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { continue }
            lines += "\(name): \(value)\r\n".utf8
        }
        return lines
    }
}

/// Where the fields of a request are.
enum RequestFields {
    /// In the head of the request that asks, which `RequestHead` has accepted: a proxy hands its client's fields on in it.
    case head(UnsafeRawBufferPointer)
    case list(HTTPFields)

    /// All but `Host`, which the request says elsewhere.
    var all: HTTPFields {
        switch self {
        case .list(let fields): return fields
        case .head(let text): return Self.read(text)
        }
    }

    private static func read(_ text: UnsafeRawBufferPointer) -> HTTPFields {
        var fields = HTTPFields()
        for line in text.split(separator: UInt8(ascii: "\n")).dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
                let name = HTTPField.Name(String(decoding: line[..<colon], as: UTF8.self)), name.canonicalName != "host"
            else { continue }
            let value = text.slice(text.trimmed(colon + 1..<line.endIndex - 1))
            fields.append(HTTPField(name: name, value: String(decoding: value, as: UTF8.self)))
        }
        return fields
    }
}
