/// One token that waits in a worker's ring, and who asked. As long as a cache line.
struct PoolRequest: ~Copyable {
    /// The token; of one over the verifier's limit, nothing may be read.
    let text: UnsafeMutableRawPointer
    let count: Int
    /// In nanoseconds of `MonotonicClock`; `noDeadline` where it may be begun at any time.
    let deadline: UInt64
    /// When it was handed over, in nanoseconds of `MonotonicClock`; 0 where nobody measures this one.
    let since: UInt64
    let answer: PoolAnswer

    static let noDeadline = UInt64.max
}

extension PoolRequest {
    var token: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: text, count: count) }

    /// Why it is not to be begun. `now` is asked for only where there is a deadline.
    @inline(__always)
    borrowing func refusal(now: () -> UInt64) -> VerifierPool.Failure? {
        let task = answer.task
        if task != 0, unsafeBitCast(task, to: UnsafeCurrentTask.self).isCancelled { return .cancelled }
        if deadline != PoolRequest.noDeadline, now() >= deadline { return .deadlineExceeded }
        return nil
    }
}

/// Who waits. Answered exactly once; not copied, since every copy would count a reference to what is called back.
///
/// A suspended task stays suspended, and so alive, until it is answered; whether it is cancelled is all that is asked of it
/// meanwhile, which any thread may ask. Task and continuation are kept as bits because their types are laid out at run
/// time only, which would make every copy of a request a call.
struct PoolAnswer: ~Copyable {
    private let continuation: UInt
    let task: UInt
    private let completion: (@Sendable (VerifierPool.Verdict) -> Void)?

    typealias Continuation = UnsafeContinuation<VerifierPool.Verdict, Never>

    /// The calling task, which this suspends.
    init(_ continuation: Continuation) {
        self.continuation = unsafeBitCast(continuation, to: UInt.self)
        task = withUnsafeCurrentTask { task in task.map { unsafeBitCast($0, to: UInt.self) } ?? 0 }
        completion = nil
    }

    init(_ completion: consuming @escaping @Sendable (VerifierPool.Verdict) -> Void) {
        continuation = 0
        task = 0
        self.completion = completion
    }

    consuming func reply(_ verdict: VerifierPool.Verdict) {
        if let completion {
            completion(verdict)
        } else {
            unsafeBitCast(continuation, to: Continuation.self).resume(returning: verdict)
        }
    }
}

/// Tokens of a stream that are verified together.
struct PoolChunk: Sendable {
    let tokens: [String]
    let completion: @Sendable ([VerifierPool.Verdict]) -> Void

    /// One failure for all of them.
    func refusal(_ failure: VerifierPool.Failure, _ counts: PoolCounts) -> [VerifierPool.Verdict] {
        for _ in tokens { counts.add(failure) }
        return tokens.map { _ in .failure(failure) }
    }
}
