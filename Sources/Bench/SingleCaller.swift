import FastVerify
import Foundation

/// One caller alone: the call for one token, directly and through a pool, in turn.
struct SingleCaller {
    struct Result: Codable {
        let direct: LatencyDistribution
        let pool: LatencyDistribution

        func text(_ algorithm: String) -> String {
            func µs(_ nanoseconds: UInt64) -> String { Report.decimal(Double(nanoseconds) / 1000, 2) }
            return
                "\(algorithm), one caller: p50 \(µs(direct.p50Ns)) µs directly, \(µs(pool.p50Ns)) µs through the pool; "
                + "p99 \(µs(direct.p99Ns)) and \(µs(pool.p99Ns)) µs"
        }
    }

    private let tokens: [String]
    private let verifier: Verifier
    private let pool: VerifierPool

    init(_ tokens: [String], _ verifier: Verifier) {
        self.tokens = tokens
        self.verifier = verifier
        pool = VerifierPool(verifier)
    }

    /// Times `count` tokens each way, in turns of a hundred.
    func run(_ count: Int) throws -> Result {
        let outcome = Waiter<Swift.Result<Result, any Error>>()
        Task.detached { outcome.enter(await time(count)) }
        return try outcome.wait().get()
    }

    private func time(_ count: Int) async -> Swift.Result<Result, any Error> {
        var direct = LatencyDistribution.Recorder()
        var pooled = LatencyDistribution.Recorder()
        do {
            for turn in stride(from: -1000, to: count, by: 100) {  // those before 0 warm caches and earn tables
                for place in turn..<turn + 100 {
                    let token = tokens[(place + 1000) % tokens.count]
                    let start = Clock.wall.now
                    _ = try verifier.verify(token)
                    if turn >= 0 { direct.record(Clock.wall.now - start) }
                }
                for place in turn..<turn + 100 {
                    let token = tokens[(place + 1000) % tokens.count]
                    let start = Clock.wall.now
                    _ = try await pool.verify(token)
                    if turn >= 0 { pooled.record(Clock.wall.now - start) }
                }
            }
        } catch {
            return .failure(WrongVerdict(description: "single caller: a valid token is refused"))
        }
        return .success(Result(direct: direct.distribution, pool: pooled.distribution))
    }
}

/// Waits, in a thread of its own, for what a task comes to.
final class Waiter<Value: Sendable>: @unchecked Sendable {
    private var value: Value?
    private let done = DispatchSemaphore(value: 0)

    func enter(_ value: Value) {
        self.value = value
        done.signal()
    }

    func wait() -> Value {
        done.wait()
        return value!
    }
}
