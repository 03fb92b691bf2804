import Dispatch
import Foundation
import Synchronization
import Testing

@testable import FastVerify

@Suite struct VerifierPoolTests {
    /// A pool of one worker that is kept busy until `release`.
    final class Blocked: Sendable {
        let pool: VerifierPool
        private let gate = DispatchSemaphore(value: 0)

        init(capacity: Int = 512, batchLimit: Int = 512, _ verifier: Verifier = Fixture.verifier()) {
            pool = VerifierPool(
                verifier, options: .init(workers: 1, capacity: capacity, batchLimit: batchLimit))
            let started = DispatchSemaphore(value: 0)
            pool.verify(".") { [gate] _ in
                started.signal()
                gate.wait()
            }
            started.wait()
        }

        func release() { gate.signal() }
    }

    /// What is answered, in the order of the answers.
    final class Answers: Sendable {
        private let all = WaitingLock<[(Int, VerifierPool.Failure?)]>([])

        func add(_ number: Int, _ verdict: VerifierPool.Verdict) {
            all.withLock { $0.append((number, verdict.failure)) }
        }

        var numbers: [Int] { all.withLock { $0.map(\.0) } }
        var failures: [VerifierPool.Failure?] { all.withLock { $0.map(\.1) } }
    }

    @Test func verdictsAreTheVerifiers() async {
        let pool = VerifierPool(Fixture.verifier(), options: .init(workers: 2))
        let corpus = BatchTests.corpus
        await withTaskGroup { group in
            for caller in 0..<200 {
                group.addTask {
                    for turn in 0..<5 {
                        let row = corpus[(caller * 7 + turn * 31) % corpus.count]
                        #expect(await pool.verdict(row.token).failure == row.error.map { .refused($0) })
                    }
                }
            }
        }
        let statistics = pool.statistics
        #expect(Int(statistics.accepted + statistics.refused.values.reduce(0, +)) == 1000)
        #expect(statistics.waiting == 0)
    }

    /// Row 27 for the pool: claims belong to their token, in every form of a call.
    @Test func claimsBelongToTheirToken() async throws {
        let blocked = Blocked()
        let names = (0..<100).map { "user-\($0)" }
        let subjects = WaitingLock<[String: String]>([:])
        for name in names {
            let token = Fixture.token(payload: Fixture.claims("sub", "\"\(name)\""), .hs256)
            let keep: @Sendable (VerifierPool.Verdict) -> Void = { verdict in
                subjects.withLock { $0[name] = verdict.token?.subject ?? "" }
            }
            if name.hasSuffix("7") {
                blocked.pool.verify(Array(token.utf8), completion: keep)
            } else {
                blocked.pool.verify(token, completion: keep)
            }
        }
        blocked.release()
        await blocked.pool.shutDown()
        #expect(subjects.withLock { $0.allSatisfy { $0 == $1 } && $0.count == names.count })
        // Natural batching: all of them waited and went together.
        #expect(blocked.pool.statistics.batches[6] == 1)
    }

    @Test func anIdlePoolUsesTheCallersThread() async throws {
        let pool = VerifierPool(Fixture.verifier())
        for _ in 0..<10 { _ = try await pool.verify(Fixture.token()) }
        #expect(await pool.verdict("x").failure == .refused(.notCompact))
        #expect(pool.statistics.batches.allSatisfy { $0 == 0 })
        #expect(pool.statistics.accepted == 10 && pool.statistics.refused == [.notCompact: 1])
    }

    /// A worker that has nothing more to do leaves the pool idle.
    @Test func aPoolThatWasBusyIsIdleAgain() async throws {
        let pool = VerifierPool(Fixture.verifier(), options: .init(workers: 2))
        let answered = Tally()
        for _ in 0..<50 { pool.verify("x") { _ in answered.add() } }
        while answered.count < 50 || pool.busy.load(ordering: .relaxed) != 0 { await Task.yield() }
        let batches = pool.statistics.batches
        _ = try await pool.verify(Fixture.token(.hs256))
        #expect(pool.statistics.batches == batches)
    }

