import AttackCatalogue
import FastVerify
import Testing

@testable import FastVerifyGateway

/// Tokens that only their holder may use, at every endpoint.
struct SenderTests {
    private func bad(_ fixture: GateFixture, at endpoint: GateFixture.Endpoint, scheme: String = "DPoP") throws -> Reply
    {
        try fixture.ask(fields: ["Authorization: \(scheme) a.b.c"], at: endpoint)
    }

    @Test(arguments: GateFixture.Endpoint.allCases) func aProofIsGoodOnce(_ endpoint: GateFixture.Endpoint) throws {
        let fixture = try GateFixture(policy: ["dpop: allowed"])
        let proof = BoundClient.fields(BoundClient.proof("once"))
        let reply = try fixture.ask(fields: proof, at: endpoint)
        #expect(reply.status == 200 && reply.field("X-Auth-Subject") == "alice", "\(reply)")
        let again = try fixture.ask(fields: proof, at: endpoint)
        #expect(again.status == 401 && again.challenges.contains(#"error="invalid_dpop_proof""#))
        #expect(again.challenges.contains(#"algs="ES256 EdDSA""#))
        #expect(fixture.gate.counts.refused == ["proof_replayed": 1])
        // Who is not bound comes as before.
        #expect(
            try fixture.ask(fields: ["Authorization: Bearer \(CatalogueIssuer.token())"], at: endpoint).status == 200)
    }

    /// Rows of the catalogue for proofs: whatever is wrong with one, the answer has the same bytes.
    @Test(arguments: GateFixture.Endpoint.allCases) func badProofsAreAllAlike(_ endpoint: GateFixture.Endpoint) throws {
        let fixture = try GateFixture(policy: ["dpop: { mode: allowed, origin: \"https://orders.example\" }"])
        let now = CatalogueIssuer.now
        let proofs = [
            BoundClient.proof("method", method: "POST"), BoundClient.proof("uri", uri: "https://orders.example/other"),
            BoundClient.proof("host", uri: "https://evil.example/orders"),
            BoundClient.proof("scheme", uri: "http://orders.example/orders"),
            BoundClient.proof("token", token: "another"), BoundClient.proof("old", issuedAt: now - 3600),
            BoundClient.proof("new", issuedAt: now + 3600), BoundClient.proof("key", key: BoundClient.stranger),
            BoundClient.proof("type", type: "JWT"), BoundClient.proof(""), "a.b.c", "", "a", BoundClient.token,
            String(BoundClient.proof("signature").dropLast(4)) + "AAAA", String(repeating: "a", count: 10_000),
        ]
        var replies: Set<Reply> = []
        for proof in proofs { replies.insert(try fixture.ask(fields: BoundClient.fields(proof), at: endpoint)) }
        replies.insert(try fixture.ask(fields: ["Authorization: DPoP \(BoundClient.token)"], at: endpoint))
        let twice = ["DPoP: \(BoundClient.proof("first"))"] + BoundClient.fields(BoundClient.proof("second"))
        replies.insert(try fixture.ask(fields: twice, at: endpoint))
        #expect(replies.count == 1 && replies.first?.status == 401, "\(replies)")
        #expect(try fixture.ask(fields: BoundClient.fields(BoundClient.proof("good")), at: endpoint).status == 200)
    }

    /// A stolen token looks like any other bad one.
    @Test(arguments: GateFixture.Endpoint.allCases) func boundTokensAreNoBearerTokens(
        _ endpoint: GateFixture.Endpoint
    ) throws {
        for policy in [[], ["dpop: allowed"], ["dpop: required"], ["mtls: { from: client_cert }"]] {
            let fixture = try GateFixture(policy: policy)
            let bearer = ["Authorization: Bearer \(BoundClient.token)"]
            let expected = try bad(fixture, at: endpoint, scheme: "Bearer")
            #expect(try fixture.ask(fields: bearer, at: endpoint) == expected, "\(policy)")
            let proven = bearer + ["DPoP: \(BoundClient.proof("downgrade"))"]
            #expect(try fixture.ask(fields: proven, at: endpoint) == expected)
        }
        // The scheme promises a binding that the token does not have.
        let fixture = try GateFixture(policy: ["dpop: allowed"])
        let unbound = BoundClient.fields(
            BoundClient.proof("a", token: CatalogueIssuer.token()), token: CatalogueIssuer.token())
        #expect(try fixture.ask(fields: unbound, at: endpoint) == bad(fixture, at: endpoint))
        let other = try GateFixture()
        #expect(
            try other.ask(fields: BoundClient.fields(BoundClient.proof("b"))).field("www-authenticate")
                == #"Bearer realm="orders""#)
    }

    @Test func aPolicyMayTakeBoundTokensAlone() throws {
        let fixture = try GateFixture(policy: ["dpop: required"])
        let none = try fixture.ask()
        #expect(none.status == 401 && none.field("www-authenticate")?.hasPrefix(#"DPoP realm="orders", algs="#) == true)
        #expect(try fixture.ask(fields: ["Authorization: Bearer \(CatalogueIssuer.token())"]).status == 401)
        #expect(try fixture.ask(fields: BoundClient.fields(BoundClient.proof("required"))).status == 200)
        // Anonymous is who shows nothing, not who shows a token of another kind.
        #expect(try fixture.ask("/optional").status == 200)
        #expect(
            try fixture.ask("/optional", fields: ["Authorization: Bearer \(CatalogueIssuer.token())"]).status == 401)
        let certified = try GateFixture(policy: ["mtls: { from: client_cert, required: true }"])
        #expect(try certified.ask(fields: ["Authorization: Bearer \(CatalogueIssuer.token())"]).status == 401)
        #expect(certified.gate.counts.refused == ["token_not_bound_to_certificate": 1])
    }

    /// The error stands in the challenge of the scheme that was used (RFC 9449 §7.1).
    @Test(arguments: GateFixture.Endpoint.allCases) func errorsNameTheirScheme(_ endpoint: GateFixture.Endpoint) throws
    {
        let fixture = try GateFixture(policy: ["dpop: allowed"])
        let proven = try fixture.ask(fields: ["Authorization: DPoP a.b.c"], at: endpoint).challenges
        #expect(proven.contains(#"DPoP realm="orders", error="invalid_token", algs="ES256 EdDSA""#), "\(proven)")
        let bearer = try fixture.ask(fields: ["Authorization: Bearer a.b.c"], at: endpoint).challenges
        #expect(bearer.contains(#"Bearer realm="orders", error="invalid_token""#) && bearer.contains("DPoP realm"))
        #expect(!bearer.contains(#"DPoP realm="orders", error"#) && !proven.contains(#"Bearer realm="orders", error"#))
    }

    @Test(arguments: GateFixture.Endpoint.allCases) func noncesComeFromHere(_ endpoint: GateFixture.Endpoint) throws {
        let fixture = try GateFixture(policy: ["dpop: { nonce: 2m }"])
        let first = try fixture.ask(fields: BoundClient.fields(BoundClient.proof("1")), at: endpoint)
        let nonce = try #require(first.field("dpop-nonce"))
        #expect(first.status == 401 && first.challenges.contains(#"error="use_dpop_nonce""#))
        let second = BoundClient.fields(BoundClient.proof("2", nonce: nonce))
        #expect(try fixture.ask(fields: second, at: endpoint).status == 200)
        let forged = BoundClient.fields(BoundClient.proof("3", nonce: "made-up"))
        #expect(try fixture.ask(fields: forged, at: endpoint).status == 401)
    }

    /// A reload must not let a proof be used a second time, nor make nonces void.
    @Test func proofsAreRememberedOverReloads() throws {
        let configuration = try GateFixture.configuration(policy: ["dpop: { nonce: 2m }"])
        let memory = GateFixture.memory()
        let fixture = try GateFixture(configuration, memory: memory)
        let nonce = try #require(
            try fixture.ask(fields: BoundClient.fields(BoundClient.proof("0"))).field("dpop-nonce"))
        let proof = BoundClient.fields(BoundClient.proof("1", nonce: nonce))
        #expect(try fixture.ask(fields: proof).status == 200)
        fixture.gate.install(try GateFixture.rules(configuration, CatalogueIssuer.verifier(), memory))
        memory.keepOnly([configuration])
        #expect(try fixture.ask(fields: proof).status == 401)
        #expect(fixture.gate.counts.refused["proof_replayed"] == 1)
        #expect(try fixture.ask(fields: BoundClient.fields(BoundClient.proof("2", nonce: nonce))).status == 200)
    }

    @Test(arguments: GateFixture.Endpoint.allCases) func certificatesCount(_ endpoint: GateFixture.Endpoint) throws {
        let fixture = try GateFixture(policy: ["mtls: { from: client_cert }"])
        func ask(_ fields: String...) throws -> Reply {
            try fixture.ask(fields: ["Authorization: Bearer \(BoundClient.certified)"] + fields, at: endpoint)
        }
        #expect(try ask("Client-Cert: :\(BoundClient.certificate):").status == 200)
        let expected = try bad(fixture, at: endpoint, scheme: "Bearer")
        #expect(try ask("Client-Cert: :\(BoundClient.otherCertificate):") == expected)
        #expect(try ask() == expected && ask("Client-Cert: ") == expected)
        // What another proxy would say counts for nothing.
        #expect(try ask("X-Forwarded-Client-Cert: Hash=\(String(repeating: "0", count: 64))") == expected)
        let malformed = try ask("Client-Cert: \(BoundClient.certificate)")
        #expect(malformed.status == (endpoint == .nginx ? 401 : 400) && malformed != expected)
        let twice = try ask(
            "Client-Cert: :\(BoundClient.certificate):", "Client-Cert: :\(BoundClient.otherCertificate):")
        #expect(twice == malformed)
    }

    /// The connections of this fixture have no TLS: nobody has a certificate.
    @Test func withoutTLSNobodyHasACertificate() throws {
        let fixture = try GateFixture(more: "listen: { grpc: 127.0.0.1:9182 }", policy: ["mtls: { from: connection }"])
        let fields = ["Authorization: Bearer \(BoundClient.certified)", "Client-Cert: :\(BoundClient.certificate):"]
        #expect(try fixture.ask(fields: fields).status == 401)
        #expect(fixture.gate.counts.refused == ["certificate_missing": 1])
    }
}
