import AttackCatalogue
import FastVerify
import NIOCore
import NIOEmbedded
import Testing

@testable import FastVerifyGateway

/// The catalogue of attacks against every endpoint: each gets its answer, and no two bad tokens can be told apart.
struct AttackTests {
    private func bearer(_ token: String) -> [String] { ["Authorization: Bearer \(token)"] }

    @Test(arguments: GateFixture.Endpoint.allCases) func everyAttackGetsItsAnswer(_ endpoint: GateFixture.Endpoint)
        throws
    {
        let fixture = try GateFixture()
        var (bad, malformed): (Set<Reply>, Set<Reply>) = ([], [])
        for attack in Attack.catalogue {
            // A line that is not a field's is not a request; its answer says nothing about tokens.
            let isField = attack.token.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
            let reply = try fixture.ask(fields: bearer(attack.token), at: endpoint)
            guard isField else {
                #expect(reply.status == 400 || reply.status == 401, "\(attack)")
                continue
            }
            switch attack.outcome {
            case .accepted: #expect(reply.status == 200 && reply.field("X-Auth-Subject") == "alice", "\(attack)")
            case .badToken: bad.insert(reply)
            case .malformed: malformed.insert(reply)
            }
        }
        #expect(bad.count == 1 && malformed.count == 1, "\(bad) \(malformed)")
        let (answer, other) = try (#require(bad.first), #require(malformed.first))
        #expect(answer.status == 401)
        #expect(answer.field("www-authenticate") == #"Bearer realm="orders", error="invalid_token""#)
        #expect(answer.field("content-type") == "application/problem+json")
        #expect(answer.field("cache-control") == "no-store" && answer.body.contains(#""error":"invalid_token""#))
        // nginx knows no 400; the status for its client stands beside it.
        #expect(other.status == (endpoint == .nginx ? 401 : 400))
        #expect(other.field("x-auth-status") == (endpoint == .nginx ? "400" : nil))
        #expect(other.field("www-authenticate") == #"Bearer realm="orders", error="invalid_request""#)
    }

    /// Demands of a policy make no bad token look different, wherever it stands.
    @Test(arguments: [
        ("Authorization: Bearer ", "bearer"), ("Authorization: DPoP ", "proven"), ("Cookie: token=", "cookie"),
    ])
    func demandsTellNothing(_ place: String, _ name: String) throws {
        let fixture = try GateFixture(policy: [
            "dpop: { nonce: 2m }", "mtls: { from: client_cert }", "limits: { others: { requests: 1000000 } }",
            "cookie: token", "csrf: { origins: \"https://app.example\" }", "cors: { origins: \"https://app.example\" }",
        ])
        let more = ["DPoP: \(BoundClient.proof("x"))", "Client-Cert: :\(BoundClient.certificate):"]
        var bad: Set<Reply> = []
        // In a cookie other characters mean something else.
        for attack in Attack.catalogue where attack.outcome == .badToken {
            bad.insert(try fixture.ask(fields: ["\(place)\(attack.token)"] + more))
        }
        bad.insert(try fixture.ask(fields: ["\(place)\(BoundClient.token.dropLast(4))AAAA"] + more))
        #expect(bad.count == 1 && bad.first?.status == 401, "\(bad)")
        #expect(bad.first?.challenges.contains(#"error="invalid_token""#) == true)
    }

    @Test func badTokensNeverBecomeAnonymous() throws {
        let fixture = try GateFixture()
        #expect(try fixture.ask("/optional").status == 200)
        for attack in Attack.catalogue where attack.outcome != .accepted {
            #expect(try fixture.ask("/optional", fields: bearer(attack.token)).status >= 400, "\(attack)")
        }
    }

    /// Many requests of one turn are one batch; each gets the answer it would get alone.
    @Test func neighboursChangeNothing() throws {
        let fixture = try GateFixture()
        let attacks = Attack.catalogue.filter { attack in
            attack.token.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && attack.token.utf8.count < 60_000
        }
        let channels = try attacks.map { _ in try fixture.connect() }
        for (attack, channel) in zip(attacks, channels) {
            let text = "GET /envoy/orders HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(attack.token)\r\n\r\n"
            _ = try? channel.writeInbound(ByteBuffer(string: text))
        }
        fixture.eventLoop.run()
        for (attack, channel) in zip(attacks, channels) {
            let reply = Reply(try fixture.received(channel))
            let expected = attack.outcome == .accepted ? 200 : attack.outcome == .badToken ? 401 : 400
            #expect(reply.status == expected, "\(attack)")
        }
    }

    @Test func credentialsInTwoPlacesAreRefused() throws {
        let fixture = try GateFixture()
        let good = CatalogueIssuer.token()
        for endpoint in GateFixture.Endpoint.allCases {
            let status = endpoint == .nginx ? 401 : 400
            #expect(try fixture.ask(fields: bearer(good), at: endpoint).status == 200)
            #expect(try fixture.ask(fields: bearer(good) + bearer(good), at: endpoint).status == status)
            #expect(try fixture.ask(fields: bearer(good) + ["authorization: Basic x"], at: endpoint).status == status)
            for query in ["access_token=x", "a=b&access_token=\(good)", "access%5Ftoken=x", "%61ccess_token"] {
                #expect(
                    try fixture.ask("/orders?\(query)", fields: bearer(good), at: endpoint).status == status, "\(query)"
                )
            }
            #expect(
                try fixture.ask("/orders?xaccess_token=x&access_tokens", fields: bearer(good), at: endpoint).status
                    == 200)
        }
    }

    /// A million characters: refused by size, answered, and the connection ends.
    @Test func hugeTokensAndFloods() throws {
        let fixture = try GateFixture()
        let huge =
            "GET /envoy/orders HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(String(repeating: "a", count: 1 << 20))\r\n\r\n"
        let reply = try fixture.answer(huge)
        #expect(reply.status == 431 && reply.field("connection") == "close")
        let flood = "GET /envoy/orders HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 2000) + "\r\n"
        #expect(try fixture.answer(flood).status == 431)
    }
}
