// The key server of our own, failing in every way we know, over real sockets.
import FastVerify
import FaultyKeyServer
import Testing

@testable import FastVerifyHTTP

@Suite(.serialized) struct FaultTests {
    /// Times that no machine needs; what hangs ends by the clock of the test.
    static let limits = FetchLimits(totalTime: .seconds(60), connectTime: .seconds(60), idleTime: .seconds(60))
    static let rules = KeyFetchRules(allowsInsecureHTTP: true, limits: limits)
    static let loopback = AddressRule(allowing: ["127.0.0.1"])!

    private let clock = ManualClock()

    private func keys(_ server: FaultyKeyServer, snapshotPath: String? = nil) throws -> RemoteJWKSet {
        try .test(
            HTTPTransport(addresses: Self.loopback), clock, at: .url(server.url + "/keys"),
            refresh: RefreshPolicy(coolDown: .seconds(100), staleLimit: .seconds(2000)), rules: Self.rules,
            snapshotPath: snapshotPath)
    }

    /// Faults that only time ends.
    static let hanging: Set<Fault> = [.hanging, .hangingAfterHead, .drippingHead, .declaredHuge]

    static let errors: [Fault: FetchError] = [
        .hanging: .timedOut, .hangingAfterHead: .timedOut, .drippingHead: .timedOut, .reset: .interrupted,
        .resetInBody: .interrupted, .closedAtOnce: .interrupted, .serverError: .status(500),
        .tooManyRequests: .status(429), .truncated: .interrupted, .truncatedChunk: .interrupted,
        .endlessBody: .tooLarge, .endlessHead: .tooLarge, .endlessChunkExtension: .tooLarge, .endlessTrailer: .tooLarge,
        .declaredHuge: .timedOut, .manyHeaders: .tooLarge, .wrongContentType: .contentType,
        .noContentType: .contentType, .garbage: .malformedKeys, .notHTTP: .interrupted, .emptyBody: .malformedKeys,
        .deepJSON: .tooLarge, .notASet: .malformedKeys, .keysOfWrongType: .malformedKeys, .onlySecrets: .noUsableKey,
        .duplicateMembers: .malformedKeys, .tooManyKeys: .tooLarge, .invalidUTF8: .malformedKeys,
        .gzipBomb: .contentEncoding, .unaskedNotModified: .nothingToConfirm, .noContent: .status(204),
        .partialContent: .status(206), .redirectLoop: .redirectRefused, .redirectElsewhere: .redirectRefused,
        .redirectToFile: .redirectRefused, .redirectToOtherPort: .redirectRefused,
        .redirectToNowhere: .redirectRefused, .redirectWithUserinfo: .redirectRefused,
    ]