    /// One at a time, each at the moment when the worker has just found nothing more: it is woken for every one. Fails by
    /// waiting forever, if at all.
    @Test func aLoneCallerIsNotForgotten() {
        let pool = VerifierPool(Fixture.verifier(), options: .init(workers: 1))
        let answered = Tally()
        for turn in 0..<300 {
            switch turn / 100 {
            case 0: pool.verify("x") { _ in answered.add() }
            case 1: _ = pool.submit(PoolChunk(tokens: ["x"]) { _ in answered.add() })
            default: Task(executorPreference: pool) { answered.add() }
            }
            var looks = 0
            while answered.count <= turn {
                looks += 1
                if looks % 100 == 0 { sched_yield() }
            }
        }
    }

    /// What comes while a worker makes up its mind to rest keeps it up, whatever it is.
    @Test func aWorkerDoesNotRestWhileSomethingWaits() {
        func worker() -> PoolWorker {
            PoolWorker(0, Fixture.verifier(), capacity: 4, batchLimit: 4, priority: .default)
        }
        #expect(!worker().hasWork)
        let withRequest = worker()
        var answer: PoolAnswer? = PoolAnswer { _ in }
        let isTaken = [UInt8](1...9).withUnsafeBytes {
            withRequest.requests.offer($0, limit: 100, deadline: PoolRequest.noDeadline, &answer)
        }
        #expect(isTaken && withRequest.hasWork)
        let withChunk = worker()
        #expect(withChunk.chunks.offer(PoolChunk(tokens: ["x"]) { _ in }) && withChunk.hasWork)
    }

    /// The same of a task: the worker is busy, so that nobody takes the task before it is looked at.
    @Test func aWorkerDoesNotRestWhileATaskWaits() async {
        let blocked = Blocked()
        #expect(!blocked.pool.workers[0].hasWork)
        let task = Task(executorPreference: blocked.pool) {}
        while !blocked.pool.workers[0].hasWork { await Task.yield() }
        #expect(!blocked.pool.workers[0].jobs.isEmpty)
        blocked.release()
        await task.value
    }

    @Test func batchesKeepToTheirLimit() async {
        let blocked = Blocked(batchLimit: 8)
        for _ in 0..<64 { blocked.pool.verify("x") { _ in } }
        blocked.release()
        await blocked.pool.shutDown()
        #expect(blocked.pool.statistics.batches[3] == 8)
    }

    @Test func aFullQueueRefusesAtOnce() async {
        let blocked = Blocked(capacity: 4)
        let answers = Answers()
        for number in 0..<6 { blocked.pool.verify(Fixture.token()) { answers.add(number, $0) } }
        #expect(answers.numbers == [4, 5] && answers.failures == [.overloaded, .overloaded])
        #expect(await blocked.pool.verdict("x").failure == .overloaded)
        #expect(blocked.pool.statistics.waiting == 4)
        blocked.release()
        await blocked.pool.shutDown()
        #expect(answers.numbers == [4, 5, 0, 1, 2, 3])
        #expect(answers.failures.suffix(4).allSatisfy { $0 == nil })
        #expect(blocked.pool.statistics.overloaded == 3)
    }

    @Test func nothingIsBegunAfterItsDeadline() async {
        let blocked = Blocked()
        let answers = Answers()
        let token = Fixture.token()
        blocked.pool.verify(token, deadline: .now) { answers.add(0, $0) }
        blocked.pool.verify(token, deadline: .now + .seconds(3600)) { answers.add(1, $0) }
        blocked.pool.verify("x", deadline: .now) { answers.add(2, $0) }
        blocked.release()
        await blocked.pool.shutDown()
        #expect(answers.numbers.sorted() == [0, 1, 2])
        #expect(answers.failures.filter { $0 == .deadlineExceeded }.count == 2)
        #expect(blocked.pool.statistics.deadlineExceeded == 2)
        let idle = VerifierPool(Fixture.verifier())
        #expect(await idle.verdict(token, deadline: .now).failure == .deadlineExceeded)
        #expect(await idle.verdict(token, deadline: .now + .seconds(3600)).failure == nil)
    }

