internal import FastVerify

/// What a GraphQL server asks of connections of `graphql-transport-ws`. One for all connections; safe to share.
public struct SocketRules: Sendable {
    /// The subprotocol to accept in the handshake.
    public static let subprotocol = "graphql-transport-ws"

    /// What happens when the lease of a connection ends.
    public enum Ending: Sendable, Hashable {
        /// The connection is closed with 4403. Clients by the authors of the protocol take that as worth another try, with a
        /// new token, and not so 4401.
        case close
        /// All operations end with an error, and the connection waits `grace` seconds for a renewal before it is closed.
        case suspend(grace: Int64)
    }

    /// Members of the payload of `connection_init` that may hold the token, with or without `Bearer`; one of them at most.
    public var tokenMembers = ["Authorization", "authorization", "access_token", "token"]
    /// Whether a connection without a token is accepted.
    public var allowsAnonymous = false
    /// Seconds within which `connection_init` must have come and its token have been verified.
    public var initialisationTimeout: Int64 = 10
    /// Seconds before the end of its token at which a client is reminded to renew; `nil` never.
    public var reminder: Int64? = 30
    public var ending = Ending.close
    /// Bytes of a message.
    public var messageBytes = 64 << 10
    /// Bytes of an operation's id.
    public var idBytes = 128
    /// Operations at once.
    public var operations = 100

    let readers = JSONReaders(maxMembers: 4096)

    public init() {}
}

/// What whoever owns the socket has to do, in this order.
public enum SocketAction: Sendable, Hashable {
    /// Send a text message.
    case send(String)
    /// Close the socket; nothing follows.
    case close(code: UInt16, reason: String)
    /// Verify this token, make a lease for it if wished, and call `accept` or `refuse`.
    case authenticate(token: String)
    /// Verify this token and call `renew` or `refuse`.
    case renew(token: String)
    /// Run an operation: `payload` is a GraphQL request as JSON. Its results go to `next`, its end to `complete` or `fail`.
    case start(id: String, payload: String)
    /// End an operation, whose results are of no use any more.
    case stop(id: String)
}
