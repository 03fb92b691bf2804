import FastVerify
import Testing

@testable import FastVerifyAccess

struct SocketLeaseTests {
    @Test func theEndOfALease() throws {
        var connection = SocketConnection()
        try connection.open()
        _ = connection.subscribe("1")
        let last: [SocketAction] = [.stop(id: "1"), .close(code: 4403, reason: "Forbidden")]
        #expect(connection.book.count == 1)
        #expect(connection.socket.leaseEnded(.expired, now: connection.now) == last)
        #expect(connection.book.count == 0 && connection.socket.leaseEnded(.expired, now: 0).isEmpty)
        var rules = SocketRules()
        rules.ending = .suspend(grace: 10)
        var revoked = SocketConnection(rules)
        try revoked.open()
        #expect(revoked.socket.leaseEnded(.refused(.revoked), now: 0) == [.close(code: 4403, reason: "Forbidden")])
    }

    @Test func renewalInPlace() throws {
        var connection = SocketConnection()
        try connection.open()
        _ = connection.subscribe("1")
        connection.clock.now += 800
        #expect(connection.receive(#"{"type":"ping","payload":{"token":"b"}}"#) == [.renew(token: "b")])
        let refused: [SocketAction] = [.send(#"{"type":"pong","payload":{"renewed":false}}"#)]
        #expect(connection.receive(#"{"type":"ping","payload":{"token":"b"}}"#) == refused, "one at a time")
        let renewed = try connection.socket.renew(
            with: SocketConnection.token(expires: 1700), now: connection.now, unixNow: connection.clock.now)
        #expect(renewed == [.send(#"{"type":"pong","payload":{"renewed":true,"expires":\#(Proofs.now + 1700)}}"#)])
        connection.clock.now += 200
        connection.book.check()
        #expect(connection.book.count == 1 && connection.socket.isOpen, "it has outlived the first token")
        #expect(connection.socket.activeOperations == ["1"])
        #expect(
            try connection.socket.renew(with: SocketConnection.token(expires: 9), now: 0, unixNow: 0).isEmpty,
            "nobody asked")
        // Tokens of others, tokens that have ended and tokens that are bad.
        for attempt in 0..<3 {
            #expect(connection.receive(#"{"type":"ping","payload":{"token":"b"}}"#) == [.renew(token: "b")])
            let actions =
                try attempt == 0
                ? connection.socket.renew(with: SocketConnection.token(expires: 5000, subject: "b"), now: 0, unixNow: 0)
                : attempt == 1
                    ? connection.socket.renew(with: SocketConnection.token(expires: 901), now: 0, unixNow: 0)
                    : connection.socket.refuse(Refusal(.invalidToken, "r"))
            #expect(actions == refused && connection.socket.isOpen && connection.book.count == 1)
        }
        #expect(connection.receive(#"{"type":"ping","payload":{"token":"b","access_token":"b"}}"#) == refused)
        var anonymous = SocketConnection.anonymous()
        #expect(anonymous.receive(#"{"type":"ping","payload":{"token":"b"}}"#) == refused, "nothing to renew")
    }

    @Test func reminder() throws {
        var connection = SocketConnection()
        try connection.open()
        #expect(connection.socket.deadline == (1000 + 870) * SocketConnection.second)
        connection.clock.now += 870
        #expect(
            connection.socket.advance(to: connection.now) == [
                .send(#"{"type":"ping","payload":{"expires":\#(Proofs.now + 900)}}"#)
            ])
        #expect(connection.socket.deadline == nil && connection.socket.advance(to: connection.now).isEmpty)
        _ = connection.receive(#"{"type":"ping","payload":{"token":"b"}}"#)
        _ = try connection.socket.renew(
            with: SocketConnection.token(expires: 1800), now: connection.now, unixNow: connection.clock.now)
        #expect(connection.socket.deadline == (1000 + 1770) * SocketConnection.second)
    }

    @Test func suspension() throws {
        var rules = SocketRules()
        rules.ending = .suspend(grace: 20)
        var connection = SocketConnection(rules)
        try connection.open()
        _ = connection.subscribe("1")
        connection.clock.now += 900
        connection.book.check()
        let error =
            #"{"id":"1","type":"error","payload":[{"message":"Not authenticated","extensions":{"code":"UNAUTHENTICATED"}}]}"#
        #expect(connection.socket.leaseEnded(.expired, now: connection.now) == [.stop(id: "1"), .send(error)])
        #expect(connection.socket.next("1", result: "{}").isEmpty && !connection.socket.isOpen)
        #expect(connection.subscribe("1") == [.send(error)], "and it goes on")
        // The old lease has ended; a new one is needed.
        _ = connection.receive(#"{"type":"ping","payload":{"token":"b"}}"#)
        let token = try SocketConnection.token(expires: 1800)
        #expect(connection.socket.renew(with: token, now: connection.now, unixNow: connection.clock.now).count == 1)
        #expect(connection.socket.isOpen == false)
        _ = connection.receive(#"{"type":"ping","payload":{"token":"b"}}"#)
        let lease = try connection.book.lease(token) { _ in }
        _ = connection.socket.renew(with: token, lease: lease, now: connection.now, unixNow: connection.clock.now)
        #expect(connection.socket.isOpen && lease.isActive && connection.subscribe("1").count == 1)
        _ = connection.socket.leaseEnded(.expired, now: connection.now)
        #expect(connection.socket.deadline == connection.now + 20 * SocketConnection.second)
        #expect(
            connection.socket.advance(to: connection.now + 20 * SocketConnection.second) == [
                .close(code: 4403, reason: "Forbidden")
            ])
        #expect(connection.book.count == 0)
    }

    @Test func aStrangersLeaseIsGivenUp() throws {
        var connection = SocketConnection()
        try connection.open()
        _ = connection.receive(#"{"type":"ping","payload":{"token":"b"}}"#)
        let token = try SocketConnection.token(expires: 1800, subject: "b")
        let lease = try connection.book.lease(token) { _ in }
        _ = connection.socket.renew(with: token, lease: lease, now: connection.now, unixNow: connection.clock.now)
        #expect(!lease.isActive && connection.book.count == 1)
    }
}
