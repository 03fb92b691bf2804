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
    enum Form: String, CaseIterable { case tasks, completions, pooled = "tasks on the pool" }

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
        let end = DispatchGroup()
    }

    /// One caller. Nothing that callers do to each other is to be measured, so it counts no reference to what they share.
    private final class Caller: @unchecked Sendable {
        private unowned(unsafe) let course: Course
        private unowned(unsafe) let pool: VerifierPool
        private let tokens: [String]
        private var place = 0
        private(set) var done = 0
        private(set) var refused = 0
        /// So that no two callers lie in a cache line.
        private let distance: (SIMD8<UInt64>, SIMD8<UInt64>) = (.zero, .zero)

        init(_ course: Course, _ pool: VerifierPool, _ tokens: [String]) {
            self.course = course
            self.pool = pool
            self.tokens = tokens
        }

        private func next() -> String {
            place = place + 1 == tokens.count ? 0 : place + 1
            return tokens[place]
        }

        /// Returns when the course is over.
        func ask() async {
            while !course.isOver.load(ordering: .relaxed) {
                do { _ = try await pool.verify(next()) } catch { refused += 1 }
                done += 1
            }
            course.end.leave()
        }

        /// Asks, and asks again when it is answered.
        func askAgain() {
            pool.verify(next()) { [unowned(unsafe) self] verdict in
                if case .failure = verdict { refused += 1 }
                done += 1
                if course.isOver.load(ordering: .relaxed) { course.end.leave() } else { askAgain() }
            }
        }
    }

    func slot(seconds: Double) throws -> (tokens: Int, wall: Double, cpu: Double) {
        let course = Course()
        // Each with tokens of its own as far as there are enough: what comes off a network is shared with nobody.
        let crowd = (0..<callers).map { caller in
            Caller(course, pool, stride(from: caller % tokens.count, to: tokens.count, by: callers).map { tokens[$0] })
        }
        let start = Clock.wall.now
        let cpu = Clock.process
        for caller in crowd {
            course.end.enter()
            switch form {
            case .completions: caller.askAgain()
            case .tasks: Task.detached { await caller.ask() }
            case .pooled: Task.detached(executorPreference: pool) { await caller.ask() }
            }
        }
        usleep(UInt32(seconds * 1e6))
        course.isOver.store(true, ordering: .relaxed)
        withExtendedLifetime((course, pool)) { course.end.wait() }
        guard crowd.allSatisfy({ $0.refused == 0 }) else {
            throw WrongVerdict(description: "\(name): a valid token is refused")
        }
        return (crowd.reduce(0) { $0 + $1.done }, Clock.wall.now - start, Clock.process - cpu)
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
