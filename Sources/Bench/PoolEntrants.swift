import Dispatch
import FastVerify
import Foundation
import Synchronization

/// Threads that verify batches as fast as they can: what the machine can do.
final class ThreadsEntrant: Entrant {
    let name: String
    let batch: Int
    private let threads: Int
    private let verifier: Verifier
    private let text: TokenText

    init(threads: Int, _ verifier: Verifier, _ text: TokenText, batch: Int) {
        name = "\(threads) \(threads == 1 ? "thread" : "threads"), batches of \(batch)"
        self.threads = threads
        self.verifier = verifier
        self.text = text
        self.batch = batch
    }

    func slot(seconds: Double) throws -> (tokens: Int, wall: Double, cpu: Double) {
        let tokens = Atomic<Int>(0)
        let isWrong = Atomic<Bool>(false)
        let (text, verifier, size) = (text, verifier, batch)
        let start = Clock.wall.now
        let cpu = Clock.process
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            var batch = VerificationBatch()
            var done = 0
            var position = 0
            repeat {
                let range = position..<min(position + size, text.views.count)
                verifier.verify(batch: text.views[range], into: &batch)
                if batch.validCount != range.count { isWrong.store(true, ordering: .relaxed) }
                done += range.count
                position = range.upperBound == text.views.count ? 0 : range.upperBound
            } while Clock.wall.now - start < seconds
            tokens.add(done, ordering: .relaxed)
        }
        if isWrong.load(ordering: .relaxed) { throw WrongVerdict(description: "\(name): a valid token is refused") }
        return (tokens.load(ordering: .relaxed), Clock.wall.now - start, Clock.process - cpu)
    }
}

/// Callers of a pool, each of whom asks for one token, waits for the verdict, and asks for the next.
final class CallersEntrant: Entrant {
    /// How they wait.
    enum Form: String, CaseIterable { case tasks, completions }

    let name: String
    let batch = 1
    private let pool: VerifierPool
    private let callers: Int
    private let form: Form
    private let tokens: [String]

    init(_ form: Form, callers: Int, of pool: VerifierPool, workers: Int, _ tokens: [String]) {
        name = "pool of \(workers), \(callers) \(form.rawValue)"
        self.form = form
        self.callers = callers
        self.pool = pool
        self.tokens = tokens
    }

    /// What a slot's callers share.
    private final class Course: Sendable {
        let isOver = Atomic<Bool>(false)
        let isWrong = Atomic<Bool>(false)
        let done = Atomic<Int>(0)
        let tokens: [String]
        let pool: VerifierPool
        let end = DispatchGroup()

        init(_ tokens: [String], _ pool: VerifierPool) {
            self.tokens = tokens
            self.pool = pool
        }

        /// Returns how many tokens it did.
        func ask(from first: Int) async -> Int {
            var place = first
            while !isOver.load(ordering: .relaxed) {
                do {
                    _ = try await pool.verify(tokens[place % tokens.count])
                } catch {
                    isWrong.store(true, ordering: .relaxed)
                }
                place += 1
            }
            return place - first
        }

        func ask(_ place: Int) {
            pool.verify(tokens[place % tokens.count]) { verdict in
                if case .failure = verdict { self.isWrong.store(true, ordering: .relaxed) }
                self.done.add(1, ordering: .relaxed)
                if self.isOver.load(ordering: .relaxed) { self.end.leave() } else { self.ask(place + 1) }
            }
        }
    }

    func slot(seconds: Double) throws -> (tokens: Int, wall: Double, cpu: Double) {
        let course = Course(tokens, pool)
        let start = Clock.wall.now
        let cpu = Clock.process
        for caller in 0..<callers {
            let first = caller * 37
            course.end.enter()
            switch form {
            case .completions: course.ask(first)
            case .tasks:
                Task.detached {
                    course.done.add(await course.ask(from: first), ordering: .relaxed)
                    course.end.leave()
                }
            }
        }
        usleep(UInt32(seconds * 1e6))
        course.isOver.store(true, ordering: .relaxed)
        course.end.wait()
        if course.isWrong.load(ordering: .relaxed) {
            throw WrongVerdict(description: "\(name): a valid token is refused")
        }
        return (course.done.load(ordering: .relaxed), Clock.wall.now - start, Clock.process - cpu)
    }
}

extension Clock {
    /// Seconds that all threads of this process had a CPU.
    static var process: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
