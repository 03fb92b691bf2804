import FastVerify
import Testing

@testable import FastVerifyAccess

/// The messages of `graphql-transport-ws`.
struct GraphQLSocketTests {
    @Test func operations() {
        var connection = SocketConnection.anonymous()
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
        var connection = SocketConnection.anonymous()
        _ = connection.receive(#"{"id":"a\"\\\u0001","type":"subscribe","payload":{"query":""}}"#)
        #expect(
            connection.socket.next("a\"\\\u{1}", result: "1") == [
                .send(#"{"id":"a\"\\\u0001","type":"next","payload":1}"#)
            ])
    }

    @Test func pingAndPong() {
        var connection = SocketConnection()
        let pong = [SocketAction.send(#"{"type":"pong"}"#)]
        #expect(connection.receive(#"{"type":"ping"}"#) == pong, "at any time")
        #expect(connection.receive(#"{"payload":{"a":1},"type":"ping"}"#) == pong)
        #expect(
            connection.receive(#"{"type":"pong","payload":{}}"#).isEmpty
                && connection.receive(#"{"type":"pong"}"#).isEmpty)
    }

    @Test func twoOfAnID() {
        var connection = SocketConnection.anonymous()
        _ = connection.subscribe("1")
        _ = connection.subscribe("2")
        let last: [SocketAction] = [
            .stop(id: "1"), .stop(id: "2"), .close(code: 4409, reason: "Subscriber for 1 already exists"),
        ]
        #expect(connection.subscribe("1") == last)
        #expect(connection.subscribe("3").isEmpty && connection.socket.isClosed && connection.socket.shutDown().isEmpty)
        var other = SocketConnection.anonymous()
        let long = String(repeating: "a", count: 128)
        _ = other.subscribe(long)
        guard case .close(4409, let reason) = other.subscribe(long).last else {
            Issue.record("not closed")
            return
        }
        #expect(reason.utf8.count <= 123)
    }

    @Test func boundsOfASocketConnection() {
        var connection = SocketConnection.anonymous()
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
        var connection = SocketConnection.anonymous()
        #expect(connection.receive(text) == [.close(code: 4400, reason: "Invalid message")])
    }

    @Test func binaryMessages() {
        var connection = SocketConnection.anonymous()
        _ = connection.subscribe("1")
        #expect(connection.socket.receiveBinary() == [.stop(id: "1"), .close(code: 4400, reason: "Invalid message")])
        var other = SocketConnection.anonymous()
        _ = other.subscribe("1")
        #expect(other.socket.disconnected() == [.stop(id: "1")] && other.socket.disconnected().isEmpty)
    }
}
