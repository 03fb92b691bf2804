// Tokens whose key is missing: what they may cause, and what a flood of them may not.
import FastVerify
import Synchronization
import Testing

@testable import FastVerifyHTTP

@Suite struct UnknownKeyTests {
    private let clock = ManualClock()

    private func ready(_ transport: ScriptedTransport) async -> (RemoteJWKSet, Verifier) {
        let keys = RemoteJWKSet.test(transport, clock)
        await keys.tick()
        clock.advance(by: .seconds(10))
        return (keys, Issuer.verifier(keys))
    }

    @Test func unknownKeyCausesOneFetch() async {
        let transport = ScriptedTransport(Issuer.set(0))
        let (keys, verifier) = await ready(transport)
        transport.answer(Issuer.set(0, 1))
        #expect(verifier.error(Issuer.token(1)) == .keyNotFound)
        #expect(await keys.tick() == .fetch(.unknownKey))
        #expect(verifier.error(Issuer.token(1)) == nil && transport.requests.count == 2)
    }

    /// What a stranger can write without the issuer's help must not go as far as a fetch.
    @Test(arguments: [
        (Issuer.forged(header: #"{"alg":"HS256","kid":"new"}"#), VerificationError.algorithmNotAllowed),
        (Issuer.forged(header: #"{"alg":"none","kid":"new"}"#), .unsupportedAlgorithm),
        (Issuer.forged(header: #"{"alg":"ES256","kid":"new","typ":"logout+jwt"}"#), .wrongType),
        (Issuer.unknown("new", issuer: "https://other.example"), .untrustedIssuer),
        (Issuer.forged(header: #"{"alg":"RS256","kid":"key-0"}"#), .algorithmNotAllowed),
        (Issuer.forged(header: #"{"alg":"ES256","kid":"new","crit":["x"]}"#), .criticalHeader),
        ("a.b.c", .invalidEncoding),
    ])
    func otherRefusalsCauseNone(_ token: String, _ error: VerificationError) async {
        let (keys, verifier) = await ready(ScriptedTransport(Issuer.set(0)))
        #expect(verifier.error(token) == error)
        #expect(!keys.missing.isWanted && keys.state.unknownKeys == 0)
    }

    /// The same name again is no reason to ask again, until its time is over.
    @Test func sameNameIsAskedForOnce() async {
        let transport = ScriptedTransport(Issuer.set(0))
        let (keys, verifier) = await ready(transport)
        _ = verifier.error(Issuer.unknown("ghost"))
        #expect(await keys.tick() == .fetch(.unknownKey))
        for _ in 0..<11 {
            _ = verifier.error(Issuer.unknown("ghost"))
            #expect(!keys.missing.isWanted)
            clock.advance(by: .seconds(10))
        }
        clock.advance(by: .seconds(10))
        _ = verifier.error(Issuer.unknown("ghost"))
        #expect(await keys.tick() == .fetch(.unknownKey))
    }

    /// A name that was missing, came, went and comes again is new each time, however soon.
    @Test func nameThatComesAgain() async {
        let transport = ScriptedTransport(Issuer.set(0))
        let (keys, verifier) = await ready(transport)
        for round in 0..<4 {
            transport.answer(Issuer.set(0, 1))
            #expect(verifier.error(Issuer.token(1)) == .keyNotFound)
            #expect(await keys.tick() == .fetch(.unknownKey), "\(round)")
            #expect(verifier.error(Issuer.token(1)) == nil)
            transport.answer(Issuer.set(0))
            clock.advance(by: .seconds(10))
            _ = verifier.error(Issuer.unknown("ghost-\(round)"))
            #expect(await keys.tick() == .fetch(.unknownKey))
            clock.advance(by: .seconds(10))
        }
    }

    /// Another name may be asked for, but not before the cool-down is over; nor after a failure.
    @Test(arguments: [nil, FetchError.connectionFailed]) func coolDown(_ failure: FetchError?) async {
        let transport = ScriptedTransport(Issuer.set(0))
        let (keys, verifier) = await ready(transport)
        if let failure { transport.fail(failure) }
        var begun: [Duration] = []
        for number in 0..<300 {
            _ = verifier.error(Issuer.unknown("ghost-\(number)"))
            if case .fetch = await keys.tick() { begun.append(clock.now.time) }
            clock.advance(by: .seconds(1))
        }
        #expect(zip(begun, begun.dropFirst()).allSatisfy { $1 - $0 == .seconds(10) } && begun.count == 30)
    }

    /// 10^6 tokens with random names: one fetch for each cool-down, and memory that does not grow.
    @Test func flood() async {
        let transport = ScriptedTransport(Issuer.set(0))
        let keys = RemoteJWKSet.test(transport, clock)
        let verifier = Issuer.verifier(keys)
        await keys.tick()
        var random = SeededGenerator(1)
        var batch = VerificationBatch()
        // The nine digits of the name fill three groups of three bytes, four characters each.
        let digits = (1000..<2000).map { Array(Base64URLText.encode(String("\($0)".dropFirst())).utf8) }
        let header = #"{"alg":"ES256",  "kid":"000000000"}"#
        var tokens = Array(repeating: Array(Issuer.forged(header: header).utf8), count: 1000)
        let start = clock.now
        for round in 0..<1000 {
            for token in tokens.indices {
                for group in 0..<3 {
                    let place = 32 + group * 4
                    tokens[token].replaceSubrange(place..<place + 4, with: digits.randomElement(using: &random)!)
                }
            }
            verifier.verify(batch: tokens, into: &batch)
            #expect(batch.error(at: round) == .keyNotFound && batch.validCount == 0)
            await keys.tick()
            clock.advance(by: .milliseconds(100))
        }
        #expect(keys.state.unknownKeys == 1_000_000 && Set(tokens).count > 990)
        #expect(start.duration(to: clock.now) == .seconds(100))
        // The first, and one each at 10, 20 … 90 seconds.
        #expect(transport.requests.count == 10)
        #expect(keys.missing.rememberedCount <= 1024)
        #expect(verifier.error(Issuer.token(0)) == nil)
    }

    /// A stranger's flood does not keep a new key from being found.
    @Test func newKeyAmidstAFlood() async {
        let transport = ScriptedTransport(Issuer.set(0))
        let (keys, verifier) = await ready(transport)
        for number in 0..<100_000 { keys.missing.record(number) }
        transport.answer(Issuer.set(0, 1))
        _ = verifier.error(Issuer.token(1))
        #expect(await keys.tick() == .fetch(.unknownKey))
        #expect(verifier.error(Issuer.token(1)) == nil)
    }

    /// A name as long as a token may be, an empty one, none at all.
    @Test func oddNames() async {
        let (keys, verifier) = await ready(ScriptedTransport(#"{"keys":[]}"#))
        for header in [
            #"{"alg":"ES256","kid":"\#(String(repeating: "k", count: 40_000))"}"#, #"{"alg":"ES256","kid":""}"#,
            #"{"alg":"ES256"}"#, #"{"alg":"ES256","kid":"\u0000"}"#, #"{"alg":"ES256","kid":"../../etc/passwd"}"#,
        ] {
            #expect(verifier.error(Issuer.forged(header: header)) == .keyNotFound)
        }
        #expect(keys.state.unknownKeys == 5)
        #expect(await keys.tick() == .fetch(.unknownKey))
    }

    /// Ten threads at once: every token is counted, none blocks, one fetch is wanted.
    @Test func threads() async {
        let transport = ScriptedTransport(Issuer.set(0))
        let (keys, _) = await ready(transport)
        await withTaskGroup { group in
            for thread in 0..<10 {
                group.addTask {
                    for number in 0..<10_000 { keys.missing.record(thread * 10_000 + number) }
                }
            }
        }
        #expect(keys.missing.count == 100_000 && keys.missing.rememberedCount <= 1024)
        #expect(await keys.tick() == .fetch(.unknownKey))
        #expect(transport.requests.count == 2)
    }
}

extension MissingKeys {
    func record(_ name: Int) { withUnsafeBytes(of: name) { record($0) } }
}
