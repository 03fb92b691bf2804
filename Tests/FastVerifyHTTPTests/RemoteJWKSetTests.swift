// What becomes of the keys in force, fetch by fetch, with a clock that stands still and no network.
import FastVerify
import Synchronization
import Testing

@testable import FastVerifyHTTP

@Suite struct RemoteJWKSetTests {
    private let clock = ManualClock()

    @Test func firstFetchBringsTheKeys() async {
        let transport = ScriptedTransport(Issuer.set(0, 1))
        let keys = RemoteJWKSet.test(transport, clock)
        let verifier = Issuer.verifier(keys)
        #expect(!keys.isReady && verifier.error(Issuer.token(0)) == .keyNotFound)
        #expect(await keys.tick() == .fetch(.start))
        #expect(keys.isReady && verifier.error(Issuer.token(0)) == nil && verifier.error(Issuer.token(1)) == nil)
        #expect(verifier.error(Issuer.token(2)) == .keyNotFound)
        let request = transport.requests[0]
        #expect(request.url == "https://id.example/keys" && request.header("accept-encoding") == "identity")
        #expect(request.header("accept") == "application/json, application/jwk-set+json")
        let state = keys.state
        #expect(state.origin == .network && state.keys.map(\.keyID) == ["key-0", "key-1"] && state.age == .zero)
        #expect(
            state.lastSuccess == Issuer.now && state.lastError == nil && state.fetches == 1 && state.unknownKeys == 2)
    }

    @Test func removedKeyStopsVerifyingAtTheNextRefresh() async {
        let transport = ScriptedTransport(Issuer.set(0, 1))
        let keys = RemoteJWKSet.test(transport, clock)
        let verifier = Issuer.verifier(keys)
        await keys.tick()
        transport.answer(Issuer.set(1))
        clock.advance(by: .seconds(600))
        #expect(verifier.error(Issuer.token(0)) == nil)
        #expect(await keys.tick() == .fetch(.due))
        #expect(verifier.error(Issuer.token(0)) == .keyNotFound && verifier.error(Issuer.token(1)) == nil)
    }

    @Test func explicitlyEmptySetWithdrawsAllKeys() async {
        let transport = ScriptedTransport(Issuer.set(0))
        let keys = RemoteJWKSet.test(transport, clock)
        await keys.tick()
        transport.answer(#"{"keys":[]}"#)
        clock.advance(by: .seconds(600))
        await keys.tick()
        #expect(Issuer.verifier(keys).error(Issuer.token(0)) == .keyNotFound)
        #expect(keys.isReady && keys.state.lastError == nil)
    }

    static let unusable: [(KeyResponse, FetchError)] = [
        (ScriptedTransport.json("{"), .malformedKeys), (ScriptedTransport.json("{}"), .malformedKeys),
        (ScriptedTransport.json(#"{"keys":null}"#), .malformedKeys),
        (ScriptedTransport.json(#"{"keys":[{}]}"#), .noUsableKey),
        (
            ScriptedTransport.json(#"{"keys":[{"kty":"oct","k":"\#(String(repeating: "A", count: 43))"}]}"#),
            .noUsableKey
        ),
        (ScriptedTransport.json(#"{"keys":[\#(Issuer.keys[0].privateJWK)]}"#), .noUsableKey),
        (KeyResponse(status: 200, body: Array(Issuer.set(1).utf8)), .contentType),
        (
            KeyResponse(status: 200, headers: [("content-type", "text/plain")], body: Array(Issuer.set(1).utf8)),
            .contentType
        ),
        (
            KeyResponse(
                status: 200, headers: [("content-type", "application/json"), ("content-type", "text/plain")],
                body: Array(Issuer.set(1).utf8)), .contentType
        ),
        (ScriptedTransport.json(Issuer.set(1), [("Content-Encoding", "gzip")]), .contentEncoding),
        (ScriptedTransport.json(Issuer.set(1) + String(repeating: " ", count: 1 << 20)), .tooLarge),
        (
            ScriptedTransport.json(#"{"keys":[\#(Array(repeating: "{}", count: 1001).joined(separator: ","))]}"#),
            .tooLarge
        ),
        (KeyResponse(status: 404), .status(404)), (KeyResponse(status: 203), .status(203)),
        (KeyResponse(status: 304), .nothingToConfirm), (KeyResponse(status: 302), .redirectRefused),
    ]

    /// Nothing of the kind replaces good keys, and nothing of it sticks; at the stale limit the keys fall.
    @Test(arguments: unusable.indices) func unusableAnswers(_ row: Int) async {
        let (response, error) = Self.unusable[row]
        let transport = ScriptedTransport(Issuer.set(0))
        let refresh = RefreshPolicy(staleLimit: .seconds(1000))
        let keys = RemoteJWKSet.test(transport, clock, refresh: refresh)
        let verifier = Issuer.verifier(keys)
        await keys.tick()
        transport.answer { _ throws(FetchError) in response }
        clock.advance(by: .seconds(600))
        #expect(await keys.tick() == .fetch(.due))
        #expect(keys.state.lastError == error && keys.state.failures == 1)
        #expect(verifier.error(Issuer.token(0)) == nil && verifier.error(Issuer.token(1)) == .keyNotFound)
        clock.advance(by: .seconds(999))
        await keys.tick()
        #expect(verifier.error(Issuer.token(0)) == nil && keys.isReady)
        clock.advance(by: .seconds(1))
        #expect(!keys.isReady)
        #expect(await keys.tick() == .drop)
        #expect(verifier.error(Issuer.token(0)) == .keyNotFound && keys.state.origin == nil)
        transport.answer(Issuer.set(0, 1))
        clock.advance(by: .seconds(400))
        await keys.tick()
        #expect(verifier.error(Issuer.token(0)) == nil && verifier.error(Issuer.token(1)) == nil)
        #expect(keys.state.lastError == nil && keys.state.failures == 0)
    }

    /// Usable keys count though others beside them do not.
    @Test func secretsAndPrivateKeysAreLeftOut() async {
        let secret = String(repeating: "A", count: 43)
        let public1 = Issuer.keys[1].publicJWK
        let text = #"{"keys":[{"kty":"oct","kid":"s","k":"\#(secret)"},\#(Issuer.keys[0].privateJWK),\#(public1)]}"#
        let keys = RemoteJWKSet.test(ScriptedTransport(text), clock)
        await keys.tick()
        #expect(keys.state.keys.map(\.keyID) == ["key-1"])
        #expect(keys.state.skipped.map(\.reason) == [.secretNotAllowed, .privateKey])
    }

    /// Two keys of one name: which is meant nobody knows, so neither verifies.
    @Test func duplicateKids() async {
        let twin = Issuer.keys[1].publicJWK.replacing("key-1", with: "key-0")
        let keys = RemoteJWKSet.test(
            ScriptedTransport(#"{"keys":[\#(Issuer.keys[0].publicJWK),\#(twin)]}"#), clock)
        await keys.tick()
        #expect(Issuer.verifier(keys).error(Issuer.token(0)) == .ambiguousKey)
    }

    // MARK: Confirmation

    @Test func entityTags() async {
        let transport = ScriptedTransport(Issuer.set(0), [("ETag", "\"a\""), ("Cache-Control", "max-age=100")])
        let keys = RemoteJWKSet.test(transport, clock)
        await keys.tick()
        #expect(transport.requests[0].header("if-none-match") == nil)
        transport.answer { _ throws(FetchError) in KeyResponse(status: 304) }
        clock.advance(by: .seconds(100))
        let held = keys.source.current
        #expect(await keys.tick() == .fetch(.due))
        #expect(transport.requests[1].header("if-none-match") == "\"a\"")
        #expect(keys.state.lastError == nil && keys.state.age == .zero && keys.source.current === held)
        // The earlier max-age still holds.
        #expect(keys.state.nextFetch <= .seconds(90))
        // An unknown key casts doubt on what is known: no condition, and no cache may answer.
        _ = Issuer.verifier(keys).error(Issuer.unknown("new"))
        clock.advance(by: .seconds(10))
        #expect(await keys.tick() == .fetch(.unknownKey))
        #expect(transport.requests[2].header("if-none-match") == nil)
        #expect(transport.requests[2].header("cache-control") == "no-cache")
        // 304 to a request without a condition confirms nothing.
        #expect(keys.state.lastError == .nothingToConfirm)
    }

    @Test func oddEntityTagsAreNotSentBack() async {
        for tag in ["a", "\"a", "\"\u{1}\"", "\"" + String(repeating: "a", count: 300) + "\"", "\"ä\""] {
            let transport = ScriptedTransport(Issuer.set(0), [("ETag", tag)])
            let keys = RemoteJWKSet.test(transport, clock)
            await keys.tick()
            #expect(keys.state.entityTag == nil, "\(tag)")
        }
    }

    /// After the stale limit nothing is left to be confirmed.
    @Test func droppedKeysAreFetchedWhole() async {
        let transport = ScriptedTransport(Issuer.set(0), [("ETag", "\"a\"")])
        let keys = RemoteJWKSet.test(transport, clock, refresh: RefreshPolicy(staleLimit: .zero))
        await keys.tick()
        clock.advance(by: .seconds(600))
        #expect(await keys.tick() == .drop)
        await keys.tick()
        #expect(transport.requests[1].header("if-none-match") == nil && keys.isReady)
        #expect(Issuer.verifier(keys).error(Issuer.token(0)) == nil)
    }

    /// The confirmation of keys that fall while it is on its way brings nothing back.
    @Test func lateConfirmation() async {
        let transport = ScriptedTransport(Issuer.set(0), [("ETag", "\"a\"")])
        let keys = RemoteJWKSet.test(transport, clock, refresh: RefreshPolicy(staleLimit: .seconds(60)))
        await keys.tick()
        let gate = Gate()
        transport.answer { _ throws(FetchError) in
            await gate.pass()
            return KeyResponse(status: 304)
        }
        clock.advance(by: .seconds(655))
        async let step = keys.tick()
        #expect(await eventually { transport.requests.count == 2 })
        clock.advance(by: .seconds(5))
        #expect(keys.nextStep() == .drop)
        gate.open()
        #expect(await step == .fetch(.due))
        #expect(keys.state.lastError == .nothingToConfirm && !keys.isReady)
        #expect(Issuer.verifier(keys).error(Issuer.token(0)) == .keyNotFound)
    }

    /// The same keys in other words: what the set in force has earned stays.
    @Test func equalSetIsKept() async {
        let transport = ScriptedTransport(Issuer.set(0, 1))
        let keys = RemoteJWKSet.test(transport, clock)
        await keys.tick()
        let held = keys.source.current
        transport.answer(Issuer.set(0, 1).replacing(",", with: " ,\n"))
        clock.advance(by: .seconds(600))
        await keys.tick()
        #expect(keys.source.current === held && keys.state.age == .zero)
        transport.answer(Issuer.set(1, 0))
        clock.advance(by: .seconds(600))
        await keys.tick()
        #expect(keys.source.current !== held)
    }

    @Test(arguments: [
        ("max-age=120", 120), ("max-age=1", 60), ("max-age=999999999999999999999", 3600), ("no-store", 60),
        ("no-cache, max-age=3000", 60), ("public, max-age=\"200\"", 200), ("max-age=abc", 60), ("max-age", 60),
        ("private", 600), ("max-age=300, max-age=200", 200),
    ])
    func cacheControl(_ header: String, _ lifetime: Int64) async {
        let keys = RemoteJWKSet.test(ScriptedTransport(Issuer.set(0), [("Cache-Control", header)]), clock)
        await keys.tick()
        let next = keys.state.nextFetch
        #expect(next >= .seconds(lifetime) * 0.75 && next <= .seconds(lifetime) * 0.9)
        #expect(keys.state.dropsIn == .seconds(lifetime + 4 * 3600))
    }

    @Test func ageCountsAgainstMaxAge() async {
        let headers = [("Cache-Control", "max-age=1000"), ("Age", "800")]
        let keys = RemoteJWKSet.test(ScriptedTransport(Issuer.set(0), headers), clock)
        await keys.tick()
        #expect(keys.state.dropsIn == .seconds(200 + 4 * 3600))
    }

    /// A fetch that takes for ever ends at its total time by the set's own clock, whatever the transport thinks.
    @Test func totalTime() async {
        let transport = ScriptedTransport { _ throws(FetchError) in
            try? await Task.sleep(for: .seconds(3600))
            throw .cancelled
        }
        let keys = RemoteJWKSet.test(transport, clock)
        async let step = keys.tick()
        #expect(await eventually { clock.sleeperCount == 1 && !transport.requests.isEmpty })
        #expect(keys.state.isFetching && keys.nextStep() == .wait(until: nil))
        clock.advance(by: .seconds(10))
        #expect(await step == .fetch(.start))
        #expect(keys.state.lastError == .timedOut && !keys.state.isFetching)
    }
}
