internal import FastVerifyAccess
internal import HTTPTypes

/// A request under a policy that asks for more than a good token: what it shows, and what its answer will say besides. Made for
/// such policies alone, because it copies. Used by one task or loop at a time.
final class PresentedRequest {
    /// Without fields where the policy does not look at them.
    let request: HTTPRequest
    /// `nil` where there is none yet, or where the token is read without a copy.
    var credential: Credential?
    /// That of the credential, good or malformed: its challenge gets the error.
    var scheme = CredentialScheme.bearer
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

/// The fields of a request's head, as `HTTPTypes` has them.
enum HeadFields {
    /// All but `Host`, which a request says elsewhere. `head` is one that `RequestHead` has accepted, or empty.
    static func read(_ head: UnsafeRawBufferPointer) -> HTTPFields {
        var fields = HTTPFields()
        for line in head.split(separator: UInt8(ascii: "\n")).dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
                let name = HTTPField.Name(String(decoding: line[..<colon], as: UTF8.self)), name.canonicalName != "host"
            else { continue }
            let value = head.slice(head.trimmed(colon + 1..<line.endIndex - 1))
            fields.append(HTTPField(name: name, value: String(decoding: value, as: UTF8.self)))
        }
        return fields
    }

    /// A head with these fields, for requests that came otherwise. No value of a field has a line break.
    static func write(_ fields: HTTPFields) -> [UInt8] {
        var head = Array("* * HTTP/1.1\r\n".utf8)
        for field in fields { head += "\(field.name.rawName): \(field.value)\r\n".utf8 }
        return head
    }
}
