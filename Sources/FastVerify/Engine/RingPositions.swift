internal import Synchronization

/// Who may use which place of a ring: a bounded queue of positions between any number of producers and consumers, without
/// locks (D. Vyukov's bounded MPMC queue, 2010).
///
/// Each place has a turn: `position` when it is free for the producer of that position, `position + 1` when its consumer
/// may take it. First in, first out. What lies in a place belongs to whoever holds its position.
final class RingPositions: Sendable {
    let capacity: Int
    nonisolated(unsafe) private let turns: UnsafeMutablePointer<Atomic<Int>>
    /// The next position to fill and the next to empty, in cache lines of their own: producers and consumers would
    /// otherwise take them from each other.
    nonisolated(unsafe) private let memory: UnsafeMutableRawPointer
    private static let line = 128

    private var tail: UnsafeMutablePointer<Atomic<Int>> { memory.assumingMemoryBound(to: Atomic<Int>.self) }
    private var head: UnsafeMutablePointer<Atomic<Int>> {
        (memory + Self.line).assumingMemoryBound(to: Atomic<Int>.self)
    }

    /// At least `capacity` places: the next power of two.
    init(capacity: Int) {
        var size = 2
        while size < capacity, size < 1 << 30 { size *= 2 }
        self.capacity = size
        turns = .allocate(capacity: size)
        for position in 0..<size { (turns + position).initialize(to: Atomic(position)) }
        memory = .allocate(byteCount: 2 * Self.line, alignment: Self.line)
        tail.initialize(to: Atomic(0))
        head.initialize(to: Atomic(0))
    }

    deinit {
        turns.deinitialize(count: capacity)
        turns.deallocate()
        memory.deallocate()
    }

    /// Where a position lies.
    @inline(__always)
    func place(_ position: Int) -> Int { position & (capacity - 1) }

    /// Positions filled and not yet taken; while others work on the ring, about as many.
    var count: Int { max(0, tail.pointee.load(ordering: .relaxed) - head.pointee.load(ordering: .relaxed)) }

    /// A position to fill; `nil` where the ring is full. `publish` follows soon: consumers wait for it.
    @inline(__always)
    func reserve() -> Int? { next(tail, ready: 0) }

    @inline(__always)
    func publish(_ position: Int) { turns[place(position)].store(position + 1, ordering: .releasing) }

    /// The oldest filled position; `nil` where there is none, or where its producer has not quite finished. `release`
    /// gives its place to producers again.
    @inline(__always)
    func take() -> Int? { next(head, ready: 1) }

    @inline(__always)
    func release(_ position: Int) { turns[place(position)].store(position + capacity, ordering: .releasing) }

    /// Advances an end of the ring if the turn of its position is there.
    @inline(__always)
    private func next(_ end: UnsafeMutablePointer<Atomic<Int>>, ready: Int) -> Int? {
        var position = end.pointee.load(ordering: .relaxed)
        while true {
            let ahead = turns[place(position)].load(ordering: .acquiring) - (position + ready)
            if ahead < 0 { return nil }
            if ahead > 0 {
                position = end.pointee.load(ordering: .relaxed)
                continue
            }
            let (exchanged, seen) = end.pointee.weakCompareExchange(
                expected: position, desired: position + 1, ordering: .relaxed)
            if exchanged { return position }
            position = seen
        }
    }
}

/// A ring of values.
final class Ring<Element: Sendable>: Sendable {
    private let positions: RingPositions
    nonisolated(unsafe) private let elements: UnsafeMutablePointer<Element>

    init(capacity: Int) {
        positions = RingPositions(capacity: capacity)
        elements = .allocate(capacity: positions.capacity)
    }

    deinit {
        while take() != nil {}
        elements.deallocate()
    }

    var count: Int { positions.count }
    var capacity: Int { positions.capacity }

    /// False where the ring is full, and the element was not taken.
    func offer(_ element: consuming Element) -> Bool {
        guard let position = positions.reserve() else { return false }
        (elements + positions.place(position)).initialize(to: element)
        positions.publish(position)
        return true
    }

    func take() -> Element? {
        guard let position = positions.take() else { return nil }
        defer { positions.release(position) }
        return (elements + positions.place(position)).move()
    }
}
