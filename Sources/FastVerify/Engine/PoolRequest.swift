/// What waits in a worker's ring.
struct PoolRequest: Sendable {
    let token: Text
    let deadline: ContinuousClock.Instant?
    let answer: Answer
    /// When it was handed over, in nanoseconds of `MonotonicClock`; 0 where nobody measures this one.
    let since: UInt64

    enum Text: Sendable {
        case string(String)
        case bytes([UInt8])

        func withBytes<T>(_ body: (UnsafeRawBufferPointer) -> T) -> T {
            switch self {
            case .string(var text): text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
            case .bytes(let bytes): bytes.withUnsafeBytes(body)
            }
        }
    }

    /// Who waits. Each is answered exactly once.
    enum Answer: @unchecked Sendable {
        /// A suspended task. It stays suspended, and so alive, until it is answered; `isCancelled` is all that is asked
        /// of it meanwhile, which any thread may ask.
        case task(UnsafeContinuation<VerifierPool.Verdict, Never>, UnsafeCurrentTask?)
        case completion(@Sendable (VerifierPool.Verdict) -> Void)
    }

    /// Why it is not to be begun.
    func refusal(now: ContinuousClock.Instant?) -> VerifierPool.Failure? {
        if case .task(_, let task?) = answer, task.isCancelled { return .cancelled }
        if let deadline, let now, now >= deadline { return .deadlineExceeded }
        return nil
    }

    func reply(_ verdict: VerifierPool.Verdict) {
        switch answer {
        case .task(let continuation, _): continuation.resume(returning: verdict)
        case .completion(let completion): completion(verdict)
        }
    }
}

/// Tokens of a stream that are verified together.
struct PoolChunk: Sendable {
    let tokens: [String]
    let completion: @Sendable ([VerifierPool.Verdict]) -> Void

    func refuse(_ failure: VerifierPool.Failure, _ counts: PoolCounts) {
        for _ in tokens { counts.add(failure) }
        completion(tokens.map { _ in .failure(failure) })
    }
}
