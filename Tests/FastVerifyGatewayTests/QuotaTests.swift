import AttackCatalogue
import FastVerify
import Testing

@testable import FastVerifyGateway

/// How often somebody may come, as clients are told.
struct QuotaTests {
    private static let policy = [
        "limits: { plans: { free: { requests: 2, window: 1h }, pro: { requests: 1000 } }, others: free }"
    ]

    private func bearer(_ more: String = #""x":1"#) -> [String] { ["Authorization: Bearer \(BoundClient.token(more))"] }

    @Test(arguments: GateFixture.Endpoint.allCases) func bucketsRunDry(_ endpoint: GateFixture.Endpoint) throws {
        let fixture = try GateFixture(policy: Self.policy)
        let first = try fixture.ask(fields: bearer(), at: endpoint)
        #expect(first.status == 200 && first.field("RateLimit") == #""free";r=1;t=1800"#, "\(first)")
        #expect(first.field("RateLimit-Policy") == #""free";q=2;w=3600"#)
        #expect(try fixture.ask(fields: bearer(), at: endpoint).field("RateLimit")?.hasPrefix(#""free";r=0"#) == true)
        let third = try fixture.ask(fields: bearer(), at: endpoint)
        // nginx passes no 429 on; its configuration makes one of X-Auth-Status.
        #expect(third.status == (endpoint == .nginx ? 403 : 429) && third.field("x-auth-subject") == nil)
        #expect(third.field("x-auth-status") == (endpoint == .nginx ? "429" : nil))
        #expect(try #require(third.field("retry-after").flatMap { Int($0) }) > 1700)
        #expect(third.field("ratelimit") != nil && third.body.contains("Too many requests"))
        // Another plan has another bucket, and so has a token that the rules refuse none at all.
        #expect(try fixture.ask(fields: bearer(#""plan":"pro""#), at: endpoint).status == 200)
        #expect(fixture.gate.counts.refused == ["rate_limited": 1])
    }

    /// A bad token takes nothing out of the bucket whose name it writes; a good one does, whatever the rules say to it.
    @Test func badTokensAreNotCounted() throws {
        let fixture = try GateFixture(policy: Self.policy)
        let forged = ["Authorization: Bearer \(BoundClient.token(#""x":1"#).dropLast(4))AAAA"]
        for _ in 0..<5 { #expect(try fixture.ask(fields: forged).status == 401) }
        #expect(try fixture.ask(fields: bearer()).field("RateLimit")?.hasPrefix(#""free";r=1"#) == true)
        let refused = try fixture.ask("/staff", fields: bearer())
        #expect(refused.status == 403 && refused.field("RateLimit")?.hasPrefix(#""free";r=0"#) == true)
        #expect(try fixture.ask("/staff", fields: bearer()).status == 429)
    }

    /// A reload refills nothing, unless the limits are others.
    @Test func bucketsOutliveReloads() throws {
        let configuration = try GateFixture.configuration(policy: Self.policy)
        let memory = GateFixture.memory()
        let fixture = try GateFixture(configuration, memory: memory)
        for _ in 0..<2 { #expect(try fixture.ask(fields: bearer()).status == 200) }
        fixture.gate.install(try GateFixture.rules(configuration, CatalogueIssuer.verifier(), memory))
        memory.keepOnly([configuration])
        #expect(try fixture.ask(fields: bearer()).status == 429)
        let other = try GateFixture.configuration(policy: ["limits: { others: { requests: 5 } }"])
        fixture.gate.install(try GateFixture.rules(other, CatalogueIssuer.verifier(), memory))
        #expect(try fixture.ask(fields: bearer()).status == 200)
    }

    /// Requests of one connection and of one turn of the loop are counted like others.
    @Test func pipelinedRequestsAreCounted() throws {
        let fixture = try GateFixture(policy: Self.policy)
        let one = "GET /envoy/orders HTTP/1.1\r\nHost: a\r\n\(bearer()[0])\r\n\r\n"
        let answers = try fixture.send(one + one + one, on: try fixture.connect())
        #expect(answers.matches(of: /HTTP\/1.1 200/).count == 2 && answers.matches(of: /HTTP\/1.1 429/).count == 1)
    }
}
