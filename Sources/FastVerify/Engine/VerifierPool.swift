internal import CCPU
public import Dispatch
internal import Synchronization

/// Turns the single tokens of concurrent callers into full lanes, on a worker for each core.
///
///     let pool = VerifierPool(verifier)
///     let token = try await pool.verify(bearerToken)
///
/// A worker verifies together whatever has queued while it was busy: there is no timer and no added wait. An idle pool
/// lets the caller's thread do the work. Nothing waits without bound: a full queue refuses at once. Safe to share
/// between threads. Verdicts are those of the verifier, whatever else is verified at the same time.
public final class VerifierPool: Sendable {
    /// What becomes of a token.
    public typealias Verdict = Result<VerifiedToken, Failure>

    /// Why there is no verified token.
    public enum Failure: Error, Sendable, Hashable {
        /// The verifier says no.
        case refused(VerificationError)
        /// Too many tokens are waiting. Try later, or somewhere else.
        case overloaded
        /// It was not begun before its deadline.
        case deadlineExceeded
        /// The task that asked was cancelled before it was begun.
        case cancelled
        /// The pool accepts no more tokens.
        case shutDown
    }

    public struct Options: Sendable {
        /// Workers; by default one for each CPU this process may use.
        public var workers: Int
        /// Tokens that may wait for each worker, rounded up to a power of two; each takes a kilobyte for as long as the
        /// pool lives.
        public var capacity: Int
        /// Most single tokens that are verified together. More is hardly faster and makes the first wait for the last.
        public var batchLimit: Int
        public var priority: DispatchQoS

        public init(
            workers: Int? = nil, capacity: Int = 1024, batchLimit: Int = 256, priority: DispatchQoS = .userInitiated
        ) {
            self.workers = workers ?? Int(fv_cpu_count())
            self.capacity = capacity
            self.batchLimit = batchLimit
            self.priority = priority
        }
    }

    /// How a pool ends.
    public enum Ending: Sendable {
        /// What waits is verified.
        case drain
        /// What waits is answered with `shutDown`.
        case refuse
    }

    enum Phase: UInt8, AtomicRepresentable { case open, draining, refusing }

    public let verifier: Verifier
    let workers: [PoolWorker]
    /// The same workers, to be used without counting a reference: threads would do nothing to each other more often.
    nonisolated(unsafe) private let members: UnsafeMutablePointer<Unmanaged<PoolWorker>>
    let count: Int
    private let tokenBytes: Int
    /// Workers at work, and callers who do a worker's.
    let busy = Atomic<Int>(0)
    private let turn = Atomic<Int>(0)
    private let stored = Atomic<Phase>(.open)
    /// What never came to a worker.
    let counts = PoolCounts()

    var phase: Phase { stored.load(ordering: .acquiring) }

    /// Values of `options` below one count as one.
    public init(_ verifier: Verifier, options: Options = Options()) {
        self.verifier = verifier
        tokenBytes = verifier.limits.tokenBytes
        workers = (0..<max(1, options.workers)).map {
            PoolWorker(
                $0, verifier, capacity: max(1, options.capacity), batchLimit: max(1, options.batchLimit),
                priority: options.priority)
        }
        count = workers.count
        members = .allocate(capacity: workers.count)
        for (number, worker) in workers.enumerated() {
            (members + number).initialize(to: .passUnretained(worker))
        }
    }

    deinit { members.deallocate() }

    // MARK: One token

    /// Verifies one token: at once on this thread if the pool is idle, else with others on a worker. Not begun after
    /// `deadline`, nor once the calling task is cancelled; a token already begun is finished, which takes microseconds.
    nonisolated(nonsending) public func verify(
        _ token: String, deadline: ContinuousClock.Instant? = nil
    ) async throws(Failure) -> VerifiedToken {
        if let verdict = verifyHere(deadline, { () throws(VerificationError) in try verifier.verify(token) }) {
            return try verdict.get()
        }
        let verdict = await withUnsafeContinuation { continuation in
            submit(token, deadline, PoolAnswer(continuation))
        }
        return try verdict.get()
    }

    nonisolated(nonsending) public func verify(
        _ token: [UInt8], deadline: ContinuousClock.Instant? = nil
    ) async throws(Failure) -> VerifiedToken {
        if let verdict = verifyHere(deadline, { () throws(VerificationError) in try verifier.verify(token) }) {
            return try verdict.get()
        }
        let verdict = await withUnsafeContinuation { continuation in
            submit(token, deadline, PoolAnswer(continuation))
        }
        return try verdict.get()
    }

    /// Hands over one token. `completion` is called exactly once: on a worker's thread, which it must not block, or
    /// before this returns where the token is not taken.
    public func verify(
        _ token: String, deadline: ContinuousClock.Instant? = nil,
        completion: consuming @escaping @Sendable (Verdict) -> Void
    ) {
        submit(token, deadline, PoolAnswer(completion))
    }

