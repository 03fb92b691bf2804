/// The tokens of a stream between being read and being handed out: gathered, verified in chunks, put back in order.
///
/// Natural batching again: while chunks are being verified, tokens gather; with none at work, a token goes at once.
final class StreamWindow: Sendable {
    private struct State {
        var gathered: [String] = []
        /// Verdicts by number of the chunk, from the first not yet handed out in full.
        var verdicts: [Int: [VerifierPool.Verdict]] = [:]
        var nextChunk = 0
        var firstChunk = 0
        /// How many of the first chunk's verdicts are handed out.
        var handedOut = 0
        var atWork = 0
        /// Tokens read and not yet handed out.
        var held = 0
        var isEnded = false
        var failure: (any Error)?
        var isCancelled = false
        var reader: UnsafeContinuation<Void, Never>?
        var writer: UnsafeContinuation<Void, Never>?

        /// What is to be verified next, if that is now.
        mutating func chunk(limit: Int) -> (number: Int, tokens: [String])? {
            guard !gathered.isEmpty, atWork == 0 || gathered.count >= StreamWindow.chunkSize && atWork < limit else {
                return nil
            }
            let tokens = Array(gathered.prefix(StreamWindow.chunkSize))
            gathered.removeFirst(tokens.count)
            atWork += 1
            nextChunk += 1
            return (nextChunk - 1, tokens)
        }

        mutating func wakeReader() -> UnsafeContinuation<Void, Never>? {
            defer { reader = nil }
            return reader
        }

        mutating func wakeWriter() -> UnsafeContinuation<Void, Never>? {
            defer { writer = nil }
            return writer
        }
    }

    private let pool: VerifierPool
    private let size: Int
    private let state = WaitingLock(State())

    /// Tokens that are verified together: enough for the lanes, few enough for the single callers who wait meanwhile.
    static let chunkSize = 64

    init(_ pool: VerifierPool, size: Int) {
        self.pool = pool
        self.size = size
    }

    /// Two for each worker: one at work and one to follow.
    private var limit: Int { 2 * pool.workers.count }

    // MARK: Reading

    /// Takes a token when there is room. False where nobody wants it any more.
    func put(_ token: String) async -> Bool {
        await withUnsafeContinuation { continuation in
            let goesOn = state.withLock { state in
                if state.held < size || state.isCancelled { return true }
                state.writer = continuation
                return false
            }
            if goesOn { continuation.resume() }
        }
        let (isWanted, chunk) = state.withLock { state -> (Bool, (Int, [String])?) in
            if state.isCancelled { return (false, nil) }
            state.gathered.append(token)
            state.held += 1
            return (true, state.chunk(limit: limit))
        }
        if let chunk { verify(chunk) }
        return isWanted
    }

    /// The stream has ended.
    func end(_ failure: (any Error)?) {
        state.withLock { state in
            state.isEnded = true
            state.failure = failure
            return state.wakeReader()
        }?.resume()
    }

    /// Nobody wants any more verdicts.
    func cancel() {
        let (reader, writer) = state.withLock { state in
            state.isCancelled = true
            return (state.wakeReader(), state.wakeWriter())
        }
        reader?.resume()
        writer?.resume()
    }

    // MARK: Verifying

    /// A loop and no recursion, because a pool that is shut down or full answers a chunk at once, and the next one then.
    private func verify(_ first: (number: Int, tokens: [String])) {
        var next: (number: Int, tokens: [String])? = first
        while let chunk = next {
            let verdicts = pool.submit(
                PoolChunk(tokens: chunk.tokens) { verdicts in
                    if let next = self.keep(verdicts, chunk.number) { self.verify(next) }
                })
            guard let verdicts else { return }
            next = keep(verdicts, chunk.number)
        }
    }

    /// Takes a chunk's verdicts, and says what is to be verified next.
    private func keep(_ verdicts: [VerifierPool.Verdict], _ number: Int) -> (number: Int, tokens: [String])? {
        let (reader, next) = state.withLock { state in
            state.verdicts[number] = verdicts
            state.atWork -= 1
            let next = state.isCancelled ? nil : state.chunk(limit: limit)
            return (number == state.firstChunk ? state.wakeReader() : nil, next)
        }
        reader?.resume()
        return next
    }

    // MARK: Handing out

    /// The next verdict in order, `nil` at the end.
    func next() async throws -> VerifierPool.Verdict? {
        try await withTaskCancellationHandler {
            while true {
                switch try state.withLock({ try Self.step(&$0) }) {
                case .verdict(let verdict, let writer):
                    writer?.resume()
                    return verdict
                case .end: return nil
                case .wait: await wait()
                }
            }
        } onCancel: {
            cancel()
        }
    }

    private enum Step {
        case verdict(VerifierPool.Verdict, UnsafeContinuation<Void, Never>?)
        case end
        case wait
    }

    private static func step(_ state: inout State) throws -> Step {
        if state.isCancelled { return .end }
        guard let verdicts = state.verdicts[state.firstChunk] else {
            guard state.isEnded, state.held == 0 else { return .wait }
            defer { state.failure = nil }
            if let failure = state.failure { throw failure }
            return .end
        }
        let verdict = verdicts[state.handedOut]
        state.handedOut += 1
        if state.handedOut == verdicts.count {
            state.verdicts[state.firstChunk] = nil
            state.firstChunk += 1
            state.handedOut = 0
        }
        state.held -= 1
        return .verdict(verdict, state.wakeWriter())
    }

    /// Until something has happened that `step` may want to see.
    private func wait() async {
        await withUnsafeContinuation { continuation in
            let goesOn = state.withLock { state in
                let isReady =
                    state.isCancelled || state.verdicts[state.firstChunk] != nil || state.isEnded && state.held == 0
                if !isReady { state.reader = continuation }
                return isReady
            }
            if goesOn { continuation.resume() }
        }
    }
}
