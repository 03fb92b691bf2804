// From an issuer's name to its keys.
import FastVerify
import Testing

@testable import FastVerifyHTTP

@Suite struct DiscoveryTests {
    private let clock = ManualClock()

    private static func metadata(_ keysURL: String, issuer: String = Issuer.name) -> String {
        #"{"issuer":"\#(issuer)","jwks_uri":"\#(keysURL)","other":{"a":[1]}}"#
    }

    /// Answers by URL; 404 for any other.
    private func transport(_ answers: [String: KeyResponse]) -> ScriptedTransport {
        ScriptedTransport { request throws(FetchError) in answers[request.url] ?? KeyResponse(status: 404) }
    }

    private func keys(
        _ transport: ScriptedTransport, _ rules: KeyFetchRules = .standard,
        _ discovery: KeySetLocation.Discovery = .automatic, _ issuer: String = Issuer.name
    ) -> RemoteJWKSet {
        .test(transport, clock, at: try! .issuer(issuer, discovery: discovery), rules: rules)
    }

    private static let openID = "https://id.example/.well-known/openid-configuration"
    private static let oauth = "https://id.example/.well-known/oauth-authorization-server"

    @Test func openID() async {
        let transport = transport([
            Self.openID: ScriptedTransport.json(Self.metadata("https://keys.example/set")),
            "https://keys.example/set": ScriptedTransport.json(Issuer.set(0)),
        ])
        let keys = keys(transport)
        await keys.tick()
        #expect(Issuer.verifier(keys).error(Issuer.token(0)) == nil)
        #expect(keys.state.keysURL == "https://keys.example/set")
        #expect(transport.requests[0].header("accept") == "application/json")
        // The next refresh goes to the keys directly.
        clock.advance(by: .seconds(600))
        await keys.tick()
        #expect(transport.requests.map(\.url) == [Self.openID, "https://keys.example/set", "https://keys.example/set"])
    }

    @Test func authorizationServerMetadataWhereThereIsNoOpenID() async {
        let transport = transport([
            Self.oauth: ScriptedTransport.json(Self.metadata("https://id.example/set")),
            "https://id.example/set": ScriptedTransport.json(Issuer.set(0)),
        ])
        let keys = keys(transport)
        await keys.tick()
        #expect(keys.isReady && transport.requests.map(\.url).prefix(2) == [Self.openID, Self.oauth])
    }

    /// A server in trouble has said nothing about what exists, and one that is overrun gets no second request.
    @Test(arguments: [KeyResponse(status: 500), KeyResponse(status: 429, headers: [("Retry-After", "30")])])
    func noSecondDocument(_ response: KeyResponse) async {
        let transport = transport([Self.openID: response])
        let keys = keys(transport)
        await keys.tick()
        #expect(transport.requests.count == 1 && keys.state.lastError == .status(response.status))
    }

