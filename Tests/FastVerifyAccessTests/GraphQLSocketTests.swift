import FastVerify
import Testing

@testable import FastVerifyAccess

struct GraphQLSocketTests {
    private static let second: UInt64 = 1_000_000_000
    private static let ack = SocketAction.send(#"{"type":"connection_ack"}"#)

    /// A connection with its clock and its book of leases.
    private struct Connection: ~Copyable {
        var socket: GraphQLSocket
        let clock: SetClock
        let book: LeaseBook
        var now: UInt64 { UInt64(clock.now - Proofs.now + 1000) * second }

        init(_ rules: SocketRules = SocketRules()) {
            let clock = SetClock(Proofs.now)
            self.clock = clock
            book = LeaseBook(interval: .seconds(100_000), clock: clock.unix)
            socket = GraphQLSocket(rules, now: 1000 * second)
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
    }

    private func anonymous() -> Connection {
        var rules = SocketRules()
        rules.allowsAnonymous = true
        rules.operations = 3
        var connection = Connection(rules)
        #expect(connection.receive(#"{"type":"connection_init"}"#) == [Self.ack])
        return connection
    }

    private func token(expires: Int64, subject: String = "a") throws -> VerifiedToken {
        let claims = #"{"iss":"i","sub":"\#(subject)","aud":"a","exp":\#(Proofs.now + expires)}"#
        return try Proofs.verified(Proofs.issuerKey.token(payload: Array(claims.utf8))!)
    }

    // MARK: The protocol

    @Test func operations() {
        var connection = anonymous()
        let payload = #"{"query":"subscription { a }","variables":{"b":[1]},"operationName":null}"#
        #expect(
            connection.receive(#"{"id":"1","type":"subscribe","payload":\#(payload)}"#) == [
                .start(id: "1", payload: payload)
            ])
        #expect(
            connection.socket.next("1", result: #"{"data":1}"#) == [
                .send(#"{"id":"1","type":"next","payload":{"data":1}}"#)
            ])
        #expect(connection.socket.complete("1") == [.send(#"{"id":"1","type":"complete"}"#)])
        #expect(connection.socket.next("1", result: "{}").isEmpty && connection.socket.complete("1").isEmpty)
        #expect(connection.subscribe("1").count == 1, "an id may come again")
        #expect(connection.receive(#"{"id":"1","type":"complete"}"#) == [.stop(id: "1")])
        #expect(connection.socket.next("1", result: "{}").isEmpty, "nothing after complete")
        #expect(connection.receive(#"{"id":"9","type":"complete"}"#).isEmpty, "both may complete at once")
        #expect(connection.subscribe("2").count == 1)
        #expect(
            connection.socket.fail("2", Refusal(.insufficientScope(["x"]), "r")) == [
                .send(
                    #"{"id":"2","type":"error","payload":[{"message":"Not allowed","extensions":{"code":"FORBIDDEN","scopes":["x"]}}]}"#
                )
            ])
        #expect(connection.socket.fail("2", errors: "[]").isEmpty && connection.socket.activeOperations.isEmpty)
    }

