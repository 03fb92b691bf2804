/// A part of a cache: chains of tokens by their hash, and the order of SIEVE (Zhang et al., NSDI 2024), which keeps what was
/// asked for again in its place and lets a hand look for the first that was not. One thread at a time.
struct TokenCacheShard: ~Copyable {
    typealias Entry = UnsafeMutablePointer<CachedToken>

    private let heads: UnsafeMutablePointer<Entry?>
    private let mask: UInt64
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
        heads = .allocate(capacity: places)
        heads.initialize(repeating: nil, count: places)
        mask = UInt64(places - 1)
        self.budget = budget
        statistics.bytes = places * MemoryLayout<Entry?>.stride
    }

    deinit {
        var entry = newest
        while let dead = entry {
            entry = dead.pointee.older
            dead.deallocate()
        }
        heads.deallocate()
    }

    /// Room for one token, in bytes; larger ones are not kept, so that one cannot drive out all others.
    var largest: Int { budget / 8 }

    private func place(_ hash: UInt64) -> UnsafeMutablePointer<Entry?> { heads + Int(truncatingIfNeeded: hash & mask) }

    /// The entry of a token under a verifier, whether or not it is still in force.
    @inline(__always)
    func find(_ text: UnsafeRawBufferPointer, _ hash: UInt64, _ verifier: UInt64) -> Entry? {
        var entry = place(hash).pointee
        while let found = entry {
            if found.isToken(text, hash: hash, verifier: verifier) { return found }
            entry = found.pointee.next
        }
        return nil
    }

    mutating func count(hit: Bool) {
        if hit { statistics.hits &+= 1 } else { statistics.misses &+= 1 }
    }

    /// Puts a token in, as the newest and in place of an earlier acceptance of it. False where it is too large.
    mutating func insert(_ token: CachedToken, claims: JSONObject, text: UnsafeRawBufferPointer) -> Bool {
        let size = token.footprint
        guard size <= largest else { return false }
        if let earlier = find(text, token.hash, token.verifier) { remove(earlier) }
        while statistics.bytes + size > budget, evict() {}
        let entry = CachedToken.make(token, claims: claims, text: text)
        let place = place(token.hash)
        entry.pointee.next = place.pointee
        place.pointee = entry
        entry.pointee.older = newest
        newest?.pointee.newer = entry
        newest = entry
        if oldest == nil { oldest = entry }
        statistics.bytes += size
        statistics.entries += 1
        statistics.insertions &+= 1
        return true
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
        let place = place(entry.pointee.hash)
        if place.pointee == entry {
            place.pointee = entry.pointee.next
        } else {
            var before = place.pointee!
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
