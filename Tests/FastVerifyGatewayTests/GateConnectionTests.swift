import AttackCatalogue
import NIOCore
import NIOEmbedded
import Testing

@testable import FastVerifyGateway

/// A connection: order, pipelines, bodies, times, ends.
struct GateConnectionTests {
    private let good = "Authorization: Bearer \(CatalogueIssuer.token())\r\n"

    private func request(_ path: String, _ more: String = "") -> String {
        "GET /envoy\(path) HTTP/1.1\r\nHost: a\r\n\(more)\r\n"
    }

    private func statuses(_ text: String) -> [Int] {
        text.split(separator: "HTTP/1.1 ").compactMap { Int($0.prefix(3)) }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() throws {
        let fixture = try GateFixture()
        let channel = try fixture.connect()
        let text =
            request("/orders", good) + request("/open") + request("/orders") + request("/nowhere", good)
            + request("/orders", good)
        #expect(statuses(try fixture.send(text, on: channel)) == [200, 200, 401, 403, 200])
        #expect(channel.isActive)
    }

    @Test func aRequestMayComeByteByByte() throws {
        let fixture = try GateFixture()
        let channel = try fixture.connect()
        var out = ""
        for byte in (request("/orders", good) + request("/open")) { out += try fixture.send(String(byte), on: channel) }
        #expect(statuses(out) == [200, 200])
    }

    @Test func whatComesWhileARequestWaitsIsKept() throws {
        let fixture = try GateFixture()
        let channel = try fixture.connect()
        let text = request("/orders", good)
        try channel.writeInbound(ByteBuffer(string: text + text.prefix(20)))
        try channel.writeInbound(ByteBuffer(string: String(text.dropFirst(20).prefix(30))))
        try channel.writeInbound(ByteBuffer(string: String(text.dropFirst(50))))
        fixture.eventLoop.run()
        #expect(statuses(try fixture.received(channel)) == [200, 200])
    }

    @Test func bodiesAreReadPast() throws {
        let fixture = try GateFixture()
        let channel = try fixture.connect()
        let body = "GET /envoy/open HTTP/1.1\r\nHost: a\r\n\r\n"
        let text = request("/orders", good + "Content-Length: \(body.utf8.count)\r\n") + body + request("/orders")
        #expect(statuses(try fixture.send(text, on: channel)) == [200, 401])
        let large = try fixture.answer(request("/orders", "Content-Length: 70000\r\n"))
        #expect(large.status == 413 && large.field("connection") == "close")
    }

    @Test func connectionsEndAsTheySay() throws {
        let fixture = try GateFixture()
        let last = try fixture.answer(request("/orders", good + "Connection: close\r\n"))
        #expect(last.status == 200 && last.field("connection") == "close")
        let old = try fixture.answer("GET /envoy/open HTTP/1.0\r\nHost: a\r\n\r\n")
        #expect(old.field("connection") == "close")
        let kept = try fixture.answer("GET /envoy/open HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
        #expect(kept.field("connection") == "keep-alive")
        // What follows a fault is nobody's request.
        let channel = try fixture.connect()
        #expect(
            statuses(try fixture.send("GET / HTTP/9.9\r\nHost: a\r\n\r\n" + request("/open"), on: channel)) == [505])
    }

    @Test func headHasNoBody() throws {
        let fixture = try GateFixture()
        let reply = try fixture.answer("HEAD /envoy/orders HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(reply.status == 401 && reply.body.isEmpty && reply.field("content-length") != "0")
    }

    @Test func slowClientsAreLetGo() throws {
        let fixture = try GateFixture(more: "")
        let slow = try fixture.connect()
        #expect(try fixture.send("GET /envoy/op", on: slow).isEmpty)
        let handler = try slow.pipeline.syncOperations.handler(type: GateConnection.self)
        handler.deadline = .now() - .seconds(1)
        fixture.gate.sweep()
        #expect(statuses(try fixture.received(slow)) == [408] && fixture.gate.counts.timeouts == 1)
        // Who has sent nothing is not answered.
        let idle = try fixture.connect()
        try idle.pipeline.syncOperations.handler(type: GateConnection.self).deadline = .now() - .seconds(1)
        fixture.gate.sweep()
        #expect(try fixture.received(idle).isEmpty && !idle.isActive)
        // The first closes for good when its peer has had time to read.
        handler.deadline = .now() - .seconds(1)
        fixture.gate.sweep()
        #expect(!slow.isActive && fixture.gate.connectionCount == 0)
    }

    @Test func aDrainAnswersAndEnds() throws {
        let fixture = try GateFixture()
        let busy = try fixture.connect()
        try busy.writeInbound(ByteBuffer(string: request("/orders", good)))
        fixture.shared.beginDraining()
        fixture.eventLoop.run()
        let reply = Reply(try fixture.received(busy))
        #expect(reply.status == 200 && reply.field("connection") == "close")
    }

    @Test func othersRulesComeIntoForceBetweenRequests() throws {
        let fixture = try GateFixture()
        let channel = try fixture.connect()
        try channel.writeInbound(ByteBuffer(string: request("/orders", good)))
        let deny = try GateFixture.configuration(routes: "- { prefix: /, access: deny }")
        fixture.gate.install(try GateFixture.rules(deny, CatalogueIssuer.verifier()))
        #expect(statuses(try fixture.received(channel)) == [200])
        #expect(statuses(try fixture.send(request("/orders", good), on: channel)) == [403])
    }

    @Test func operatorsAskElsewhere() throws {
        let fixture = try GateFixture()
        func get(_ path: String, _ role: ListenerRole, _ method: String = "GET") throws -> Reply {
            try fixture.answer("\(method) \(path) HTTP/1.1\r\nHost: a\r\n\r\n", role)
        }
        #expect(try get("/health", .admin).body == "ok\n" && get("/ready", .admin).status == 200)
        #expect(try get("/health", .auth).status == 404 && get("/metrics", .auth).status == 404)
        #expect(try get("/auth", .admin).status == 404 && get("/health", .admin, "POST").status == 405)
        fixture.shared.beginDraining()
        #expect(try get("/ready", .admin).status == 503 && get("/health", .admin).status == 200)
    }

    @Test func connectionsAreCounted() throws {
        let fixture = try GateFixture(more: "")
        #expect(fixture.shared.admit() && fixture.shared.connectionCount == 1)
        fixture.shared.released()
        #expect(fixture.shared.connectionCount == 0)
    }
}
