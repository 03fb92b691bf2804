// Many lists, lists that nobody uses, and servers that fail.
import FastVerify
import FaultyKeyServer
import Logging
import MetricsTestKit
import ServiceLifecycle
import ServiceLifecycleTestKit
import Synchronization
import Testing

@testable import FastVerifyHTTP

@Suite(.serialized) struct StatusListServiceTests: StatusListSuite {
    let clock = ManualClock()
    let wall = WallClock()
    let keys = Self.issuerKeys

    // MARK: Room

    /// A flood of URIs in the right place: so many entries and no more, and the lists in use stay.
    @Test func crowds() async throws {
        let transport = ScriptedTransport { [self] request throws(FetchError) in response(list(request.url)) }
        let rules = StatusListRules(
            lists: 3, fetches: 2, refresh: RefreshPolicy(unknownKeyLifetime: .seconds(100_000)))
        let lists = try lists(transport, rules: rules)
        for number in 0..<300 { _ = error(lists, uri: StatusLists.place + "\(number)") }
        #expect(await tick(lists).count == 2)
        #expect(await tick(lists).count == 1)
        #expect(lists.state.lists.count == 3 && lists.state.crowdedOut >= 200)
        #expect(await tick(lists).isEmpty)
        let held = lists.state.lists.map(\.uri)
        // Two of them are used, so the third makes room.
        pass(120)
        #expect(error(lists, uri: held[0]) == nil && error(lists, uri: held[2]) == nil)
        #expect(error(lists, uri: StatusLists.place + "new") == .revocationUnknown)
        #expect(await tick(lists) == [StatusLists.place + "new"])
        #expect(Set(lists.state.lists.map(\.uri)) == [held[0], held[2], StatusLists.place + "new"])
        #expect(lists.source.list(at: held[1]) == nil && error(lists, uri: StatusLists.place + "new") == nil)
        await tick(lists)
        // It was pushed out, so it is news.
        pass(60)
        #expect(error(lists, uri: held[0]) == nil && error(lists, uri: held[2]) == nil)
        #expect(error(lists, uri: held[1]) == .revocationUnknown)
        #expect(await tick(lists) == [held[1]])
    }

    @Test func totalBytes() async throws {
        let transport = ScriptedTransport { [self] request throws(FetchError) in response(list(request.url)) }
        let lists = try lists(transport, rules: StatusListRules(totalBytes: 3))
        lists.want(StatusLists.place + "1")
        await tick(lists)
        lists.want(StatusLists.place + "2")
        await tick(lists)
        #expect(lists.state.bytes == 2 && lists.state.lists[1].lastError == .full)
    }

    /// A list that nobody asks for any more is neither fetched nor kept.
    @Test func idleLists() async throws {
        let transport = transport(response(list(more: #","ttl":3000"#)))
        let lists = try lists(transport, rules: StatusListRules(idleTime: .seconds(5000)))
        lists.want(StatusLists.place + "1")
        await tick(lists)
        pass(4000)
        #expect(error(lists) == nil)
        #expect(await tick(lists).count == 1)
        pass(4999)
        #expect(await tick(lists).count == 1)
        pass(1)
        #expect(await tick(lists).isEmpty)
        #expect(lists.state.lists.isEmpty && lists.source.list(at: StatusLists.place + "1") == nil)
        #expect(error(lists) == .revocationUnknown)
        #expect(await tick(lists).count == 1)
    }

    // MARK: Running

    @Test func service() async throws {
        let metrics = TestMetrics()
        let transport = transport(response(list()))
        let lists = try lists(transport, metrics: metrics)
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup { group in
                group.addTask { try await lists.run() }
                #expect(await eventually { lists.condition.withLock { $0.isRunning } })
                await #expect(throws: RemoteStatusLists.AlreadyRunning.self) { try await lists.run() }
                #expect(error(lists) == .revocationUnknown)
                #expect(await eventually { error(lists, 0) == .revoked })
                #expect(await eventually { clock.sleeperCount == 1 })
                let next = response(list(StatusLists.place + "1", StatusLists.none))
                transport.answer { _ throws(FetchError) in next }
                pass(600)
                #expect(await eventually { error(lists, 0) == nil })
                trigger.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
        #expect(!lists.condition.withLock { $0.isRunning } && transport.requests.count == 2)
        let fetches = try metrics.expectCounter("fastverify_status_list_fetches_total", [("outcome", "held")])
        #expect(fetches.totalValue == 2)
        #expect(try metrics.expectGauge("fastverify_status_lists", []).lastValue == 1)
        #expect(try metrics.expectGauge("fastverify_status_list_bytes", []).lastValue == 2)
    }

    /// Over sockets, the ways in which any server fails: the list in force stays, and the first good answer repairs.
    @Test(arguments: Fault.allCases.filter { $0 != .drippingBody }) func faults(_ fault: Fault) async throws {
        let server = try await FaultyKeyServer { _ in fault.reply }
        let uri = server.url + "/lists/1"
        let issuer = StatusListIssuer(
            Issuer.name, places: [server.url + "/lists/"], algorithms: [.es256], keys: keys)
        let rules = StatusListRules(limits: FaultTests.limits, allowsInsecureHTTP: true)
        let lists = try RemoteStatusLists(
            [issuer], staleness: .failClosed(after: 6000), rules: rules,
            transport: HTTPTransport(addresses: FaultTests.loopback),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clock: RefreshClock(clock),
            wallClock: wall.unix)
        let body = Array(list(uri).utf8)
        server.answer { _ in .response(200, [("Content-Type", "application/statuslist+jwt")], body) }
        lists.want(uri)
        await tick(lists)
        #expect(error(lists, 0, uri: uri) == .revoked && error(lists, 1, uri: uri) == nil)
        server.answer(fault)
        clock.advance(by: .seconds(600))
        async let fetches = tick(lists)
        #expect(await eventually { server.requests.count >= 2 })
        #expect(error(lists, 1, uri: uri) == nil)
        if FaultTests.hanging.contains(fault) { clock.advance(by: .seconds(60)) }
        #expect(await fetches.count == 1)
        #expect(lists.state.lists[0].lastError != nil && error(lists, 0, uri: uri) == .revoked)
        #expect(await eventually { server.openConnections == 0 })
        server.answer { _ in .response(200, [("Content-Type", "application/statuslist+jwt")], body) }
        clock.advance(by: .seconds(600))
        await tick(lists)
        #expect(lists.state.lists[0].lastError == nil && lists.state.lists[0].failures == 0)
        try await server.shutdown()
    }
}
