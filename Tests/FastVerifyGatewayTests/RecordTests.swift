import AttackCatalogue
import FastVerify
import CoreMetrics
import FastVerifyAccess
import Testing

@testable import FastVerifyGateway

#if canImport(Glibc)
    import Glibc
#endif

/// Records are complete, or say what is missing; and what they say is one line.
struct RecordTests {
    private func path(_ name: String) -> String { "/tmp/fastverify-records-\(getpid())-\(name)" }

    private func lines(_ path: String) throws -> [String] {
        let bytes = try PlainFile.contents(of: path, limit: 1 << 20)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test func linesWithoutRoomAreCounted() throws {
        let file = path("room")
        defer { unlink(file) }
        let writer = try RecordWriter(path: file, limit: 100)
        #expect(writer.write(Array("first\n".utf8)))
        writer.flush()
        let long = [UInt8](repeating: 0x61, count: 101)
        #expect(!writer.write(long) && !writer.write(long) && writer.missingCount == 2)
        #expect(writer.write(Array("second\n".utf8)))
        writer.flush()
        #expect(try lines(file) == ["first", #"{"missing_records":2}"#, "second"])
    }

    @Test func aLogThatCannotBeOpened() {
        #expect(throws: ConfigurationError.self) { try RecordWriter(path: "/nonexistent/x", limit: 100) }
    }

    @Test func renamedFilesAreLeftBehind() throws {
        let file = path("rename")
        defer { unlink(file) }
        defer { unlink(file + ".1") }
        let writer = try RecordWriter(path: file, limit: 1000)
        _ = writer.write(Array("old\n".utf8))
        writer.flush()
        rename(file, file + ".1")
        writer.reopen()
        writer.flush()
        _ = writer.write(Array("new\n".utf8))
        writer.flush()
        #expect(try lines(file) == ["new"] && lines(file + ".1") == ["old"])
    }

    @Test func whatHasNoRecordDoesNotHappen() throws {
        let file = path("audit")
        defer { unlink(file) }
        // /dev/full takes nothing, ever.
        let fixture = try GateFixture(more: "log: { audit: /dev/full, buffer: 4KiB }")
        let fields = ["Authorization: Bearer \(CatalogueIssuer.token())"]
        let statuses = try (0..<40).map { _ in try fixture.ask(fields: fields).status }
        #expect(statuses.first == 200 && statuses.last == 503)
        #expect(fixture.gate.counts.refused["audit_full"] ?? 0 > 0 && fixture.shared.records.missing.audit > 0)
        let counting = try GateFixture(more: "log: { audit: /dev/full, buffer: 4KiB, audit_overflow: count }")
        #expect(try (0..<40).allSatisfy { _ in try counting.ask(fields: fields).status == 200 })
        #expect(counting.shared.records.missing.audit > 0)
    }

    @Test func recordsAreOneLineAndHaveNoToken() throws {
        let file = path("lines")
        defer { unlink(file) }
        let fixture = try GateFixture(more: "log: { audit: \(file), access: \(file)2 }")
        defer { unlink(file + "2") }
        let claims = CatalogueIssuer.claims.replacing("alice", with: #"a\n\"b\u2028\u202e"#)
        let token = CatalogueIssuer.token(payload: claims)
        _ = try fixture.ask("/orders/7?access_tok=\(token)", fields: ["Authorization: Bearer \(token)"])
        _ = try fixture.ask("/orders/a\"b", fields: ["Authorization: Bearer \(token)x"])
        fixture.shared.records.flush()
        let audit = try lines(file)
        #expect(audit.count == 2, "\(audit)")
        #expect(audit[0].contains(#""path":"/orders/7","route":10,"verdict":"allow""#), "\(audit)")
        #expect(
            audit[0].contains(#""sub":"a\u000a\"b\u2028\u202e""#) && !audit[0].contains(token.suffix(20)), "\(audit)")
        #expect(audit[1].contains(#""status":401,"reason":"#) && audit[1].contains(#"/orders/a\"b"#), "\(audit)")
        // The access log says what happened, not who it was.
        #expect(try lines(file + "2").count == 2 && !lines(file + "2").joined().contains("\"sub\""))
    }

    @Test func prometheusText() {
        let registry = PrometheusRegistry()
        registry.makeCounter(label: "a.b-c", dimensions: [("l", "x\"\\\ny")]).increment(by: 3)
        registry.makeRecorder(label: "g", dimensions: [], aggregate: false).record(2.5)
        let timer = registry.makeTimer(label: "t", dimensions: [])
        timer.recordNanoseconds(500_000_000)
        timer.recordNanoseconds(1_500_000_000)
        #expect(
            registry.text == """
                # TYPE a_b_c counter
                a_b_c{l="x\\"\\\\\\ny"} 3
                # TYPE g gauge
                g 2.5
                # TYPE t summary
                t_sum 2.0
                t_count 2

                """)
    }

    @Test func explanationsShowBothSides() async throws {
        let file = path("gateway.yaml")
        let keys = path("keys.json")
        defer { unlink(file) }
        defer { unlink(keys) }
        try write(
            """
            issuers: { id: { issuer: "https://id.example", keys: { file: "\(keys)" } } }
            policies: { api: { audience: orders, algorithms: [HS256], realm: orders } }
            routes: [{ prefix: /admin, scopes: admin }, { prefix: /open, access: open }, { prefix: / }]
            """, to: file)
        try write(
            #"{"kty":"oct","k":"YSBzZWNyZXQgb2YgdGhpcnR5LXR3byBieXRlcywgc28","alg":"HS256","kid":"secret"}"#, to: keys)
        let token = CatalogueIssuer.token(CatalogueIssuer.secret)
        func explain(_ path: String, _ fields: [String]) async throws -> Explanation {
            try await Explanation(
                of: .init(target: path, fields: fields.map { ("Authorization", $0) }), file: file,
                at: CatalogueIssuer.now,
                environment: EnvironmentOverrides(variables: [:]))
        }
        let good = try await explain("/", ["Bearer \(token)"])
        #expect(
            good.privateReason == nil && good.identity.contains { $0.name == "X-Auth-Subject" && $0.value == "alice" })
        let poor = try await explain("/admin", ["Bearer \(token)"])
        #expect(poor.privateReason == "insufficient_scope" && poor.publicAnswer[0] == "403 Forbidden")
        #expect(
            poor.steps.last?.isPassed == false && poor.steps.contains { $0.name == "token: signature" && $0.isPassed })
        let bad = try await explain("/", ["Bearer \(token.dropLast(2))AA"])
        #expect(bad.privateReason == "bad_signature" && bad.publicAnswer[0] == "401 Unauthorized")
        #expect(!bad.publicAnswer.joined().contains("signature"))
        #expect(try await explain("/open", []).privateReason == nil)
        #expect(try await explain("/a//b", []).privateReason == "ambiguous_path")
    }

    /// Steps of a policy that asks for more; a gateway that has no list of revocations yet is not ready.
    @Test func explanationsShowDemands() async throws {
        let (file, keys) = (path("demands.yaml"), path("demands.json"))
        defer { unlink(file) }
        defer { unlink(keys) }
        try write(
            """
            issuers: { id: { issuer: "https://id.example", keys: { file: "\(keys)" } } }
            policies:
              api:
                audience: orders
                algorithms: [HS256]
                dpop: allowed
                cookie: t
                csrf: { origins: "https://app.example" }
                limits: { others: { requests: 1 } }
                cors: { origins: "https://app.example" }
            routes: [{ prefix: / }]
            """, to: file)
        try write(
            #"{"kty":"oct","k":"YSBzZWNyZXQgb2YgdGhpcnR5LXR3byBieXRlcywgc28","alg":"HS256","kid":"secret"}"#, to: keys)
        func explain(_ method: String, _ fields: (String, String)...) async throws -> Explanation {
            try await Explanation(
                of: .init(method: method, fields: fields.map { (name: $0.0, value: $0.1) }), file: file,
                at: CatalogueIssuer.now, environment: EnvironmentOverrides(variables: [:]))
        }
        let cookie = ("Cookie", "t=\(CatalogueIssuer.token(CatalogueIssuer.secret))")
        let good = try await explain("GET", cookie)
        #expect(good.privateReason == nil && good.publicAnswer.contains { $0.hasPrefix("RateLimit: ") })
        #expect(good.steps.suffix(3).map(\.name) == ["sender", "limits", "rules of the route"])
        let forged = try await explain("POST", cookie, ("Origin", "https://evil.example"))
        #expect(forged.privateReason == "origin_not_allowed" && forged.steps.last?.name == "credentials")
        let claims =
            CatalogueIssuer.claims.dropLast() + #","cnf":{"jkt":"\#(BoundClient.key.verificationKey.thumbprint)"}}"#
        let bound = CatalogueIssuer.token(payload: String(claims), CatalogueIssuer.secret)
        let unproven = try await explain("GET", ("Authorization", "DPoP \(bound)"))
        #expect(unproven.privateReason == "proof_missing" && unproven.steps.last?.name == "sender")
        #expect(unproven.publicAnswer.contains { $0.contains("invalid_dpop_proof") })
        let asked = [("Origin", "https://app.example"), ("Access-Control-Request-Method", "GET")]
        let preflight = try await explain("OPTIONS", asked[0], asked[1])
        #expect(preflight.privateReason == nil && preflight.publicAnswer[0] == "204 No Content")
    }

    @Test func withoutRevocationsNobodyIsReady() throws {
        for (outage, isReady) in [("open", true), ("closed", false)] {
            let fixture = try GateFixture(policy: [
                "revocation: { feed: { file: /nonexistent/feed }, outage: \(outage) }"
            ])
            #expect(fixture.shared.isReady == isReady, "\(outage)")
        }
    }

    private func write(_ text: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        #expect(file >= 0)
        var bytes = Array(text.utf8)
        #expect(Glibc.write(file, &bytes, bytes.count) == bytes.count)
        close(file)
    }
}
