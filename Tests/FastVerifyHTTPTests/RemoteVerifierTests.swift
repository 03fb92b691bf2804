// Running as a service, and the tokens that wait for it.
import FastVerify
import Logging
import MetricsTestKit
import ServiceLifecycle
import ServiceLifecycleTestKit
import Synchronization
import Testing

@testable import FastVerifyHTTP

@Suite struct RemoteVerifierTests {
    private let clock = ManualClock()

    private func verifier(_ keys: RemoteJWKSet...) -> RemoteVerifier {
        let trusted = keys.enumerated().map { position, keys in
            Verifier.TrustedIssuer(
                Issuer.policy(position == 0 ? Issuer.name : "https://id-\(position).example"), keys: keys.source)
        }
        return RemoteVerifier(
            Verifier(trusting: trusted, clock: .fixed(Issuer.now)), keys: keys, patience: .seconds(2))
    }

    private func outcome(_ verifier: RemoteVerifier, _ token: String) async -> VerificationError? {
        do throws(VerificationError) {
            _ = try await verifier.verify(token)
            return nil
        } catch {
            return error
        }
    }

    /// Runs the set until the body is done, as a service group would.
    private func running(_ keys: RemoteJWKSet, _ body: () async throws -> Void) async throws {
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup { group in
                group.addTask { try await keys.run() }
                do { try await body() } catch { Issue.record(error) }
                trigger.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
        #expect(!keys.condition.withLock { $0.isRunning })
    }

    @Test func newKeyIsWaitedFor() async throws {
        let transport = ScriptedTransport(Issuer.set(0))
        let keys = RemoteJWKSet.test(transport, clock)
        let verifier = verifier(keys)
        #expect(await outcome(verifier, Issuer.token(0)) == .keyNotFound)  // nobody runs the set
        try await running(keys) {
            try await keys.waitUntilReady()
            #expect(await eventually { !keys.state.isFetching })
            clock.advance(by: .seconds(10))
            let gate = Gate()
            transport.answer { _ throws(FetchError) in
                await gate.pass()
                return ScriptedTransport.json(Issuer.set(0, 1))
            }
            // Many tokens, one fetch; a known key does not wait for it.
            async let outcomes = withTaskGroup(of: VerificationError?.self) { group in
                for _ in 0..<100 { group.addTask { await outcome(verifier, Issuer.token(1)) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(await eventually { keys.waiters.count == 100 })
            #expect(await outcome(verifier, Issuer.token(0)) == nil)
            gate.open()
            #expect(await outcomes.allSatisfy { $0 == nil })
            #expect(transport.requests.count == 2)
            // Within the cool-down there is nothing to wait for.
            #expect(await outcome(verifier, Issuer.unknown("ghost")) == .keyNotFound)
            #expect(keys.waiters.count == 0)
        }
    }

    /// Patience ends by the clock, cancellation at once, and both leave nobody behind.
    @Test func patience() async throws {
        let transport = ScriptedTransport(Issuer.set(0))
        let keys = RemoteJWKSet.test(transport, clock)
        let verifier = verifier(keys)
        try await running(keys) {
            try await keys.waitUntilReady()
            #expect(await eventually { !keys.state.isFetching })
            clock.advance(by: .seconds(10))
            let gate = Gate()
            transport.answer { _ throws(FetchError) in
                await gate.pass()
                throw .connectionFailed
            }
            async let slow = outcome(verifier, Issuer.unknown("a"))
            #expect(await eventually { keys.waiters.count == 1 && keys.state.isFetching })
            let cancelled = Task { await outcome(verifier, Issuer.unknown("b")) }
            #expect(await eventually { keys.waiters.count == 2 })
            cancelled.cancel()
            #expect(await cancelled.value == .keyNotFound && keys.waiters.count == 1)
            // The sleeper of the patience, and that of the fetch's total time.
            #expect(await eventually { clock.sleeperCount >= 2 })
            clock.advance(by: .seconds(2))
            #expect(await slow == .keyNotFound && keys.state.isFetching && keys.waiters.count == 0)
            gate.open()
        }
    }

    @Test func noMoreThanSoManyWait() async {
        let waiters = FetchWaiters(limit: 3)
        await withTaskGroup { group in
            for _ in 0..<3 { group.addTask { await waiters.wait(until: nil, RefreshClock(clock)) { true } } }
            #expect(await eventually { waiters.count == 3 })
            await waiters.wait(until: nil, RefreshClock(clock)) { true }
            #expect(waiters.count == 3)
            waiters.wakeAll()
        }
        await waiters.wait(until: nil, RefreshClock(clock)) { false }
        #expect(waiters.count == 0)
    }

    /// Among several issuers a token waits for its own.
    @Test func severalIssuers() async throws {
        let transport = ScriptedTransport(Issuer.set(0))
        let other = RemoteJWKSet.test(ScriptedTransport(Issuer.set(2)), clock)
        let keys = RemoteJWKSet.test(transport, clock)
        let verifier = verifier(other, keys)
        await other.tick()
        try await running(keys) {
            try await keys.waitUntilReady()
            #expect(await eventually { !keys.state.isFetching })
            clock.advance(by: .seconds(10))
            transport.answer(Issuer.set(0, 1))
            let token = Issuer.token(1, issuer: "https://id-1.example")
            #expect(try await verifier.verify(Array(token.utf8)).keyID == "key-1")
            #expect(await outcome(verifier, token) == nil)
            #expect(other.state.unknownKeys == 0 && keys.state.unknownKeys >= 1)
        }
    }

    @Test func serviceRunsOnce() async throws {
        let keys = RemoteJWKSet.test(ScriptedTransport(Issuer.set(0)), clock)
        try await running(keys) {
            try await keys.waitUntilReady()
            await #expect(throws: RemoteJWKSet.AlreadyRunning.self) { try await keys.run() }
        }
        // The keys stay for requests still being answered.
        #expect(Issuer.verifier(keys).error(Issuer.token(0)) == nil)
        await #expect(throws: FetchError.cancelled) { try await keys.refresh() }
        // And it can begin again.
        try await running(keys) { #expect(keys.isReady) }
    }

    /// The loop by itself: it follows the clock, drops what is too old, and recovers.
    @Test func loopFollowsTheClock() async throws {
        let transport = ScriptedTransport(Issuer.set(0))
        let keys = RemoteJWKSet.test(transport, clock, refresh: RefreshPolicy(staleLimit: .seconds(100)))
        try await running(keys) {
            try await keys.waitUntilReady()
            #expect(await eventually { clock.sleeperCount == 1 })
            transport.fail(.connectionFailed)
            clock.advance(by: .seconds(600))
            #expect(await eventually { keys.state.failures == 1 && clock.sleeperCount == 1 })
            clock.advance(by: .seconds(100))
            #expect(await eventually { keys.state.origin == nil && keys.state.failures == 2 })
            #expect(!keys.isReady && Issuer.verifier(keys).error(Issuer.token(0)) == .keyNotFound)
            transport.answer(Issuer.set(1))
            #expect(await eventually { clock.sleeperCount == 1 })
            clock.advance(by: .seconds(60))
            try await keys.waitUntilReady()
            #expect(Issuer.verifier(keys).error(Issuer.token(1)) == nil)
        }
    }

    @Test func demandedRefresh() async throws {
        let transport = ScriptedTransport(Issuer.set(0))
        let keys = RemoteJWKSet.test(transport, clock)
        try await running(keys) {
            try await keys.waitUntilReady()
            transport.answer(Issuer.set(1))
            try await keys.refresh()
            #expect(keys.state.keys.map(\.keyID) == ["key-1"])
            transport.fail(.timedOut)
            await #expect(throws: FetchError.timedOut) { try await keys.refresh() }
        }
    }

    /// A shutdown in the middle of a fetch ends the fetch.
    @Test func shutdownDuringAFetch() async throws {
        let transport = ScriptedTransport { _ throws(FetchError) in
            try? await Task.sleep(for: .seconds(3600))
            throw .cancelled
        }
        let keys = RemoteJWKSet.test(transport, clock)
        try await running(keys) { #expect(await eventually { !transport.requests.isEmpty }) }
        #expect(!keys.isReady && !keys.state.isFetching && keys.state.lastError == .cancelled)
    }

    @Test func waitingToBeReadyCanBeCancelled() async {
        let keys = RemoteJWKSet.test(ScriptedTransport(""), clock)
        let task = Task { try await keys.waitUntilReady() }
        #expect(await eventually { keys.observers.count == 1 })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}

/// Holds tasks until it is opened.
final class Gate: Sendable {
    private let isOpen = Mutex(false)

    func open() { isOpen.withLock { $0 = true } }

    func pass() async {
        while !isOpen.withLock({ $0 }), !Task.isCancelled { try? await Task.sleep(for: .milliseconds(1)) }
    }
}
