import FastVerify
import Testing

@testable import FastVerifyAccess

struct SocketAuthenticationTests {
    @Test func subscribingBeforeAck() {
        var connection = SocketConnection()
        #expect(connection.subscribe("1") == [.close(code: 4401, reason: "Unauthorized")])
        var pending = SocketConnection()
        _ = pending.receive(#"{"type":"connection_init","payload":{"token":"a"}}"#)
        #expect(pending.subscribe("1") == [.close(code: 4401, reason: "Unauthorized")], "verified is not asked for")
    }

    @Test func initialisingTwice() {
        let twice: [SocketAction] = [.close(code: 4429, reason: "Too many initialisation requests")]
        var pending = SocketConnection()
        _ = pending.receive(#"{"type":"connection_init","payload":{"token":"a"}}"#)
        #expect(pending.receive(#"{"type":"connection_init","payload":{"token":"a"}}"#) == twice)
        var connection = SocketConnection.anonymous()
        #expect(connection.receive(#"{"type":"connection_init"}"#) == twice)
    }

    @Test func initialisationTimeout() throws {
        var connection = SocketConnection()
        #expect(connection.socket.deadline == 1010 * SocketConnection.second)
        #expect(connection.socket.advance(to: 1010 * SocketConnection.second - 1).isEmpty)
        #expect(
            connection.socket.advance(to: 1010 * SocketConnection.second) == [
                .close(code: 4408, reason: "Connection initialisation timeout")
            ])
        #expect(connection.socket.deadline == nil)
        // Verification counts.
        var pending = SocketConnection()
        _ = pending.receive(#"{"type":"connection_init","payload":{"token":"a"}}"#)
        #expect(pending.socket.advance(to: 1010 * SocketConnection.second).count == 1)
        #expect(
            try pending.accept(SocketConnection.token(expires: 100)).isEmpty && pending.book.count == 0,
            "too late, and no lease is left"
        )
        var open = SocketConnection.anonymous()
        #expect(open.socket.deadline == nil && open.socket.advance(to: .max).isEmpty)
    }

    @Test func whereTheTokenStands() {
        for payload in [
            #"{"Authorization":"Bearer a.b.c"}"#, #"{"authorization":"bearer  a.b.c "}"#, #"{"token":"a.b.c"}"#,
            #"{"access_token":"a.b.c","other":{"token":1}}"#, #"{"token":"a.b.c","Authorization":null}"#,
        ] {
            var connection = SocketConnection()
            let actions = connection.receive(#"{"type":"connection_init","payload":\#(payload)}"#)
            #expect(actions == [.authenticate(token: "a.b.c")], "\(payload)")
        }
        for payload in [
            #"{"token":"a.b.c","Authorization":"Bearer a.b.c"}"#, #"{"access_token":"a","token":"b"}"#,
        ] {
            var connection = SocketConnection()
            let actions = connection.receive(#"{"type":"connection_init","payload":\#(payload)}"#)
            #expect(actions == [.close(code: 4400, reason: "Credentials in two places")], "\(payload)")
        }
        for payload in [
            "null", "{}", #"{"token":""}"#, #"{"token":"Bearer"}"#, #"{"token":"DPoP a"}"#, #"{"token":"a b"}"#,
            #"{"Authorization":"Basic a"}"#, #"{"Token":"a"}"#,
        ] {
            var connection = SocketConnection()
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
            var connection = SocketConnection()
            _ = connection.receive(#"{"type":"connection_init","payload":{"token":"a"}}"#)
            guard case .close(code, _) = connection.socket.refuse(Refusal(answer, "r")).last else {
                Issue.record("\(answer)")
                continue
            }
        }
        var open = SocketConnection.anonymous()
        #expect(open.socket.refuse(Refusal(.invalidToken, "r")).isEmpty && open.socket.isOpen)
    }

    /// A cookie or a field of the handshake is a credential as well.
    @Test func tokenOfTheHandshake() throws {
        let token = try SocketConnection.token(expires: 900)
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
}
