// What operators get to see, and what nobody does.
import FastVerify
import Metrics
import MetricsTestKit
import ServerFixtures
import Testing

@testable import FastVerifyHTTP

@Suite struct FetchRecorderTests {
    private let clock = ManualClock()

    @Test func metrics() async throws {
        let metrics = TestMetrics()
        let transport = ScriptedTransport(Issuer.set(0, 1))
        let keys = RemoteJWKSet.test(transport, clock, metrics: metrics)
        await keys.tick()
        transport.fail(.timedOut)
        for number in 0..<7 { _ = Issuer.verifier(keys).error(Issuer.unknown("\(number)")) }
        clock.advance(by: .seconds(600))
        await keys.tick()
        transport.answer { _ throws(FetchError) in KeyResponse(status: 503) }
        clock.advance(by: .seconds(600))
        await keys.tick()
        func fetches(_ outcome: String) throws -> Int64 {
            try metrics.expectCounter(
                "fastverify_jwks_fetches_total", [("issuer", "id.example"), ("outcome", outcome)]
            )
            .totalValue
        }
        #expect(try fetches("replaced") == 1 && fetches("timed_out") == 1 && fetches("status_5xx") == 1)
        let issuer = [("issuer", "id.example")]
        #expect(try metrics.expectCounter("fastverify_jwks_unknown_keys_total", issuer).totalValue == 7)
        #expect(try metrics.expectGauge("fastverify_jwks_keys", issuer).lastValue == 2)
        #expect(try metrics.expectGauge("fastverify_jwks_age_seconds", issuer).lastValue == 1200)
    }

    /// Host and reason, but neither keys nor their names, nor tokens, nor anything a server or a stranger wrote.
    @Test func logs() async {
        let lines = LogLines()
        let transport = ScriptedTransport(Issuer.set(0), [("ETag", "\"server-text\"")])
        let keys = RemoteJWKSet.test(
            transport, clock, refresh: RefreshPolicy(staleLimit: .zero), snapshotPath: "/nonexistent/folder/keys",
            logger: lines.logger)
        await keys.restoreSnapshot()
        await keys.tick()
        transport.answer(#"{"keys":"server-text"}"#)
        _ = Issuer.verifier(keys).error(Issuer.unknown("stranger"))
        clock.advance(by: .seconds(600))
        await keys.tick()
        await keys.tick()
        let text = lines.text
        for expected in [
            "debug key set snapshot not used", "info key set replaced", "warning key set snapshot not kept",
            "unwritable",
            "error key set too old", "warning key set not refreshed", "malformed_keys", "id.example", "due",
        ] {
            #expect(text.contains(expected), "\(expected) in \(text)")
        }
        for secret in ["server-text", "stranger", "key-0", "kty", Issuer.keys[0].verificationKey.thumbprint, "eyJ"] {
            #expect(!text.contains(secret), "\(secret)")
        }
    }
}