    /// Under every fault: known keys verify while it lasts, fetches keep to the cool-down, the server sees no more
    /// connections than fetches, and the first good answer repairs everything.
    @Test(arguments: Fault.allCases.filter { $0 != .drippingBody }) func fault(_ fault: Fault) async throws {
        let server = try await FaultyKeyServer { _ in .json(Issuer.set(0)) }
        let keys = try keys(server)
        let verifier = Issuer.verifier(keys)
        let token = Issuer.token(0)
        #expect(await keys.tick() == .fetch(.start))
        #expect(verifier.error(token) == nil && server.requests.count == 1)

        server.answer(fault)
        clock.advance(by: .seconds(600))
        async let step = keys.tick()
        // `verify` is synchronous: it cannot wait for the fetch that is under way.
        #expect(await eventually { keys.state.isFetching || server.requests.count > 1 })
        #expect(verifier.error(token) == nil)
        if Self.hanging.contains(fault) {
            #expect(await eventually { server.requests.count == 2 })
            #expect(keys.state.isFetching)
            clock.advance(by: .seconds(60))
        }
        #expect(await step == .fetch(.due))
        #expect(verifier.error(token) == nil && keys.state.origin == .network)
        let error = try #require(keys.state.lastError)
        if let expected = Self.errors[fault] { #expect(error == expected) }
        #expect(await eventually { server.openConnections == 0 })

        // No fetch before the cool-down is over, whoever asks.
        let requests = server.requests.count
        for number in 0..<100 { _ = verifier.error(Issuer.unknown("\(fault.rawValue)-\(number)")) }
        clock.advance(by: Self.hanging.contains(fault) ? .seconds(39) : .seconds(99))
        for _ in 0..<3 { if case .fetch = await keys.tick() { Issue.record("a fetch within the cool-down") } }
        #expect(server.requests.count == requests && requests <= 2 + Self.limits.redirects)

        // Retry-After asks for 120 seconds.
        server.answer { _ in .json(Issuer.set(0, 1)) }
        clock.advance(by: fault == .tooManyRequests ? .seconds(21) : .seconds(1))
        guard case .fetch = await keys.tick() else {
            Issue.record("no fetch after the cool-down")
            return
        }
        #expect(keys.state.lastError == nil && keys.state.failures == 0)
        #expect(verifier.error(token) == nil && verifier.error(Issuer.token(1)) == nil)
        try await server.shutdown()
    }

    /// A slow answer is an answer if it comes within the time.
    @Test func drippingBodyArrives() async throws {
        let server = try await FaultyKeyServer { _ in .json(Issuer.set(0)) }
        let keys = try keys(server)
        await keys.tick()
        server.answer(.drippingBody)
        clock.advance(by: .seconds(600))
        await keys.tick()
        #expect(keys.isReady && keys.state.lastError == nil && keys.state.keys.isEmpty)
        try await server.shutdown()
    }

    /// A server that answers now so, now so: after each good answer its keys are in force, after each bad one the last good.
    @Test func flapping() async throws {
        let server = try await FaultyKeyServer { _ in .json(Issuer.set(0)) }
        let keys = try keys(server)
        let verifier = Issuer.verifier(keys)
        await keys.tick()
        let faults: [Fault] = [.serverError, .garbage, .closedAtOnce, .truncated, .redirectElsewhere, .onlySecrets]
        var last = 0
        for round in 1..<25 {
            if round.isMultiple(of: 2) {
                last = round / 2 % 4
                let set = Issuer.set(last)
                server.answer { _ in .json(set, [("ETag", "\"\(round)\"")]) }
            } else {
                server.answer(faults[round / 2 % faults.count])
            }
            clock.advance(by: .seconds(600))
            guard case .fetch = await keys.tick() else {
                Issue.record("no fetch in round \(round)")
                return
            }
            for key in 0..<4 { #expect((verifier.error(Issuer.token(key)) == nil) == (key == last)) }
        }
        #expect(server.requests.count == 25)
        try await server.shutdown()
    }

    /// Each rotation is followed, by tokens or by time.
    @Test func rotating() async throws {
        let server = try await FaultyKeyServer { _ in .json(Issuer.set(0)) }
        let keys = try keys(server)
        let verifier = Issuer.verifier(keys)
        await keys.tick()
        for round in 1..<12 {
            let set = Issuer.set(round % 4, (round + 1) % 4)
            server.answer { _ in .json(set, [("Cache-Control", "max-age=3000")]) }
            _ = verifier.error(Issuer.token((round + 1) % 4))
            clock.advance(by: .seconds(100))
            #expect(await keys.tick() == .fetch(.unknownKey))
            for key in 0..<4 {
                #expect((verifier.error(Issuer.token(key)) == nil) == [round % 4, (round + 1) % 4].contains(key))
            }
        }
        try await server.shutdown()
    }

    /// While a server is down, the keys are good until the stale limit and gone after it.
    @Test func refusedConnections() async throws {
        let server = try await FaultyKeyServer { _ in .json(Issuer.set(0)) }
        let keys = try keys(server)
        await keys.tick()
        try await server.shutdown()
        let verifier = Issuer.verifier(keys)
        clock.advance(by: .seconds(600))
        await keys.tick()
        #expect(keys.state.lastError == .connectionFailed && verifier.error(Issuer.token(0)) == nil)
        clock.advance(by: .seconds(2000))
        #expect(await keys.tick() == .drop)
        #expect(verifier.error(Issuer.token(0)) == .keyNotFound)
    }
}
