internal import CCPU

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Finds records by a 64-bit hash: an extendible hash table (Fagin et al., 1979) behind a filter of 16-bit tags.
///
/// A directory leads to segments of 64 lines of 32 lanes. The tags of a line are one cache line, so one look at memory answers
/// nearly every question about what is not there: 32 tags of 16 bits are wrong for one hash in 2,000 at most. Each lane
/// has a slot beside it with 32 more bits of the hash and the record. A full line splits its segment in two by the next bit
/// of the hash, which the slots know: 2,048 lanes are moved at most, and no record is looked at.
///
/// Any number of threads may look while none changes it.
struct RevocationIndex: ~Copyable {
    private typealias Words = UnsafeMutablePointer<UInt64>

    private static let lines = 64
    private static let lanes = 32
    private static let words = lanes / 4
    private static let maxDepth = 20
    private static let ones: UInt64 = 0x0001_0001_0001_0001
    private static let highs: UInt64 = 0x8000_8000_8000_8000

    /// The leading bits of a hash that choose in the directory.
    private var depth = 0
    /// For each such choice, the tags of a segment and its slots; before the slots stands its own depth.
    private var tags: UnsafeMutablePointer<Words>
    private var slots: UnsafeMutablePointer<Words>
    private var segments: [UnsafeMutableRawPointer] = []
    private var pool = TagPool()

    init() {
        tags = .allocate(capacity: 1)
        slots = .allocate(capacity: 1)
        let (firstTags, firstSlots) = makeSegment(depth: 0)
        tags.initialize(to: firstTags)
        slots.initialize(to: firstSlots)
    }

    deinit {
        for segment in segments { segment.deallocate() }
        tags.deallocate()
        slots.deallocate()
    }

    /// Memory allocated.
    var bytes: Int { segments.count * Self.slotBytes + pool.bytes + 16 << depth }

    private static let slotBytes = (1 + lines * lanes) * 8

    private mutating func makeSegment(depth: Int) -> (Words, Words) {
        let block = UnsafeMutableRawPointer.allocate(byteCount: Self.slotBytes, alignment: 8)
        segments.append(block)
        let slots = block.initializeMemory(as: UInt64.self, repeating: 0, count: 1 + Self.lines * Self.lanes)
        slots[0] = UInt64(depth)
        return (pool.take(Self.lines * Self.words), slots + 1)
    }

    // MARK: Parts of a hash

