internal import Dispatch
internal import Synchronization

/// One worker of a pool: a Dispatch queue, a ring of requests, and a batch.
///
/// Natural batching: the worker takes whatever has queued while it was busy. It is scheduled by the request that finds it
/// idle and returns its thread to Dispatch when nothing is left.
final class PoolWorker: Sendable {
    let number: Int
    let requests: RequestRing
    let chunks: Ring<PoolChunk>
    let jobs = PoolJobs()
    let counts = PoolCounts()
    private let queue: DispatchQueue
    private let verifier: Verifier
    private let batchLimit: Int
    /// True from the request that woke the worker until it found nothing more.
    private let isScheduled = Atomic<Bool>(false)
    /// Tokens in the batch that is being verified and answered.
    private let inHand = Atomic<Int>(0)
    /// The batch and its lists. Touched only by work of `queue`, which runs one at a time.
    nonisolated(unsafe) private let memory: UnsafeMutablePointer<Memory>

    private struct Memory: ~Copyable {
        var batch: VerificationBatch
        /// Unretained, because counting references to a ring would be the most frequent thing workers do to each other.
        /// The pool holds every ring, and the work holds the pool.
        var taken: [(ring: Unmanaged<RequestRing>, position: Int)] = []
        var jobs: [UnownedJob] = []
    }

    init(_ number: Int, _ verifier: Verifier, capacity: Int, batchLimit: Int, priority: DispatchQoS) {
        self.number = number
        requests = RequestRing(capacity: capacity)
        chunks = Ring(capacity: Self.chunkCapacity)
        queue = DispatchQueue(label: "fastverify.worker.\(number)", qos: priority)
        self.verifier = verifier
        self.batchLimit = batchLimit
        memory = .allocate(capacity: 1)
        memory.initialize(to: Memory(batch: VerificationBatch(maxMembers: verifier.limits.members)))
    }

    deinit {
        memory.deinitialize(count: 1)
        memory.deallocate()
    }

    /// Characters in a batch from which on no further token is taken, so that long tokens do not make a worker large.
    private static let byteLimit = 1 << 20

    /// Tokens that the widest kernels verify in one go.
    static let lanes = 8

    /// Streams wait for their own chunks, so few are ever queued.
    private static let chunkCapacity = 64

    /// Sees to it that the worker looks at its rings. The exchange orders what was queued before it; where it finds the
    /// worker scheduled, the worker's own exchange comes later and finds the request.
    func wake(_ pool: VerifierPool) {
        guard !isScheduled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        pool.busy.add(1, ordering: .relaxed)
        queue.async { self.asCurrent { self.work(pool) } }
    }

    /// Whether fewer tokens wait for this worker than elsewhere, those counted that it has in hand. The ring, which changes
    /// with every token, is looked at last.
    func hasLess(than waiting: Int) -> Bool {
        let left = waiting - inHand.load(ordering: .relaxed)
        return left > 0 && requests.count < left
    }

    /// Runs `body` when everything queued so far has been looked at.
    func afterwards(_ body: @escaping @Sendable () -> Void) { queue.async(execute: body) }

    /// Whether something waits that nobody but this worker has to see to.
    var hasWork: Bool { requests.count > 0 || chunks.count > 0 || !jobs.isEmpty }

    /// Batches until nothing is left. The pool stays alive as long as a worker is busy.
    private func work(_ pool: VerifierPool) {
        while true {
            if step(pool) { continue }
            _ = isScheduled.exchange(false, ordering: .acquiringAndReleasing)
            if !hasWork || isScheduled.exchange(true, ordering: .acquiringAndReleasing) {
                pool.busy.subtract(1, ordering: .relaxed)
                return
            }
        }
    }

    /// Tasks that are ready, then single requests up to the limit, then one chunk of a stream, so that none starves
    /// another. False where there was nothing to do.
    private func step(_ pool: VerifierPool) -> Bool {
        let phase = pool.phase
        let tasks = jobs.run(on: pool, &memory.pointee.jobs)
        let single = stepRequests(pool, phase)
        guard let chunk = chunks.take() else { return tasks || single }
        if phase == .refusing { chunk.completion(chunk.refusal(.shutDown, counts)) } else { verify(chunk) }
        return true
    }

    private func stepRequests(_ pool: VerifierPool, _ phase: VerifierPool.Phase) -> Bool {
        var looked = 0
        var bytes = 0
        var now: UInt64 = 0
        // Its own ring first; then what waits for others, who may have no CPU just now.
        var ring = Unmanaged.passUnretained(requests)
        var next = pool.workers.count
        while looked < batchLimit, bytes < Self.byteLimit {
            guard let position = ring._withUnsafeGuaranteedRef({ $0.take() }) else {
                // Only an idle worker helps, and only with what fills its lanes: fragments would be slower for both.
                if looked > 0 { break }
                while next > 0, pool.workers[next - 1].requests.count < Self.lanes { next -= 1 }
                if next == 0 { break }
                next -= 1
                ring = .passUnretained(pool.workers[next].requests)
                continue
            }
            looked += 1
            let request = ring._withUnsafeGuaranteedRef { $0.request(at: position) }
            let refusal =
                phase == .refusing
                ? VerifierPool.Failure.shutDown
                : request.pointee.refusal {
                    if now == 0 { now = MonotonicClock.now }
                    return now
                }
            if let refusal {
                counts.add(refusal)
                ring._withUnsafeGuaranteedRef { $0.answer(position, .failure(refusal)) }
            } else {
                bytes += request.pointee.count
                memory.pointee.taken.append((ring, position))
            }
        }
        if !memory.pointee.taken.isEmpty { verifyTaken() }
        return looked > 0
    }

    /// Verifies what was taken and answers it. Begins only when nothing more joins: a batch looks at the keys in force once,
    /// and a token handed over after that may have been handed over after they were replaced.
    private func verifyTaken() {
        inHand.store(memory.pointee.taken.count, ordering: .relaxed)
        memory.pointee.batch.begin(verifier)
        for place in memory.pointee.taken.indices {
            let (ring, position) = memory.pointee.taken[place]
            let request = ring._withUnsafeGuaranteedRef { $0.request(at: position) }
            memory.pointee.batch.texts.append(request.pointee.token)
        }
        verifier.verifyTexts(of: &memory.pointee.batch)
        counts.addBatch(memory.pointee.taken.count)
        for place in memory.pointee.taken.indices {
            let (ring, position) = memory.pointee.taken[place]
            let request = ring._withUnsafeGuaranteedRef { $0.request(at: position) }
            let verdict = memory.pointee.batch.verdict(at: place)
            counts.add(verdict, since: request.pointee.since)
            ring._withUnsafeGuaranteedRef { $0.answer(position, verdict) }
        }
        inHand.store(0, ordering: .relaxed)
        memory.pointee.taken.removeAll(keepingCapacity: true)
    }

    private func verify(_ chunk: PoolChunk) {
        verifier.verify(batch: chunk.tokens, into: &memory.pointee.batch)
        counts.addBatch(chunk.tokens.count)
        chunk.completion(
            chunk.tokens.indices.map { position in
                let verdict = memory.pointee.batch.verdict(at: position)
                counts.add(verdict, since: 0)
                return verdict
            })
    }
}

extension VerificationBatch {
    func verdict(at position: Int) -> VerifierPool.Verdict {
        do throws(VerificationError) {
            return .success(try token(at: position))
        } catch {
            return .failure(.refused(error))
        }
    }
}