    @Test(arguments: [
        (metadata("https://id.example/set", issuer: "https://id.example/"), FetchError.issuerMismatch),
        (metadata("https://id.example/set", issuer: "https://ID.example"), .issuerMismatch),
        (metadata("https://id.example/set", issuer: "https://id.example.evil"), .issuerMismatch),
        (metadata("http://id.example/set"), .keysURLRefused), (metadata("file:///etc/passwd"), .keysURLRefused),
        (metadata("https://u@id.example/set"), .keysURLRefused), (metadata("/set"), .keysURLRefused),
        (#"{"issuer":"\#(Issuer.name)"}"#, .malformedMetadata), ("[]", .malformedMetadata), ("", .malformedMetadata),
        (#"{"issuer":["\#(Issuer.name)"],"jwks_uri":"https://id.example/set"}"#, .malformedMetadata),
        (#"{"issuer":"\#(Issuer.name)","jwks_uri":"https://a/","jwks_uri":"https://b/"}"#, .malformedMetadata),
    ])
    func refusedMetadata(_ text: String, _ error: FetchError) async {
        let transport = transport([
            Self.openID: ScriptedTransport.json(text),
            "https://id.example/set": ScriptedTransport.json(Issuer.set(0)),
        ])
        let keys = keys(transport)
        await keys.tick()
        #expect(keys.state.lastError == error && !keys.isReady && transport.requests.count == 1)
    }

    @Test func hostsOfKeys() async {
        func error(_ url: String, _ hosts: KeyFetchRules.KeysHosts, insecure: Bool = false) async -> FetchError? {
            let transport = transport([
                Self.openID: ScriptedTransport.json(Self.metadata(url)), url: ScriptedTransport.json(Issuer.set(0)),
            ])
            let keys = keys(transport, KeyFetchRules(keysHosts: hosts, allowsInsecureHTTP: insecure))
            await keys.tick()
            return keys.state.lastError
        }
        #expect(await error("https://www.keys.example/v3/certs", .any) == nil)
        #expect(await error("https://www.keys.example/v3/certs", .sameOrigin) == .keysURLRefused)
        #expect(await error("https://id.example:444/k", .sameOrigin) == .keysURLRefused)
        #expect(await error("https://id.example/k", .sameOrigin) == nil)
        #expect(await error("https://www.keys.example/k", .oneOf(["www.keys.example"])) == nil)
        #expect(await error("https://keys.example/k", .oneOf(["www.keys.example"])) == .keysURLRefused)
        // From https to http there is no way, not even where http is allowed.
        #expect(await error("http://id.example/k", .any, insecure: true) == .keysURLRefused)
    }

    /// Keys that have moved are found again, after a failure or within the longest lifetime.
    @Test func movedKeys() async {
        let transport = transport([
            Self.openID: ScriptedTransport.json(Self.metadata("https://id.example/old")),
            "https://id.example/old": ScriptedTransport.json(Issuer.set(0), [("ETag", "\"old\"")]),
        ])
        let keys = keys(transport)
        await keys.tick()
        let moved = [
            Self.openID: ScriptedTransport.json(Self.metadata("https://id.example/new")),
            "https://id.example/new": ScriptedTransport.json(Issuer.set(1)),
        ]
        transport.answer { request throws(FetchError) in moved[request.url] ?? KeyResponse(status: 404) }
        clock.advance(by: .seconds(600))
        await keys.tick()
        #expect(keys.state.lastError == .status(404) && Issuer.verifier(keys).error(Issuer.token(0)) == nil)
        clock.advance(by: .seconds(20))
        #expect(await keys.tick() == .fetch(.retry))
        #expect(Issuer.verifier(keys).error(Issuer.token(0)) == .keyNotFound)
        #expect(Issuer.verifier(keys).error(Issuer.token(1)) == nil)
        // The old place's tag is not shown to the new one.
        #expect(transport.requests.last?.header("if-none-match") == nil)
    }

    /// While the metadata cannot be had, the keys are fetched from where they were, but not for ever.
    @Test func metadataOutage() async {
        let set = ScriptedTransport.json(Issuer.set(0))
        let transport = transport([
            Self.openID: ScriptedTransport.json(Self.metadata("https://id.example/set")), "https://id.example/set": set,
        ])
        let keys = keys(transport)
        await keys.tick()
        transport.answer { request throws(FetchError) in
            request.url == "https://id.example/set" ? set : KeyResponse(status: 500)
        }
        for _ in 0..<29 {
            clock.advance(by: .seconds(600))
            await keys.tick()
            #expect(keys.state.lastError == nil)
        }
        clock.advance(by: .seconds(600))
        await keys.tick()
        #expect(keys.state.lastError == .status(500) && Issuer.verifier(keys).error(Issuer.token(0)) == nil)
    }

    @Test func redirectsStayWithinTheOrigin() async {
        func redirect(_ location: String) -> KeyResponse { KeyResponse(status: 302, headers: [("location", location)]) }
        let transport = transport([
            "https://id.example/keys": redirect("/a"), "https://id.example/a": redirect("https://id.example/b"),
            "https://id.example/b": redirect("/c"), "https://id.example/c": ScriptedTransport.json(Issuer.set(0)),
        ])
        let keys = RemoteJWKSet.test(transport, clock)
        await keys.tick()
        #expect(keys.isReady && transport.requests.count == 4)
        let more = self.transport(["https://id.example/keys": redirect("/keys")])
        let looping = RemoteJWKSet.test(more, clock)
        await looping.tick()
        #expect(looping.state.lastError == .redirectRefused && more.requests.count == 4)
    }
}
