internal import CCPU
internal import Synchronization

/// Where the chains of a shard begin. Stands apart from the shard, whose lock nobody takes to look ahead; the heads are atomic
/// for that.
struct TokenPlaces: Sendable {
    typealias Entry = UnsafeMutablePointer<CachedToken>

    nonisolated(unsafe) let heads: UnsafeMutablePointer<Atomic<Entry?>>
    let mask: UInt64

    /// `count` is a power of two.
    init(_ count: Int) {
        heads = .allocate(capacity: count)
        for place in 0..<count { (heads + place).initialize(to: Atomic(nil)) }
        mask = UInt64(count - 1)
    }

    @inline(__always)
    func head(_ hash: UInt64) -> UnsafeMutablePointer<Atomic<Entry?>> { heads + Int(truncatingIfNeeded: hash & mask) }

    /// Brings the place of a hash near.
    @inline(__always)
    func prefetchHead(_ hash: UInt64) { fv_cpu_prefetch(head(hash)) }

    /// Brings the beginning of the first token at the place of a hash near; the processor sees by itself that the rest is
    /// read in order. The address may be out of date; nothing is read there.
    @inline(__always)
    func prefetchToken(_ hash: UInt64) {
        guard let first = head(hash).pointee.load(ordering: .relaxed) else { return }
        for line in 0..<Self.linesAhead { fv_cpu_prefetch(UnsafeRawPointer(first) + line * 64) }
    }

    private static var linesAhead: Int { 8 }
}

/// A part of a cache: chains of tokens by their hash, and the order of SIEVE (Zhang et al., NSDI 2024), which keeps what was
/// asked for again in its place and lets a hand look for the first that was not. One thread at a time.
struct TokenCacheShard: ~Copyable {
    typealias Entry = UnsafeMutablePointer<CachedToken>

    let places: TokenPlaces
    /// Hashes of tokens that were turned away when they came first, each until another takes its place.
    private let sightings: UnsafeMutablePointer<UInt32>
    private let sightingMask: UInt64
    private let budget: Int
    private var newest: Entry?
    private var oldest: Entry?
    private var hand: Entry?
    private(set) var statistics = TokenCache.Statistics()

    /// `budget` counts everything that the shard allocates.
    init(budget: Int) {
        // A token of 500 characters takes about 1,300 bytes.
        var places = 1
        while places < budget / 1024 { places *= 2 }
        self.places = TokenPlaces(places)
        // A token that comes again after as many others as fill half the shard is seldom forgotten.
        let sightingCount = max(1, places / 2)
        sightings = .allocate(capacity: sightingCount)
        sightings.initialize(repeating: 0, count: sightingCount)
        sightingMask = UInt64(sightingCount - 1)
        self.budget = budget
        statistics.bytes =
            places * MemoryLayout<Atomic<Entry?>>.stride + sightingCount * MemoryLayout<UInt32>.stride
    }

    deinit {
        var entry = newest
        while let dead = entry {
            entry = dead.pointee.older
            dead.deallocate()
        }
        places.heads.deallocate()
        sightings.deallocate()
    }

    /// Room for one token, in bytes; larger ones are not kept, so that one cannot drive out all others.
    var largest: Int { budget / 8 }

    /// The entry of a token under a verifier, whether or not it is still in force.
    @inline(__always)
    func find(_ text: UnsafeRawBufferPointer, _ hash: UInt64, _ verifier: UInt64) -> Entry? {
        var entry = places.head(hash).pointee.load(ordering: .relaxed)
        while let found = entry {
            if found.isToken(text, hash: hash, verifier: verifier) { return found }
            entry = found.pointee.next
        }
        return nil
    }

    mutating func count(hit: Bool) {
        if hit { statistics.hits &+= 1 } else { statistics.misses &+= 1 }
    }

    /// Whether a token gets room: a full shard turns away what it sees for the first time, so that tokens which never come
    /// again cost little and drive nobody out (Einziger et al., TinyLFU, ACM ToS 2017, §3.4.2: the doorkeeper).
    private mutating func admits(_ hash: UInt64, _ size: Int) -> Bool {
        if size > largest { return false }
        if statistics.bytes + size <= budget { return true }
        let sighting = sightings + Int(truncatingIfNeeded: hash & sightingMask)
        let tag = UInt32(truncatingIfNeeded: hash >> 32)
        if sighting.pointee == tag { return true }
        sighting.pointee = tag
        statistics.turnedAway &+= 1
        return false
    }

    /// Puts a token in, as the newest and in place of an earlier acceptance of it, if it gets room.
    mutating func insert(_ token: CachedToken, claims: JSONObject, text: UnsafeRawBufferPointer) {
        let size = token.footprint
        guard admits(token.hash, size) else { return }
        if let earlier = find(text, token.hash, token.verifier) { remove(earlier) }
        while statistics.bytes + size > budget, evict() {}
        let entry = CachedToken.make(token, claims: claims, text: text)
        let place = places.head(token.hash)
        entry.pointee.next = place.pointee.load(ordering: .relaxed)
        place.pointee.store(entry, ordering: .relaxed)
        entry.pointee.older = newest
        newest?.pointee.newer = entry
        newest = entry
        if oldest == nil { oldest = entry }
        statistics.bytes += size
        statistics.entries += 1
        statistics.insertions &+= 1
    }

    /// Takes out the first token from the hand on, towards the newer ones, that was not asked for since the hand passed
    /// it. Each it passes must be asked for again to be passed again: constant work for each hit or insertion.
    private mutating func evict() -> Bool {
        guard var victim = hand ?? oldest else { return false }
        while victim.pointee.isVisited {
            victim.pointee.isVisited = false
            victim = victim.pointee.newer ?? oldest!
        }
        hand = victim
        remove(victim)
        statistics.evictions &+= 1
        return true
    }

    mutating func remove(_ entry: Entry) {
        if hand == entry { hand = entry.pointee.newer }
        if let newer = entry.pointee.newer {
            newer.pointee.older = entry.pointee.older
        } else {
            newest = entry.pointee.older
        }
        if let older = entry.pointee.older {
            older.pointee.newer = entry.pointee.newer
        } else {
            oldest = entry.pointee.newer
        }
        let place = places.head(entry.pointee.hash)
        let first = place.pointee.load(ordering: .relaxed)!
        if first == entry {
            place.pointee.store(entry.pointee.next, ordering: .relaxed)
        } else {
            var before = first
            while before.pointee.next != entry { before = before.pointee.next! }
            before.pointee.next = entry.pointee.next
        }
        statistics.bytes -= entry.pointee.footprint
        statistics.entries -= 1
        entry.deallocate()
    }

    mutating func removeAll() {
        while let entry = newest { remove(entry) }
    }
}
