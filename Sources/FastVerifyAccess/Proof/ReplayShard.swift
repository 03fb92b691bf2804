/// The proofs that were seen last, in a ring: who comes new overwrites the oldest. One thread at a time.
///
/// What is overwritten raises `floor` to its `iat`, and a proof no newer than the floor is refused. So each proof is known or
/// too old, whatever the clock does and however fast the ring turns, and nothing is ever accepted twice.
struct ReplayShard: ~Copyable {
    /// The low and high half of a keyed digest of 128 bits.
    typealias Name = (low: UInt64, high: UInt64)

    private struct Entry {
        var name: Name
        var issuedAt: Int64
        /// 1 + the number of the next older entry in its chain; 0 for none. A number that the ring has left ends the chain,
        /// because all that follow are older still.
        var older: UInt64
    }

    private let entries: UnsafeMutablePointer<Entry>
    /// 1 + the number of the newest entry of each chain.
    private let heads: UnsafeMutablePointer<UInt64>
    private let mask: UInt64
    /// Entries so far; the number of the next.
    private var next: UInt64 = 0
    private(set) var floor: Int64

    /// Capacity is a power of two.
    init(capacity: Int, floor: Int64) {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0)
        mask = UInt64(capacity - 1)
        entries = .allocate(capacity: capacity)
        heads = .allocate(capacity: capacity)
        heads.initialize(repeating: 0, count: capacity)
        self.floor = floor
    }

    deinit {
        entries.deallocate()
        heads.deallocate()
    }

    static let bytesPerEntry = MemoryLayout<Entry>.stride + MemoryLayout<UInt64>.stride

    /// Entries held.
    var count: Int { Int(min(next, mask + 1)) }

    mutating func forgetAll() {
        heads.update(repeating: 0, count: Int(mask + 1))
        (next, floor) = (0, .min)
    }

    /// Constant work but for chance collisions of chains, which the key of the digest keeps from being prepared.
    mutating func insert(_ name: Name, issuedAt: Int64) -> ReplayWindow.Verdict {
        guard issuedAt > floor else { return .forgotten }
        let chain = heads + Int(truncatingIfNeeded: name.low & mask)
        let oldest = next > mask ? next - mask : 1
        var link = chain.pointee
        while link >= oldest {
            let entry = entries + Int(truncatingIfNeeded: (link - 1) & mask)
            if entry.pointee.name == name { return .replayed }
            link = entry.pointee.older
        }
        let place = entries + Int(truncatingIfNeeded: next & mask)
        if next > mask { floor = max(floor, place.pointee.issuedAt) }
        place.initialize(to: Entry(name: name, issuedAt: issuedAt, older: chain.pointee))
        next += 1
        chain.pointee = next
        return .fresh
    }
}
