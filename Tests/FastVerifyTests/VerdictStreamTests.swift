import Dispatch
import Foundation
import Testing

@testable import FastVerify

@Suite struct VerdictStreamTests {
    /// Tokens that count how often they have been asked for.
    struct Tokens: AsyncSequence, Sendable {
        let rows: [String]
        let read: Tally
        var failure: (any Error)?

        struct Iterator: AsyncIteratorProtocol {
            let tokens: Tokens
            var place = 0

            mutating func next() async throws -> String? {
                guard place < tokens.rows.count else {
                    if let failure = tokens.failure { throw failure }
                    return nil
                }
                place += 1
                tokens.read.add()
                return tokens.rows[place - 1]
            }
        }

        func makeAsyncIterator() -> Iterator { Iterator(tokens: self) }
    }

    struct Broken: Error {}

    private func corpus(_ count: Int) -> [(token: String, error: VerificationError?)] {
        (0..<count).map { BatchTests.corpus[$0 * 13 % BatchTests.corpus.count] }
    }

    private func tokens(_ rows: [String], failure: (any Error)? = nil) -> Tokens {
        Tokens(rows: rows, read: Tally(), failure: failure)
    }

    @Test(arguments: [0, 1, 2, 63, 64, 65, 1000], [1, 7, 1024]) func verdictsComeInOrder(
        _ count: Int, _ window: Int
    ) async throws {
        let pool = VerifierPool(Fixture.verifier(), options: .init(workers: 2))
        let corpus = corpus(count)
        var failures: [VerifierPool.Failure?] = []
        for try await verdict in pool.verdicts(on: tokens(corpus.map(\.token)), window: window) {
            failures.append(verdict.failure)
        }
        #expect(failures == corpus.map { $0.error.map { .refused($0) } })
    }

    /// A slow reader: no more is read than the window holds, and one token that waits for room.
    @Test func memoryIsBounded() async throws {
        let pool = VerifierPool(Fixture.verifier(), options: .init(workers: 2))
        let tokens = tokens(Array(repeating: "x", count: 5000))
        var handedOut = 0
        var most = 0
        for try await _ in pool.verdicts(on: tokens, window: 32) {
            handedOut += 1
            await Task.yield()
            most = max(most, tokens.read.count - handedOut)
        }
        #expect(handedOut == 5000 && most <= 33)
    }