    public func verify(
        _ token: [UInt8], deadline: ContinuousClock.Instant? = nil,
        completion: consuming @escaping @Sendable (Verdict) -> Void
    ) {
        submit(token, deadline, PoolAnswer(completion))
    }

    /// The verdict of an idle pool; `nil` where others are at work, who will take this token along.
    @inline(__always)
    private func verifyHere(
        _ deadline: ContinuousClock.Instant?, _ body: () throws(VerificationError) -> VerifiedToken
    ) -> Verdict? {
        guard busy.load(ordering: .relaxed) == 0, phase == .open,
            busy.compareExchange(expected: 0, desired: 1, ordering: .relaxed).exchanged
        else { return nil }
        defer { busy.subtract(1, ordering: .relaxed) }
        let verdict: Verdict
        if Task.isCancelled {
            verdict = .failure(.cancelled)
        } else if let deadline, deadline <= .now {
            verdict = .failure(.deadlineExceeded)
        } else {
            verdict = Result(catching: body).mapError { .refused($0) }
        }
        counts.add(verdict, since: 0)
        return verdict
    }

    private func submit(
        _ token: String, _ deadline: ContinuousClock.Instant?, _ answer: consuming PoolAnswer
    ) {
        var token = token
        var waiting = Optional(answer)
        token.withUTF8 { submit(UnsafeRawBufferPointer($0), deadline, &waiting) }
    }

    private func submit(
        _ token: [UInt8], _ deadline: ContinuousClock.Instant?, _ answer: consuming PoolAnswer
    ) {
        var waiting = Optional(answer)
        token.withUnsafeBytes { submit($0, deadline, &waiting) }
    }

    /// Takes the answer, in whatever way.
    private func submit(
        _ token: UnsafeRawBufferPointer, _ deadline: ContinuousClock.Instant?, _ answer: inout PoolAnswer?
    ) {
        guard phase == .open else { return refuse(.shutDown, &answer) }
        let deadline = deadline.map(MonotonicClock.time(of:)) ?? PoolRequest.noDeadline
        let (home, isAwake) = PoolWorker.home(of: self)
        let next = home + 1 < count ? home + 1 : 0
        // Past a few sets of lanes, more tokens make a batch longer and not faster: a neighbour with less to do gets them.
        let waiting = members[home]._withUnsafeGuaranteedRef { $0.requests.count }
        let isSpilled =
            waiting >= Self.spill && members[next]._withUnsafeGuaranteedRef { $0.hasLess(than: waiting) }
        if isSpilled, offer(token, deadline, &answer, to: next, wake: true) { return }
        if offer(token, deadline, &answer, to: home, wake: !isAwake) { return }
        if !isSpilled, offer(token, deadline, &answer, to: next, wake: true) { return }
        refuse(.overloaded, &answer)
    }

    @inline(__always)
    private func offer(
        _ token: UnsafeRawBufferPointer, _ deadline: UInt64, _ answer: inout PoolAnswer?, to worker: Int, wake: Bool
    ) -> Bool {
        members[worker]._withUnsafeGuaranteedRef { worker in
            guard worker.requests.offer(token, limit: tokenBytes, deadline: deadline, &answer) else { return false }
            if wake { worker.wake(self) }
            return true
        }
    }

    /// Whether a worker is this pool's, not another's of the same number.
    func isMember(_ worker: Unmanaged<PoolWorker>, _ number: Int) -> Bool {
        number < count && members[number].toOpaque() == worker.toOpaque()
    }

    private func refuse(_ failure: Failure, _ answer: inout PoolAnswer?) {
        counts.add(failure)
        answer.take()?.reply(.failure(failure))
    }

    /// Hands over a chunk, whose completion is called later; or returns its verdicts, and the completion is not called. A
    /// chunk for which there is no room is verified here, which slows its stream down.
    func submit(_ chunk: PoolChunk) -> [Verdict]? {
        guard phase == .open else { return chunk.refusal(.shutDown, counts) }
        let worker = workers[Int(UInt(bitPattern: turn.add(1, ordering: .relaxed).newValue) % UInt(workers.count))]
        if worker.chunks.offer(chunk) {
            worker.wake(self)
            return nil
        }
        return verifier.verify(batch: chunk.tokens).map { result in
            let verdict = result.mapError { Failure.refused($0) }
            counts.add(verdict, since: 0)
            return verdict
        }
    }

    /// Waiting tokens from which on a worker's neighbour is asked.
    private static let spill = 8 * PoolWorker.lanes

    // MARK: The end

    /// Accepts no more tokens and returns when those that were accepted have been answered. A call that comes at the same
    /// moment is answered in one way or the other.
    public func shutDown(_ ending: Ending = .drain) async {
        stored.store(ending == .drain ? .draining : .refusing, ordering: .sequentiallyConsistent)
        // Twice: the first time empties the rings; what one worker has taken from another's is answered after the second.
        for worker in workers + workers {
            worker.wake(self)
            await withUnsafeContinuation { continuation in worker.afterwards { continuation.resume() } }
        }
    }
}
