internal import Synchronization

/// The names of keys that tokens asked for in vain, so that each causes one fetch at most: constant memory, no lock. URIs of
/// status lists are such names, too.
///
/// 1,024 places of 8 bytes, 4 for each name: 32 bits of a keyed hash and the second in which the name was first seen. A
/// stranger who knows neither the hash's key nor the places cannot make a name look known; by chance 1 name in 10^9 does.
/// A flood of names pushes names out, which costs nothing but the fetch that the cool-down allows anyway.
final class MissingKeys: Sendable {
    private static let placeCount = 1024
    private static let ways = 4

    nonisolated(unsafe) private let places: UnsafeMutablePointer<Atomic<UInt64>>
    private let seen = Atomic<UInt64>(0)
    private let wanted = Atomic<Bool>(false)
    private let clock: RefreshClock
    /// Seconds for which a name counts as known.
    private let lifetime: UInt32
    let signal: WakeSignal

    init(clock: RefreshClock, lifetime: Duration, signal: WakeSignal) {
        self.clock = clock
        self.lifetime = UInt32(clamping: max(1, lifetime.components.seconds))
        self.signal = signal
        places = .allocate(capacity: Self.placeCount)
        for place in 0..<Self.placeCount { (places + place).initialize(to: Atomic(0)) }
    }

    deinit {
        places.deinitialize(count: Self.placeCount)
        places.deallocate()
    }

    /// Tokens refused for want of a key so far.
    var count: UInt64 { seen.load(ordering: .relaxed) }

    /// Whether a name has come that no fetch since has been asked for.
    var isWanted: Bool { wanted.load(ordering: .acquiring) }

    /// A fetch begins and answers for all names up to now.
    func answer() { wanted.store(false, ordering: .releasing) }

    /// Runs on the verifying thread for every token whose key is missing. Allocates nothing, save when it is the first
    /// since the last fetch and wakes the next.
    func record(_ kid: UnsafeRawBufferPointer) {
        seen.add(1, ordering: .relaxed)
        MissWitness.current?.note(self)
        guard insert(Self.hash(kid)) else { return }
        if !wanted.exchange(true, ordering: .acquiringAndReleasing) { signal.raise() }
    }

    /// A key of this name is there now; should it go and come again, that is news.
    func forget(_ kid: String) {
        var kid = kid
        let hash = kid.withUTF8 { Self.hash(UnsafeRawBufferPointer($0)) }
        let bucket = bucket(hash)
        for way in 0..<Self.ways {
            let entry = bucket[way].load(ordering: .relaxed)
            if entry >> 32 == hash >> 32 { bucket[way].store(0, ordering: .relaxed) }
        }
    }

    static func hash(_ kid: UnsafeRawBufferPointer) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(bytes: kid)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    private func bucket(_ hash: UInt64) -> UnsafeMutablePointer<Atomic<UInt64>> {
        places + Int(hash % UInt64(Self.placeCount / Self.ways)) * Self.ways
    }

    /// Whether the name is new. Two threads that bring one name at the same time may both hear so.
    func insert(_ hash: UInt64) -> Bool {
        // 0 is an empty place.
        let now = UInt32(clamping: clock.now.components.seconds &+ 1)
        let tag = UInt32(truncatingIfNeeded: hash >> 32)
        let bucket = bucket(hash)
        var oldest = 0
        var oldestTime = UInt32.max
        for way in 0..<Self.ways {
            let entry = bucket[way].load(ordering: .relaxed)
            let time = UInt32(truncatingIfNeeded: entry)
            let isFresh = time != 0 && now >= time && now - time < lifetime
            if isFresh, entry >> 32 == tag { return false }
            if !isFresh || time < oldestTime {
                oldest = way
                oldestTime = isFresh ? time : 0
            }
        }
        bucket[oldest].store(UInt64(tag) << 32 | UInt64(now), ordering: .relaxed)
        return true
    }

    /// Names that are remembered at the moment; for tests.
    var rememberedCount: Int { (0..<Self.placeCount).count { places[$0].load(ordering: .relaxed) != 0 } }
}

/// Notes whose key a verification was missing, where several issuers are trusted.
final class MissWitness: Sendable {
    @TaskLocal static var current: MissWitness?

    private let missed = Atomic<UInt>(0)

    func note(_ keys: MissingKeys) {
        missed.store(UInt(bitPattern: Unmanaged.passUnretained(keys).toOpaque()), ordering: .relaxed)
    }

    func isNoted(_ keys: MissingKeys) -> Bool {
        missed.load(ordering: .relaxed) == UInt(bitPattern: Unmanaged.passUnretained(keys).toOpaque())
    }
}