    @Test func aCancelledTaskIsAnsweredAndNotBegun() async {
        let blocked = Blocked()
        let tasks = (0..<20).map { _ in Task { await blocked.pool.verdict(Fixture.token()).failure } }
        while blocked.pool.statistics.waiting < 20 { await Task.yield() }
        for task in tasks.prefix(10) { task.cancel() }
        blocked.release()
        var failures: [VerifierPool.Failure?] = []
        for task in tasks { failures.append(await task.value) }
        #expect(failures.prefix(10).allSatisfy { $0 == .cancelled })
        #expect(failures.suffix(10).allSatisfy { $0 == nil })
        let idle = VerifierPool(Fixture.verifier())
        let late = Task {
            while !Task.isCancelled { await Task.yield() }
            return await idle.verdict(Fixture.token()).failure
        }
        late.cancel()
        #expect(await late.value == .cancelled)
    }

    @Test(arguments: [VerifierPool.Ending.drain, .refuse]) func shutDownAnswersEverybody(
        _ ending: VerifierPool.Ending
    ) async {
        let blocked = Blocked()
        let answers = Answers()
        for number in 0..<20 { blocked.pool.verify(Fixture.token()) { answers.add(number, $0) } }
        async let end: Void = blocked.pool.shutDown(ending)
        while blocked.pool.phase == .open { await Task.yield() }
        blocked.pool.verify(Fixture.token()) { answers.add(20, $0) }
        #expect(answers.failures == [.shutDown])
        #expect(await blocked.pool.verdict(Fixture.token()).failure == .shutDown)
        blocked.release()
        await end
        #expect(Array(answers.numbers.dropFirst()) == Array(0..<20))
        #expect(answers.failures.dropFirst().allSatisfy { $0 == (ending == .drain ? nil : .shutDown) })
        #expect(await blocked.pool.verdict(Fixture.token()).failure == .shutDown)
    }

    /// Callers, cancellations, deadlines, a small queue and the end, all at once: every call is answered.
    @Test(arguments: 0..<4) func noContinuationIsLost(_ turn: Int) async {
        let pool = VerifierPool(
            Fixture.verifier(), options: .init(workers: 1 + turn % 3, capacity: 16, batchLimit: 8))
        let corpus = BatchTests.corpus
        let completions = Tally()
        await withTaskGroup { group in
            for caller in 0..<100 {
                group.addTask {
                    let task = Task {
                        for step in 0..<20 {
                            let row = corpus[(caller + step) % corpus.count]
                            let deadline = step % 5 == 0 ? ContinuousClock.now + .microseconds(caller) : nil
                            switch await pool.verdict(row.token, deadline: deadline).failure {
                            case nil: #expect(row.error == nil)
                            case .refused(let error): #expect(row.error == error)
                            case .overloaded, .deadlineExceeded, .cancelled, .shutDown: break
                            }
                            pool.verify(row.token) { _ in completions.add() }
                        }
                    }
                    if caller % 10 == 0 { task.cancel() }
                    await task.value
                }
            }
            if turn % 2 == 0 { group.addTask { await pool.shutDown(turn == 0 ? .drain : .refuse) } }
        }
        await pool.shutDown()
        #expect(completions.count == 2000)
    }

    /// What the pool remembers goes away with it.
    @Test func aPoolLeavesNothingBehind() async {
        weak var left: VerifierPool?
        do {
            let pool = VerifierPool(Fixture.verifier())
            left = pool
            _ = await pool.verdict(Fixture.token())
            pool.verify(Fixture.token()) { _ in }
            await pool.shutDown()
        }
        while left != nil { await Task.yield() }
    }
}

/// A number that grows in many tasks.
final class Tally: Sendable {
    private let value = Atomic<Int>(0)
    var count: Int { value.load(ordering: .relaxed) }
    func add() { value.add(1, ordering: .relaxed) }
}

extension VerifierPool {
    func verdict(_ token: String, deadline: ContinuousClock.Instant? = nil) async -> Verdict {
        do throws(Failure) {
            return .success(try await verify(token, deadline: deadline))
        } catch {
            return .failure(error)
        }
    }
}

extension Result {
    var failure: Failure? { if case .failure(let failure) = self { failure } else { nil } }
}

extension VerifierPool.Verdict {
    var token: VerifiedToken? { if case .success(let token) = self { token } else { nil } }
}
