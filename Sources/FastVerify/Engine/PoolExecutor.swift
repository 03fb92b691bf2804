#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A pool also runs tasks, on its workers' threads between two batches:
///
///     Task(executorPreference: pool) { … try await pool.verify(token) … }
///
/// Such a task asks and is answered without another thread being woken, which costs more than many a signature. It must
/// not block, and what it computes keeps the worker from verifying meanwhile.
extension VerifierPool: TaskExecutor {
    public func enqueue(_ job: consuming ExecutorJob) {
        let home = PoolWorker.home(of: self)
        let worker = workers[home.number]
        worker.jobs.add(UnownedJob(job))
        if !home.isAwake { worker.wake(self) }
    }
}

/// Pieces of tasks that are ready to run. Unlike tokens they cannot be refused, so there is no bound.
final class PoolJobs: Sendable {
    private let waiting = WaitingLock<[UnownedJob]>([])

    func add(_ job: UnownedJob) { waiting.withLock { $0.append(job) } }

    var isEmpty: Bool { waiting.withLock { $0.isEmpty } }

    /// Runs all that wait now; `memory` is empty before and after, and kept so that nothing is allocated. False where
    /// there were none.
    func run(on pool: VerifierPool, _ memory: inout [UnownedJob]) -> Bool {
        waiting.withLock { swap(&$0, &memory) }
        if memory.isEmpty { return false }
        let executor = pool.asUnownedTaskExecutor()
        for job in memory { job.runSynchronously(on: executor) }
        memory.removeAll(keepingCapacity: true)
        return true
    }
}

extension PoolWorker {
    /// Under which a thread keeps the worker it works for.
    private static let key = {
        var key = pthread_key_t()
        return pthread_key_create(&key, nil) == 0 ? key : nil
    }()

    /// Runs `body` as this worker's thread.
    func asCurrent(_ body: () -> Void) {
        guard let key = Self.key else { return body() }
        pthread_setspecific(key, Unmanaged.passUnretained(self).toOpaque())
        body()
        pthread_setspecific(key, nil)
    }

    /// Where this thread's work goes first: to its own worker, or to one that it always turns to. Threads that keep to a
    /// ring each make larger batches than threads that feed them all. A worker's own thread looks again before it rests,
    /// and need not be woken.
    static func home(of pool: VerifierPool) -> (number: Int, isAwake: Bool) {
        if let key, let worker = pthread_getspecific(key) {
            let own = Unmanaged<PoolWorker>.fromOpaque(worker)
            let number = own._withUnsafeGuaranteedRef { $0.number }
            if pool.isMember(own, number) { return (number, true) }
        }
        #if canImport(Darwin)
            let thread = UInt(bitPattern: pthread_self())
        #else
            let thread = UInt(pthread_self())
        #endif
        return (Int((thread >> 12 &* 0x9e37_79b9_7f4a_7c15) >> 32 % UInt(pool.count)), false)
    }
}
