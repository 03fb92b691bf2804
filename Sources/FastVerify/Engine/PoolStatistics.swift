internal import Synchronization

/// What a pool has done since it was made. Counts grow and wrap after 2^64; they are read one by one, so a snapshot under load
/// may be off by what happened meanwhile.
public struct PoolStatistics: Sendable {
    public fileprivate(set) var accepted: UInt64 = 0
    /// Tokens that the verifier refused, by reason.
    public fileprivate(set) var refused: [VerificationError: UInt64] = [:]
    public fileprivate(set) var overloaded: UInt64 = 0
    public fileprivate(set) var deadlineExceeded: UInt64 = 0
    public fileprivate(set) var cancelled: UInt64 = 0
    public fileprivate(set) var shutDown: UInt64 = 0
    /// Batches by size: at position i those of 2^i to 2^(i + 1) - 1 tokens.
    public fileprivate(set) var batches: [UInt64] = Array(repeating: 0, count: PoolCounts.sizes)
    /// Timed tokens, one in sixteen, by nanoseconds from being handed over to being answered: at position i those of 2^i
    /// to 2^(i + 1) - 1.
    public fileprivate(set) var latencies: [UInt64] = Array(repeating: 0, count: PoolCounts.times)
    /// Tokens and chunks that wait now.
    public fileprivate(set) var waiting = 0
}

/// Counters of one worker. Any thread may add and read.
final class PoolCounts: Sendable {
    fileprivate static let sizes = 16
    fileprivate static let times = 48
    private static let reasons = 256

    /// Accepted tokens at 0, refused ones at the error's number; then the other failures, batches and latencies.
    nonisolated(unsafe) private let counters: UnsafeMutablePointer<Atomic<UInt64>>
    private static let overloaded = reasons
    private static let deadlineExceeded = reasons + 1
    private static let cancelled = reasons + 2
    private static let shutDown = reasons + 3
    private static let batches = reasons + 4
    private static let latencies = batches + sizes
    private static let count = latencies + times

    init() {
        counters = .allocate(capacity: Self.count)
        for place in 0..<Self.count { (counters + place).initialize(to: Atomic(0)) }
    }

    deinit {
        counters.deinitialize(count: Self.count)
        counters.deallocate()
    }

    private func add(_ place: Int) { counters[place].add(1, ordering: .relaxed) }

    /// A verdict; `since` as in `PoolRequest`.
    func add(_ verdict: VerifierPool.Verdict, since: UInt64) {
        switch verdict {
        case .success: add(0)
        case .failure(.refused(let error)): add(Int(error.rawValue))
        case .failure(let failure): return add(failure)
        }
        if since != 0 { add(Self.latencies + Self.bucket(MonotonicClock.now &- since, Self.times)) }
    }

    func add(_ failure: VerifierPool.Failure) {
        switch failure {
        case .refused(let error): add(Int(error.rawValue))
        case .overloaded: add(Self.overloaded)
        case .deadlineExceeded: add(Self.deadlineExceeded)
        case .cancelled: add(Self.cancelled)
        case .shutDown: add(Self.shutDown)
        }
    }

    func addBatch(_ size: Int) { add(Self.batches + Self.bucket(UInt64(size), Self.sizes)) }

    private static func bucket(_ value: UInt64, _ count: Int) -> Int {
        min(63 - (value | 1).leadingZeroBitCount, count - 1)
    }

    fileprivate func read(into statistics: inout PoolStatistics) {
        func value(_ place: Int) -> UInt64 { counters[place].load(ordering: .relaxed) }
        statistics.accepted += value(0)
        for error in VerificationError.allCases where value(Int(error.rawValue)) > 0 {
            statistics.refused[error, default: 0] += value(Int(error.rawValue))
        }
        statistics.overloaded += value(Self.overloaded)
        statistics.deadlineExceeded += value(Self.deadlineExceeded)
        statistics.cancelled += value(Self.cancelled)
        statistics.shutDown += value(Self.shutDown)
        for place in 0..<Self.sizes { statistics.batches[place] += value(Self.batches + place) }
        for place in 0..<Self.times { statistics.latencies[place] += value(Self.latencies + place) }
    }
}

extension VerifierPool {
    /// What has happened so far. Takes microseconds and stops nobody.
    public var statistics: PoolStatistics {
        var statistics = PoolStatistics()
        counts.read(into: &statistics)
        for worker in workers {
            worker.counts.read(into: &statistics)
            statistics.waiting += worker.requests.count + worker.chunks.count
        }
        return statistics
    }
}
