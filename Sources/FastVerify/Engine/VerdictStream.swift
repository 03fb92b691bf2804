/// The verdicts on a stream of tokens, in the order of the tokens. Made by `VerifierPool.verdicts(on:window:)`.
///
/// Each iterator reads the stream anew, in a task of its own that ends with the iterator. Ends with the stream, throws
/// what the stream throws after the verdicts on all that came before, and ends early where the iterating task is cancelled.
public struct VerdictStream<Tokens: AsyncSequence & Sendable>: AsyncSequence, Sendable where Tokens.Element == String {
    public typealias Element = VerifierPool.Verdict

    let tokens: Tokens
    let pool: VerifierPool
    let window: Int

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(tokens, StreamWindow(pool, size: window)) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        private let reading: Reading

        fileprivate init(_ tokens: Tokens, _ window: StreamWindow) { reading = Reading(tokens, window) }

        public mutating func next() async throws -> VerifierPool.Verdict? {
            try await reading.window.next()
        }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws -> VerifierPool.Verdict? {
            try await reading.window.next()
        }
    }

    /// The task that reads the stream, cancelled when its iterator is gone.
    private final class Reading: Sendable {
        let window: StreamWindow
        private let task: Task<Void, Never>

        init(_ tokens: Tokens, _ window: StreamWindow) {
            self.window = window
            task = Task {
                do {
                    for try await token in tokens {
                        guard await window.put(token) else { return }
                    }
                    window.end(nil)
                } catch {
                    window.end(error)
                }
            }
        }

        deinit {
            task.cancel()
            window.cancel()
        }
    }
}

extension VerifierPool {
    /// Verifies a stream of tokens side by side and hands out their verdicts in order. At most `window` tokens are held at
    /// once, read but not yet handed out; a slow reader of verdicts so slows the stream down. Single callers of the pool
    /// are served in between.
    public func verdicts<Tokens: AsyncSequence & Sendable>(
        on tokens: Tokens, window: Int = 1024
    ) -> VerdictStream<Tokens> where Tokens.Element == String {
        VerdictStream(tokens: tokens, pool: self, window: max(1, window))
    }
}