    @Test func theStreamsErrorComesLast() async {
        let pool = VerifierPool(Fixture.verifier())
        var count = 0
        await #expect(throws: Broken.self) {
            for try await _ in pool.verdicts(on: tokens(Array(repeating: "x", count: 100), failure: Broken())) {
                count += 1
            }
        }
        #expect(count == 100)
    }

    @Test func whoStopsReadingEndsTheStream() async throws {
        let pool = VerifierPool(Fixture.verifier())
        let source = AsyncStream<String> { continuation in
            for _ in 0..<100 { continuation.yield("x") }
        }
        for try await _ in pool.verdicts(on: source) { break }
        let waiting = Task {
            var count = 0
            for try await _ in pool.verdicts(on: AsyncStream<String> { _ in }) { count += 1 }
            return count
        }
        waiting.cancel()
        #expect(try await waiting.value == 0)
    }

    /// While a stream is at work, single callers go in between, and the stream goes on while they come.
    @Test func singleCallersAndStreamsShareAWorker() async throws {
        let blocked = VerifierPoolTests.Blocked()
        let order = WaitingLock<[String]>([])
        let window = StreamWindow(blocked.pool, size: 1024)
        // Four chunks, of which two may be at work at once, and callers of two batches.
        for _ in 0..<256 { _ = await window.put("x") }
        window.end(nil)
        for _ in 0..<600 where blocked.pool.statistics.waiting < 512 {
            blocked.pool.verify("x") { _ in order.withLock { $0.append("single") } }
        }
        blocked.release()
        while try await window.next() != nil { order.withLock { $0.append("stream") } }
        await blocked.pool.shutDown()
        #expect(order.withLock { $0.count { $0 == "stream" } } == 256)
        #expect(order.withLock { $0.count { $0 == "single" } } >= 500)
    }

    /// A worker takes a batch of single tokens and a chunk by turns, as long as there are both.
    @Test func batchesAndChunksTakeTurns() async {
        let blocked = VerifierPoolTests.Blocked(batchLimit: 4)
        let order = WaitingLock("")
        for _ in 0..<3 { _ = blocked.pool.submit(PoolChunk(tokens: ["x", "x"]) { _ in order.withLock { $0 += "c" } }) }
        for _ in 0..<20 { blocked.pool.verify("x") { _ in order.withLock { $0 += "s" } } }
        blocked.release()
        await blocked.pool.shutDown()
        // The first chunk goes with the batch that the worker was kept busy with.
        #expect(order.withLock { $0 } == "cssss" + "cssss" + "css" + String(repeating: "s", count: 10))
    }

    @Test(arguments: [VerifierPool.Ending.drain, .refuse]) func chunksThatWaitEndAsThePoolDoes(
        _ ending: VerifierPool.Ending
    ) async {
        let blocked = VerifierPoolTests.Blocked()
        let failures = WaitingLock<[VerifierPool.Failure?]>([])
        let chunk = PoolChunk(tokens: [Fixture.token(.hs256), "x"]) { verdicts in
            failures.withLock { $0 += verdicts.map(\.failure) }
        }
        for _ in 0..<2 { _ = blocked.pool.submit(chunk) }
        async let end: Void = blocked.pool.shutDown(ending)
        while blocked.pool.phase == .open { await Task.yield() }
        blocked.release()
        await end
        // The worker had looked at the phase before it was kept busy, so the first chunk is verified either way.
        let verified: [VerifierPool.Failure?] = [nil, .refused(.notCompact)]
        #expect(failures.withLock { $0 } == verified + (ending == .drain ? verified : [.shutDown, .shutDown]))
    }

    @Test func afterShutDownEveryTokenIsRefused() async throws {
        let pool = VerifierPool(Fixture.verifier())
        await pool.shutDown()
        var failures: [VerifierPool.Failure?] = []
        for try await verdict in pool.verdicts(on: tokens(Array(repeating: Fixture.token(), count: 100))) {
            failures.append(verdict.failure)
        }
        #expect(failures == Array(repeating: .shutDown, count: 100))
        #expect(pool.statistics.shutDown == 100)
    }

    /// A pool that is shut down answers chunk after chunk at once: not each within the answer to the one before.
    @Test func theEndOfALongQueueNeedsNoStack() async {
        let blocked = VerifierPoolTests.Blocked()
        let window = StreamWindow(blocked.pool, size: 1 << 20)
        let total = 64 * 200
        for _ in 0..<total { _ = await window.put("") }
        window.end(nil)
        // Both chunks that may be at work; the worker does not look at them.
        let chunks = [blocked.pool.workers[0].chunks.take(), blocked.pool.workers[0].chunks.take()]
        async let end: Void = blocked.pool.shutDown(.refuse)
        while blocked.pool.phase == .open { await Task.yield() }
        await withUnsafeContinuation { continuation in
            let thread = Thread {
                for case let chunk? in chunks {
                    chunk.completion(Array(repeating: .failure(.cancelled), count: chunk.tokens.count))
                }
                continuation.resume()
            }
            thread.stackSize = 64 << 10
            thread.start()
        }
        blocked.release()
        await end
        var failures: [VerifierPool.Failure?] = []
        while let verdict = try? await window.next() { failures.append(verdict.failure) }
        let atWork = chunks.reduce(0) { $0 + ($1?.tokens.count ?? 0) }
        #expect(atWork > 64 && failures.count == total)
        #expect(failures.prefix(atWork).allSatisfy { $0 == .cancelled })
        #expect(failures.dropFirst(atWork).allSatisfy { $0 == .shutDown })
    }

    @Test func manyStreamsAtOnce() async throws {
        let pool = VerifierPool(Fixture.verifier(), options: .init(workers: 2))
        let corpus = corpus(300)
        try await withThrowingTaskGroup { group in
            for _ in 0..<100 {
                group.addTask {
                    var place = 0
                    for try await verdict in pool.verdicts(on: self.tokens(corpus.map(\.token)), window: 128) {
                        #expect(verdict.failure == corpus[place].error.map { .refused($0) })
                        place += 1
                    }
                    #expect(place == corpus.count)
                }
            }
            try await group.waitForAll()
        }
    }
}
