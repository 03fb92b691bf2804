import FastVerify
import Testing

@testable import FastVerifyAccess

/// A connection with its clock and its book of leases.
struct SocketConnection: ~Copyable {
    static let second: UInt64 = 1_000_000_000
    static let ack = SocketAction.send(#"{"type":"connection_ack"}"#)

    var socket: GraphQLSocket
    let clock: SetClock
    let book: LeaseBook
    var now: UInt64 { UInt64(clock.now - Proofs.now + 1000) * Self.second }

    init(_ rules: SocketRules = SocketRules()) {
        let clock = SetClock(Proofs.now)
        self.clock = clock
        book = LeaseBook(interval: .seconds(100_000), clock: clock.unix)
        socket = GraphQLSocket(rules, now: 1000 * Self.second)
    }

    mutating func receive(_ text: String) -> [SocketAction] { socket.receive(Array(text.utf8), now: now) }

    mutating func accept(_ token: VerifiedToken) throws -> [SocketAction] {
        let lease = try book.lease(token) { _ in }
        return socket.accept(token, lease: lease, now: now, unixNow: clock.now)
    }

    /// Initialised with a token that ends 900 seconds later.
    mutating func open() throws {
        _ = receive(#"{"type":"connection_init","payload":{"token":"a"}}"#)
        _ = try accept(try Proofs.verified(Proofs.token(confirmation: nil)))
        #expect(socket.isOpen == true)
    }

    mutating func subscribe(_ id: String) -> [SocketAction] {
        receive(#"{"id":"\#(id)","type":"subscribe","payload":{"query":"{a}"}}"#)
    }

    /// One that needs no token, and may have three operations.
    static func anonymous() -> SocketConnection {
        var rules = SocketRules()
        rules.allowsAnonymous = true
        rules.operations = 3
        var connection = SocketConnection(rules)
        #expect(connection.receive(#"{"type":"connection_init"}"#) == [ack])
        return connection
    }

    static func token(expires: Int64, subject: String = "a") throws -> VerifiedToken {
        let claims = #"{"iss":"i","sub":"\#(subject)","aud":"a","exp":\#(Proofs.now + expires)}"#
        return try Proofs.verified(Proofs.issuerKey.token(payload: Array(claims.utf8))!)
    }
}
