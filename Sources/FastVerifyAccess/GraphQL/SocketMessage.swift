internal import FastVerify

/// A message of a client in the protocol `graphql-transport-ws`.
enum SocketMessage: Equatable {
    /// The credentials of its payload, if any.
    case initialise([String])
    /// The credentials of its payload, by which a lease is renewed.
    case ping([String])
    case pong
    /// The whole payload is JSON text, whose `query` is a string.
    case subscribe(id: String, payload: String)
    case complete(id: String)

    /// Not a message of the protocol.
    struct Malformed: Error {}

    /// Reads a text message. `members` are names of the payload that may hold a token.
    static func read(
        _ text: [UInt8], _ readers: JSONReaders, members: [String], idBytes: Int
    ) throws(Malformed) -> SocketMessage {
        let result = text.withUnsafeBytes { text in
            try? readers.read(text) { message in
                Result { () throws(Malformed) in try parse(message, members: members, idBytes: idBytes) }
            }
        }
        guard let result else { throw Malformed() }
        return try result.get()
    }

    private static func parse(
        _ message: borrowing ClaimSet, members: [String], idBytes: Int
    ) throws(Malformed) -> SocketMessage {
        let payload = message["payload"]
        switch message["type"]?.string {
        case "connection_init": return .initialise(try credentials(payload, members))
        case "ping": return .ping(try credentials(payload, members))
        case "pong":
            _ = try credentials(payload, [])
            return .pong
        case "subscribe":
            guard let payload, payload.kind == .object, payload["query"]?.kind == .string,
                isAbsent(payload["operationName"], or: .string), isAbsent(payload["variables"], or: .object),
                isAbsent(payload["extensions"], or: .object)
            else { throw Malformed() }
            return .subscribe(id: try id(message, idBytes), payload: payload.text)
        case "complete": return .complete(id: try id(message, idBytes))
        default: throw Malformed()
        }
    }

    private static func id(_ message: borrowing ClaimSet, _ longest: Int) throws(Malformed) -> String {
        guard let id = message["id"]?.string, 1...max(1, longest) ~= id.utf8.count else { throw Malformed() }
        return id
    }

    private static func isAbsent(_ value: ClaimValue?, or kind: ClaimValue.Kind) -> Bool {
        guard let value else { return true }
        return value.kind == .null || value.kind == kind
    }

    /// The members of a payload that could be a token, all of which must be strings.
    private static func credentials(_ payload: ClaimValue?, _ members: [String]) throws(Malformed) -> [String] {
        guard let payload, payload.kind != .null else { return [] }
        guard payload.kind == .object else { throw Malformed() }
        var found: [String] = []
        for name in members {
            guard let value = payload[name], value.kind != .null else { continue }
            guard let text = value.string else { throw Malformed() }
            found.append(text)
        }
        return found
    }
}
