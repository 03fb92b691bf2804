internal import FastVerify

/// The buckets of one plan, by the generic cell rate algorithm (ITU-T I.371 §5.4.3): a bucket is the moment at which it will be
/// full again. Memory is fixed when it is made. Safe to share between threads.
///
/// A bucket that is full is like one that was never used, and its place is free. Where all places for a newcomer hold buckets in
/// use, the newcomer starts no fuller than the fullest of them, and takes its place. So every bucket of these places is at least
/// as empty as any that has lost its place, and stays so, because a moment only grows: who comes back finds no more than was
/// left behind. Nobody's bucket is refilled by being forgotten, however many names an attacker has.
final class LimitTable: @unchecked Sendable {
    /// The low and high half of a keyed digest of 128 bits.
    typealias Name = (low: UInt64, high: UInt64)

    private struct Bucket {
        var name: Name = (0, 0)
        /// Nanoseconds of the monotonic clock; 0 in a free place.
        var fullAt: UInt64 = 0
    }

    /// What became of a request.
    struct Outcome: Equatable {
        let isAllowed: Bool
        /// The moment at which the bucket is full.
        let fullAt: UInt64
    }

    private static let ways = 8
    private static let setsPerLock = 64

    private let sets: Int
    private let buckets: UnsafeMutablePointer<Bucket>
    private let locks: [Lock]

    private final class Lock: Sendable {
        let lock = SpinLock()
    }

    /// Room for `capacity` buckets in use, rounded up to a power of two.
    init(capacity: Int) {
        var sets = 1
        while sets * Self.ways < min(capacity, 1 << 28) { sets *= 2 }
        self.sets = sets
        buckets = .allocate(capacity: sets * Self.ways)
        buckets.initialize(repeating: Bucket(), count: sets * Self.ways)
        locks = (0..<max(1, sets / Self.setsPerLock)).map { _ in Lock() }
    }

    deinit { buckets.deallocate() }

    var capacity: Int { sets * Self.ways }

    /// Takes `cost` requests out of a bucket if so many are in it; or, with `isLook`, only says whether they are. `now` may be
    /// a little older than that of a call before.
    func take(_ name: Name, cost: UInt64, plan: LimitPlan, now: UInt64, isLook: Bool = false) -> Outcome {
        let set = Int(truncatingIfNeeded: name.high) & (sets - 1)
        return locks[set % locks.count].lock.withLock {
            let places = buckets + set * Self.ways
            var (found, place, fullest) = (false, 0, UInt64.max)
            for way in 0..<Self.ways {
                if places[way].name == name, places[way].fullAt > 0 {
                    (found, place) = (true, way)
                    break
                }
                if places[way].fullAt < fullest { (place, fullest) = (way, places[way].fullAt) }
            }
            let start = max(now, found ? places[place].fullAt : fullest)
            let fullAt = Self.adding(cost, of: plan.interval, to: start)
            // Who is refused changes nothing, and displaces nobody.
            guard fullAt < .max, fullAt - now <= plan.depth else { return Outcome(isAllowed: false, fullAt: start) }
            if isLook { return Outcome(isAllowed: true, fullAt: start) }
            places[place] = Bucket(name: name, fullAt: fullAt)
            return Outcome(isAllowed: true, fullAt: fullAt)
        }
    }

    private static func adding(_ cost: UInt64, of interval: UInt64, to start: UInt64) -> UInt64 {
        let (time, isTooLong) = interval.multipliedReportingOverflow(by: cost)
        let (sum, isTooLate) = start.addingReportingOverflow(time)
        return isTooLong || isTooLate ? .max : sum
    }

    /// Buckets in use at a moment. Looks at all.
    func count(at now: UInt64) -> Int {
        (0..<sets).reduce(0) { sum, set in
            locks[set % locks.count].lock.withLock {
                sum + (0..<Self.ways).count { buckets[set * Self.ways + $0].fullAt > now }
            }
        }
    }
}
