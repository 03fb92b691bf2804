// Status lists that tokens refer to: what is fetched, what is believed, and when.
import FastVerify
import Testing

@testable import FastVerifyHTTP

@Suite struct RemoteStatusListsTests: StatusListSuite {
    let clock = ManualClock()
    let wall = WallClock()
    let keys = Self.issuerKeys

    @Test func firstTokenHasTheListFetched() async throws {
        for staleness in [StatusListSource.Staleness.failOpen, .failClosed(after: 600)] {
            let transport = transport(response(list()))
            let lists = try lists(transport, staleness)
            #expect(await tick(lists).isEmpty && transport.requests.isEmpty)
            let unknown: VerificationError? = staleness == .failOpen ? nil : .revocationUnknown
            for _ in 0..<100 { #expect(error(lists, 0) == unknown) }
            #expect(await tick(lists) == [StatusLists.place + "1"])
            #expect(error(lists, 0) == .revoked && error(lists, 1) == nil && transport.requests.count == 1)
            let request = transport.requests[0]
            #expect(request.url == StatusLists.place + "1" && request.header("accept") == "application/statuslist+jwt")
            #expect(await tick(lists).isEmpty)
            #expect(lists.state.lists[0].lastError == nil && lists.state.bytes == 2 && lists.state.fetches == 1)
        }
    }

    /// What a token names is fetched only from an issuer's places, whatever it looks like.
    @Test func otherPlaces() async throws {
        let transport = transport(response(list()))
        let lists = try lists(transport, places: [StatusLists.place, "https://id.example/one"])
        let refused = [
            "https://evil.example/lists/1", "http://id.example/lists/1", "https://id.example/list/1", "/lists/1", "",
            "https://id.example/lists", "https://id.example/lists/../admin", "https://id.example/lists/.%2e/x",
            "https://id.example/lists/..%2Fadmin", "https://id.example/lists/a%5cb", "https://id.example/one/2",
            "https://id.example/lists/./x", "https://id.example:443/lists/1", "https://ID.example/lists/1",
            "https://id.example/lists/1#x", "https://id.example/lists/ 1", "https://id.example@evil.example/lists/1",
            "file:///etc/passwd", "https://169.254.169.254/lists/1",
        ]
        for uri in refused {
            #expect(error(lists, uri: uri) == .revocationUnknown)
            #expect(!lists.want(uri))
        }
        #expect(await tick(lists).isEmpty && transport.requests.isEmpty)
        #expect(lists.state.refusedURIs == UInt64(refused.count) && lists.state.lists.isEmpty)
        #expect(lists.want("https://id.example/one") && lists.want(StatusLists.place + "a?b=../c"))
        #expect(await tick(lists).count == 2)
        #expect(throws: KeySetLocation.Invalid.insecureURL) {
            try self.lists(transport, places: ["http://id.example/"])
        }
        #expect(throws: KeySetLocation.Invalid.malformedURL) { try self.lists(transport, places: ["id.example"]) }
    }