    @Test func idsAreQuoted() {
        var connection = anonymous()
        _ = connection.receive(#"{"id":"a\"\\\u0001","type":"subscribe","payload":{"query":""}}"#)
        #expect(
            connection.socket.next("a\"\\\u{1}", result: "1") == [
                .send(#"{"id":"a\"\\\u0001","type":"next","payload":1}"#)
            ])
    }

    @Test func pingAndPong() {
        var connection = Connection()
        let pong = [SocketAction.send(#"{"type":"pong"}"#)]
        #expect(connection.receive(#"{"type":"ping"}"#) == pong, "at any time")
        #expect(connection.receive(#"{"payload":{"a":1},"type":"ping"}"#) == pong)
        #expect(
            connection.receive(#"{"type":"pong","payload":{}}"#).isEmpty
                && connection.receive(#"{"type":"pong"}"#).isEmpty)
    }

    @Test func twoOfAnID() {
        var connection = anonymous()
        _ = connection.subscribe("1")
        _ = connection.subscribe("2")
        let last: [SocketAction] = [
            .stop(id: "1"), .stop(id: "2"), .close(code: 4409, reason: "Subscriber for 1 already exists"),
        ]
        #expect(connection.subscribe("1") == last)
        #expect(connection.subscribe("3").isEmpty && connection.socket.isClosed && connection.socket.shutDown().isEmpty)
        var other = anonymous()
        let long = String(repeating: "a", count: 128)
        _ = other.subscribe(long)
        guard case .close(4409, let reason) = other.subscribe(long).last else {
            Issue.record("not closed")
            return
        }
        #expect(reason.utf8.count <= 123)
    }

    @Test func boundsOfAConnection() {
        var connection = anonymous()
        for id in ["1", "2", "3"] { _ = connection.subscribe(id) }
        #expect(
            connection.subscribe("4") == [
                .send(
                    #"{"id":"4","type":"error","payload":[{"message":"Too many requests","extensions":{"code":"RATE_LIMITED"}}]}"#
                )
            ])
        #expect(connection.socket.isOpen == true)
        let long = connection.receive(String(repeating: " ", count: 65_537))
        #expect(long.last == .close(code: 1009, reason: "Message too big"))
    }

    @Test(arguments: [
        "", "x", "[]", "null", "{}", #"{"type":1}"#, #"{"type":"x"}"#, #"{"type":"next","id":"1","payload":{}}"#,
        #"{"type":"connection_ack"}"#, #"{"type":"connection_init","payload":[]}"#,
        #"{"type":"connection_init","payload":"a"}"#,
        #"{"type":"connection_init","payload":{"token":1}}"#, #"{"type":"ping","payload":1}"#,
        #"{"type":"pong","payload":[]}"#,
        #"{"type":"subscribe","payload":{"query":""}}"#, #"{"type":"subscribe","id":"","payload":{"query":""}}"#,
        #"{"type":"subscribe","id":1,"payload":{"query":""}}"#, #"{"type":"subscribe","id":"1"}"#,
        #"{"type":"subscribe","id":"1","payload":{}}"#, #"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
        #"{"type":"subscribe","id":"1","payload":{"query":"","variables":[]}}"#,
        #"{"type":"subscribe","id":"1","payload":{"query":"","operationName":1}}"#,
        #"{"type":"subscribe","id":"1","payload":{"query":"","extensions":""}}"#, #"{"type":"complete"}"#,
        #"{"type":"complete","id":null}"#, #"{"type":"ping","type":"ping"}"#, #"{"type":"ping"} "x""#,
        #"{"type":"ping""#,
        "{\"type\":\"ping\",\"payload\":\(String(repeating: "[", count: 100))\(String(repeating: "]", count: 100))}",
        "{\"type\":\"complete\",\"id\":\"\(String(repeating: "a", count: 129))\"}",
    ])
    func invalidMessages(_ text: String) {
        var connection = anonymous()
        #expect(connection.receive(text) == [.close(code: 4400, reason: "Invalid message")])
    }

    @Test func binaryMessages() {
        var connection = anonymous()
        _ = connection.subscribe("1")
        #expect(connection.socket.receiveBinary() == [.stop(id: "1"), .close(code: 4400, reason: "Invalid message")])
        var other = anonymous()
        _ = other.subscribe("1")
        #expect(other.socket.disconnected() == [.stop(id: "1")] && other.socket.disconnected().isEmpty)
    }

    // MARK: Initialisation

    @Test func subscribingBeforeAck() {
        var connection = Connection()
        #expect(connection.subscribe("1") == [.close(code: 4401, reason: "Unauthorized")])
        var pending = Connection()
        _ = pending.receive(#"{"type":"connection_init","payload":{"token":"a"}}"#)
        #expect(pending.subscribe("1") == [.close(code: 4401, reason: "Unauthorized")], "verified is not asked for")
    }

    @Test func initialisingTwice() {
        let twice: [SocketAction] = [.close(code: 4429, reason: "Too many initialisation requests")]
        var pending = Connection()
        _ = pending.receive(#"{"type":"connection_init","payload":{"token":"a"}}"#)
        #expect(pending.receive(#"{"type":"connection_init","payload":{"token":"a"}}"#) == twice)
        var connection = anonymous()
        #expect(connection.receive(#"{"type":"connection_init"}"#) == twice)
    }

    @Test func initialisationTimeout() throws {
        var connection = Connection()
        #expect(connection.socket.deadline == 1010 * Self.second)
        #expect(connection.socket.advance(to: 1010 * Self.second - 1).isEmpty)
        #expect(
            connection.socket.advance(to: 1010 * Self.second) == [
                .close(code: 4408, reason: "Connection initialisation timeout")
            ])
        #expect(connection.socket.deadline == nil)
        // Verification counts.
        var pending = Connection()
        _ = pending.receive(#"{"type":"connection_init","payload":{"token":"a"}}"#)
        #expect(pending.socket.advance(to: 1010 * Self.second).count == 1)
        #expect(
            try pending.accept(token(expires: 100)).isEmpty && pending.book.count == 0, "too late, and no lease is left"
        )
        var open = anonymous()
        #expect(open.socket.deadline == nil && open.socket.advance(to: .max).isEmpty)
    }

    @Test func whereTheTokenStands() {
        for payload in [
            #"{"Authorization":"Bearer a.b.c"}"#, #"{"authorization":"bearer  a.b.c "}"#, #"{"token":"a.b.c"}"#,
            #"{"access_token":"a.b.c","other":{"token":1}}"#, #"{"token":"a.b.c","Authorization":null}"#,
        ] {
            var connection = Connection()
            let actions = connection.receive(#"{"type":"connection_init","payload":\#(payload)}"#)
            #expect(actions == [.authenticate(token: "a.b.c")], "\(payload)")
        }
        for payload in [
            #"{"token":"a.b.c","Authorization":"Bearer a.b.c"}"#, #"{"access_token":"a","token":"b"}"#,
        ] {
            var connection = Connection()
            let actions = connection.receive(#"{"type":"connection_init","payload":\#(payload)}"#)
            #expect(actions == [.close(code: 4400, reason: "Credentials in two places")], "\(payload)")
        }
        for payload in [
            "null", "{}", #"{"token":""}"#, #"{"token":"Bearer"}"#, #"{"token":"DPoP a"}"#, #"{"token":"a b"}"#,
            #"{"Authorization":"Basic a"}"#, #"{"Token":"a"}"#,
        ] {
            var connection = Connection()
            let actions = connection.receive(#"{"type":"connection_init","payload":\#(payload)}"#)
            #expect(actions == [.close(code: 4403, reason: "Forbidden")], "\(payload)")
        }
    }

    @Test func refusedTokens() {
        for (answer, code) in [
            (.invalidToken, 4403), (.forbidden, 4403), (.noCredentials, 4403), (.invalidRequest, 4400),
            (.unavailable, 1013),
            (.tooManyRequests(retryAfter: 1), 1013),
        ] as [(Refusal.Answer, UInt16)] {
            var connection = Connection()
            _ = connection.receive(#"{"type":"connection_init","payload":{"token":"a"}}"#)
            guard case .close(code, _) = connection.socket.refuse(Refusal(answer, "r")).last else {
                Issue.record("\(answer)")
                continue
            }
        }
        var open = anonymous()
        #expect(open.socket.refuse(Refusal(.invalidToken, "r")).isEmpty && open.socket.isOpen)
    }

    /// A cookie or a field of the handshake is a credential as well.
    @Test func tokenOfTheHandshake() throws {
        let token = try token(expires: 900)
        func connection() -> GraphQLSocket {
            GraphQLSocket(SocketRules(), now: 0, token: token, lease: nil, unixNow: Proofs.now)
        }
        var alone = connection()
        #expect(
            alone.receive(Array(#"{"type":"connection_init"}"#.utf8), now: 1) == [
                .send(#"{"type":"connection_ack","payload":{"expires":\#(Proofs.now + 900),"renewal":"ping"}}"#)
            ])
        var two = connection()
        #expect(
            two.receive(Array(#"{"type":"connection_init","payload":{"token":"a"}}"#.utf8), now: 1) == [
                .close(code: 4400, reason: "Credentials in two places")
            ])
    }

    // MARK: Leases

    @Test func theEndOfALease() throws {
        var connection = Connection()
        try connection.open()
        _ = connection.subscribe("1")
        let last: [SocketAction] = [.stop(id: "1"), .close(code: 4403, reason: "Forbidden")]
        #expect(connection.book.count == 1)
        #expect(connection.socket.leaseEnded(.expired, now: connection.now) == last)
        #expect(connection.book.count == 0 && connection.socket.leaseEnded(.expired, now: 0).isEmpty)
        var revoked = Connection(
            {
                var rules = SocketRules(); rules.ending = .suspend(grace: 10); return rules
            }())
        try revoked.open()
        #expect(revoked.socket.leaseEnded(.refused(.revoked), now: 0) == [.close(code: 4403, reason: "Forbidden")])
    }

    @Test func renewalInPlace() throws {
        var connection = Connection()
        try connection.open()
        _ = connection.subscribe("1")
        connection.clock.now += 800
        #expect(connection.receive(#"{"type":"ping","payload":{"token":"b"}}"#) == [.renew(token: "b")])
        let refused: [SocketAction] = [.send(#"{"type":"pong","payload":{"renewed":false}}"#)]
        #expect(connection.receive(#"{"type":"ping","payload":{"token":"b"}}"#) == refused, "one at a time")
        let renewed = try connection.socket.renew(
            with: token(expires: 1700), now: connection.now, unixNow: connection.clock.now)
        #expect(renewed == [.send(#"{"type":"pong","payload":{"renewed":true,"expires":\#(Proofs.now + 1700)}}"#)])
        connection.clock.now += 200
        connection.book.check()
        #expect(connection.book.count == 1 && connection.socket.isOpen, "it has outlived the first token")
        #expect(connection.socket.activeOperations == ["1"])
        #expect(try connection.socket.renew(with: token(expires: 9), now: 0, unixNow: 0).isEmpty, "nobody asked")
        // Tokens of others, tokens that have ended and tokens that are bad.
        for attempt in 0..<3 {
            #expect(connection.receive(#"{"type":"ping","payload":{"token":"b"}}"#) == [.renew(token: "b")])
            let actions =
                try attempt == 0
                ? connection.socket.renew(with: token(expires: 5000, subject: "b"), now: 0, unixNow: 0)
                : attempt == 1
                    ? connection.socket.renew(with: token(expires: 901), now: 0, unixNow: 0)
                    : connection.socket.refuse(Refusal(.invalidToken, "r"))
            #expect(actions == refused && connection.socket.isOpen && connection.book.count == 1)
        }
        #expect(connection.receive(#"{"type":"ping","payload":{"token":"b","access_token":"b"}}"#) == refused)
        var anonymous = anonymous()
        #expect(anonymous.receive(#"{"type":"ping","payload":{"token":"b"}}"#) == refused, "nothing to renew")
    }

    @Test func reminder() throws {
        var connection = Connection()
        try connection.open()
        #expect(connection.socket.deadline == (1000 + 870) * Self.second)
        connection.clock.now += 870
        #expect(
            connection.socket.advance(to: connection.now) == [
                .send(#"{"type":"ping","payload":{"expires":\#(Proofs.now + 900)}}"#)
            ])
        #expect(connection.socket.deadline == nil && connection.socket.advance(to: connection.now).isEmpty)
        _ = connection.receive(#"{"type":"ping","payload":{"token":"b"}}"#)
        _ = try connection.socket.renew(with: token(expires: 1800), now: connection.now, unixNow: connection.clock.now)
        #expect(connection.socket.deadline == (1000 + 1770) * Self.second)
    }

    @Test func suspension() throws {
        var rules = SocketRules()
        rules.ending = .suspend(grace: 20)
        var connection = Connection(rules)
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
        let token = try token(expires: 1800)
        #expect(connection.socket.renew(with: token, now: connection.now, unixNow: connection.clock.now).count == 1)
        #expect(connection.socket.isOpen == false)
        _ = connection.receive(#"{"type":"ping","payload":{"token":"b"}}"#)
        let lease = try connection.book.lease(token) { _ in }
        _ = connection.socket.renew(with: token, lease: lease, now: connection.now, unixNow: connection.clock.now)
        #expect(connection.socket.isOpen && lease.isActive && connection.subscribe("1").count == 1)
        _ = connection.socket.leaseEnded(.expired, now: connection.now)
        #expect(connection.socket.deadline == connection.now + 20 * Self.second)
        #expect(
            connection.socket.advance(to: connection.now + 20 * Self.second) == [
                .close(code: 4403, reason: "Forbidden")
            ])
        #expect(connection.book.count == 0)
    }

    @Test func aStrangersLeaseIsGivenUp() throws {
        var connection = Connection()
        try connection.open()
        _ = connection.receive(#"{"type":"ping","payload":{"token":"b"}}"#)
        let token = try token(expires: 1800, subject: "b")
        let lease = try connection.book.lease(token) { _ in }
        _ = connection.socket.renew(with: token, lease: lease, now: connection.now, unixNow: connection.clock.now)
        #expect(!lease.isActive && connection.book.count == 1)
    }
}