    @inline(__always)
    private func segment(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: (hash &>> 1) &>> UInt64(63 - depth)) }
    @inline(__always)
    private static func line(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (lines - 1) }
    /// 0 is an empty lane.
    @inline(__always)
    private static func tag(_ hash: UInt64) -> UInt64 {
        let tag = hash &>> 16 & 0xffff
        return tag &+ (tag == 0 ? 1 : 0)
    }
    @inline(__always)
    private static func slot(_ hash: UInt64, _ record: UInt32) -> UInt64 {
        hash & 0xffff_ffff_0000_0000 | UInt64(record)
    }

    /// The highest bit of each 16-bit lane that is 0; above the lowest such lane there may be wrong ones.
    @inline(__always)
    private static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & highs }

    // MARK: Looking

    /// Begins to fetch the choice of the directory that a hash leads to.
    @inline(__always)
    func prefetchChoice(_ hash: UInt64) { fv_cpu_prefetch(tags + segment(hash)) }

    /// Begins to fetch the cache line that `mayContain` will look at: memory is asked about many names at once, and a
    /// thousand instructions earlier than it must answer.
    @inline(__always)
    func prefetchLine(_ hash: UInt64) { fv_cpu_prefetch(tags[segment(hash)] + Self.line(hash) * Self.words) }

    /// Whether a record with this hash may be there. False is certain. One cache line beside the directory.
    @inline(__always)
    func mayContain(_ hash: UInt64) -> Bool {
        let line = tags[segment(hash)] + Self.line(hash) * Self.words
        let wanted = Self.tag(hash) &* Self.ones
        var found: UInt64 = 0
        for word in 0..<Self.words { found |= Self.zeros(line[word] ^ wanted) }
        return found != 0
    }

    /// The record with this hash that `matches`; 0 where there is none.
    func find(_ hash: UInt64, _ matches: (UInt32) -> Bool) -> UInt32 {
        guard let lane = lane(hash, matches) else { return 0 }
        return UInt32(truncatingIfNeeded: slots[segment(hash)][lane])
    }

    /// The position in the segment.
    private func lane(_ hash: UInt64, _ matches: (UInt32) -> Bool) -> Int? {
        let segment = segment(hash)
        let first = Self.line(hash) * Self.lanes
        let wanted = Self.tag(hash) &* Self.ones
        for word in 0..<Self.words {
            var left = Self.zeros(tags[segment][Self.line(hash) * Self.words + word] ^ wanted)
            while left != 0 {
                let lane = first + word * 4 + left.trailingZeroBitCount / 16
                let slot = slots[segment][lane]
                let record = UInt32(truncatingIfNeeded: slot)
                if record != 0, slot == Self.slot(hash, record), matches(record) { return lane }
                left &= left - 1
            }
        }
        return nil
    }

    // MARK: Changing

    /// Adds a record, which must not be 0. False where its line stays full however often its segment is split: dozens of
    /// equal hashes, which a keyed hash does not have.
    mutating func insert(_ hash: UInt64, _ record: UInt32) -> Bool {
        while !place(hash, record, in: segment(hash)) {
            guard split(segment(hash)) else { return false }
        }
        return true
    }

    private func place(_ hash: UInt64, _ record: UInt32, in segment: Int) -> Bool {
        let line = tags[segment] + Self.line(hash) * Self.words
        for word in 0..<Self.words {
            let free = Self.zeros(line[word])
            guard free != 0 else { continue }
            let lane = free.trailingZeroBitCount / 16
            line[word] |= Self.tag(hash) << UInt64(lane * 16)
            slots[segment][Self.line(hash) * Self.lanes + word * 4 + lane] = Self.slot(hash, record)
            return true
        }
        return false
    }

    mutating func remove(_ hash: UInt64, _ record: UInt32) {
        guard let lane = lane(hash, { $0 == record }) else { return }
        clear(segment(hash), lane)
    }

    private func clear(_ segment: Int, _ lane: Int) {
        slots[segment][lane] = 0
        tags[segment][lane / 4] &= ~(0xffff << UInt64(lane % 4 * 16))
    }

    private mutating func split(_ choice: Int) -> Bool {
        var segment = choice
        let own = Int(slots[segment][-1])
        guard own < Self.maxDepth else { return false }
        if own == depth {
            doubleDirectory()
            segment *= 2
        }
        let (newTags, newSlots) = makeSegment(depth: own + 1)
        slots[segment][-1] = UInt64(own + 1)
        let bit = UInt64(1) << UInt64(63 - own)
        for lane in 0..<Self.lines * Self.lanes where slots[segment][lane] & bit != 0 {
            newSlots[lane] = slots[segment][lane]
            newTags[lane / 4] |= tags[segment][lane / 4] & 0xffff << UInt64(lane % 4 * 16)
            clear(segment, lane)
        }
        // The choices that lead to the old segment are neighbours; the upper half leads to the new one.
        let span = 1 << (depth - own)
        let first = segment & ~(span - 1)
        for choice in first + span / 2..<first + span {
            tags[choice] = newTags
            slots[choice] = newSlots
        }
        return true
    }

    private mutating func doubleDirectory() {
        func doubled(_ old: UnsafeMutablePointer<Words>) -> UnsafeMutablePointer<Words> {
            let new = UnsafeMutablePointer<Words>.allocate(capacity: 2 << depth)
            for choice in 0..<2 << depth { (new + choice).initialize(to: old[choice / 2]) }
            old.deallocate()
            return new
        }
        tags = doubled(tags)
        slots = doubled(slots)
        depth += 1
    }
}

/// Memory for tags, apart from all else: what every look-up touches lies close together, in huge pages once it is large.
private struct TagPool: ~Copyable {
    private static let largest = 2 << 20
    private var blocks: [UnsafeMutableRawPointer] = []
    private var next: UnsafeMutableRawPointer?
    private var left = 0
    private(set) var bytes = 0

    deinit { for block in blocks { block.deallocate() } }

    /// That many words, all 0, at the start of a cache line.
    mutating func take(_ words: Int) -> UnsafeMutablePointer<UInt64> {
        if left < words * 8 { grow(words * 8) }
        let room = next!.initializeMemory(as: UInt64.self, repeating: 0, count: words)
        next! += words * 8
        left -= words * 8
        return room
    }

    private mutating func grow(_ least: Int) {
        // As much as there is already, so that a small set stays small.
        let size = min(max(bytes, least), Self.largest)
        let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: size == Self.largest ? size : 4096)
        #if os(Linux)
            if size == Self.largest { madvise(block, size, MADV_HUGEPAGE) }
        #endif
        blocks.append(block)
        next = block
        left = size
        bytes += size
    }
}