    /// Nothing of the kind comes into force, nor does it throw out what is.
    @Test func unusableAnswers() async throws {
        let answers: [(KeyResponse, StatusListFailure)] = [
            (response(list(key: 1)), .refused(.keyNotFound)),
            (response(String(list().dropLast(4)) + "AAAA"), .refused(.badSignature)),
            (response(list(type: "JWT")), .refused(.wrongType)),
            (response(list(issuer: "https://other.example")), .refused(.untrustedIssuer)),
            (response(list(more: #","exp":\#(Issuer.now)"#)), .refused(.expired)),
            (response(list(StatusLists.place + "2")), .otherList),
            (response(list(StatusLists.place + "1/")), .otherList),
            (response(list(StatusLists.place + "1", StatusLists.large)), .malformed(.malformedList)),
            (response(list(StatusLists.place + "1", "AAAA")), .malformed(.malformedList)),
            (response(list(more: #","ttl":0"#)), .malformed(.malformedClaims)),
            (response(list(iat: Issuer.now - 1)), .outdated),
            (response("garbage"), .refused(.notCompact)), (response(""), .refused(.notCompact)),
            (response(String(repeating: "a", count: 5000)), .fetch(.tooLarge)),
            (KeyResponse(status: 404), .fetch(.status(404))),
            (KeyResponse(status: 304), .fetch(.nothingToConfirm)),
            (KeyResponse(status: 200, body: Array(list().utf8)), .fetch(.contentType)),
            (response(list(), [("content-encoding", "gzip")]), .fetch(.contentEncoding)),
            (KeyResponse(status: 302, headers: [("location", "https://evil.example/")]), .fetch(.redirectRefused)),
        ]
        let limits = FetchLimits(bodyBytes: 4096)
        for (answer, failure) in answers {
            let transport = transport(response(list()))
            let lists = try lists(
                transport, rules: StatusListRules(listBytes: 1024, limits: limits))
            #expect(error(lists) == .revocationUnknown)
            await tick(lists)
            transport.answer { _ throws(FetchError) in answer }
            clock.advance(by: .seconds(600))
            #expect(await tick(lists).count == 1)
            #expect(lists.state.lists[0].lastError == failure)
            #expect(error(lists, 0) == .revoked && error(lists, 1) == nil, "\(failure)")
            // The next good one repairs everything.
            let good = response(list(StatusLists.place + "1", StatusLists.none))
            transport.answer { _ throws(FetchError) in good }
            clock.advance(by: .seconds(600))
            await tick(lists)
            #expect(error(lists, 0) == nil && lists.state.lists[0].lastError == nil)
        }
    }

    // MARK: Times

    /// Fetched ahead of the end of `ttl`, of `max-age` where there is none, and of `exp`; within the bounds of the policy.
    @Test(arguments: [
        (#","ttl":1000"#, "", 1000), (#","ttl":1000"#, "max-age=100", 1000), ("", "max-age=100", 100), ("", "", 600),
        (#","ttl":5"#, "", 60), (#","ttl":1000,"exp":\#(Issuer.now + 500)"#, "", 500),
        (#","exp":\#(Issuer.now + 500)"#, "", 500), (#","ttl":99999999999"#, "", 86_400),
    ])
    func lifetimes(_ more: String, _ header: String, _ lifetime: Int64) async throws {
        let headers = header.isEmpty ? [] : [(name: "cache-control", value: header)]
        let lists = try lists(transport(response(list(more: more), headers)))
        lists.want(StatusLists.place + "1")
        await tick(lists)
        let next = lists.state.lists[0].nextFetch
        #expect(next >= .seconds(lifetime) * 0.75 && next <= .seconds(lifetime) * 0.9)
    }

    @Test func confirmations() async throws {
        let transport = transport(response(list(more: #","ttl":100,"exp":\#(Issuer.now + 1000)"#), [("etag", "\"1\"")]))
        let lists = try lists(transport)
        lists.want(StatusLists.place + "1")
        await tick(lists)
        transport.answer { _ throws(FetchError) in KeyResponse(status: 304) }
        pass(100)
        await tick(lists)
        #expect(transport.requests[1].header("if-none-match") == "\"1\"")
        #expect(lists.state.lists[0].age == .zero && lists.state.lists[0].lastError == nil)
        #expect(lists.state.lists[0].nextFetch <= .seconds(90))
        // One that has expired is not confirmed by anybody, and refuses nobody any more but everybody.
        pass(1000)
        #expect(error(lists) == .revocationUnknown)
        await tick(lists)
        #expect(lists.state.lists[0].lastError == .refused(.expired))
        pass(100)
        await tick(lists)
        #expect(transport.requests[3].header("if-none-match") == nil)
    }

    @Test func failuresBackOff() async throws {
        let transport = transport(KeyResponse(status: 503, headers: [("retry-after", "200")]))
        let lists = try lists(transport)
        #expect(error(lists) == .revocationUnknown)
        await tick(lists)
        #expect(lists.state.lists[0].nextFetch == .seconds(200))
        transport.fail(.timedOut)
        for failures in 2...4 {
            pass(400)
            await tick(lists)
            for _ in 0..<100 { _ = error(lists) }
            #expect(await tick(lists).isEmpty)
            #expect(lists.state.lists[0].failures == failures)
        }
        #expect(transport.requests.count == 4)
    }
}
