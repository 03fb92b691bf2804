internal import Synchronization

/// A bounded queue between any number of producers and consumers, without locks (D. Vyukov's bounded MPMC queue, 2010).
///
/// Each place has a turn: `position` when it is free for the producer of that position, `position + 1` when its consumer
/// may take it. First in, first out. An element is either refused at once or taken exactly once.
final class RequestRing<Element: Sendable>: Sendable {
    let capacity: Int
    nonisolated(unsafe) private let elements: UnsafeMutablePointer<Element>
    nonisolated(unsafe) private let turns: UnsafeMutablePointer<Atomic<Int>>
    /// The next position to fill and the next to empty, in cache lines of their own: producers and consumers would
    /// otherwise take them from each other.
    nonisolated(unsafe) private let positions: UnsafeMutableRawPointer
    private static var lines: Int { 128 }

    private var tail: UnsafeMutablePointer<Atomic<Int>> { positions.assumingMemoryBound(to: Atomic<Int>.self) }
    private var head: UnsafeMutablePointer<Atomic<Int>> {
        (positions + Self.lines).assumingMemoryBound(to: Atomic<Int>.self)
    }

    /// Room for at least `capacity` elements: the next power of two.
    init(capacity: Int) {
        var size = 2
        while size < capacity { size *= 2 }
        self.capacity = size
        elements = .allocate(capacity: size)
        turns = .allocate(capacity: size)
        for position in 0..<size { (turns + position).initialize(to: Atomic(position)) }
        positions = .allocate(byteCount: 2 * Self.lines, alignment: Self.lines)
        tail.initialize(to: Atomic(0))
        head.initialize(to: Atomic(0))
    }

    deinit {
        while take() != nil {}
        turns.deinitialize(count: capacity)
        turns.deallocate()
        elements.deallocate()
        positions.deallocate()
    }

    /// Elements waiting; while others work on the queue, about as many.
    var count: Int { max(0, tail.pointee.load(ordering: .relaxed) - head.pointee.load(ordering: .relaxed)) }

    /// False where the queue is full, and the element was not taken.
    func offer(_ element: consuming Element) -> Bool {
        var position = tail.pointee.load(ordering: .relaxed)
        while true {
            let place = position & (capacity - 1)
            let ahead = turns[place].load(ordering: .acquiring) - position
            if ahead < 0 { return false }
            if ahead > 0 {
                position = tail.pointee.load(ordering: .relaxed)
                continue
            }
            let (exchanged, seen) = tail.pointee.weakCompareExchange(
                expected: position, desired: position + 1, ordering: .relaxed)
            if exchanged {
                (elements + place).initialize(to: element)
                turns[place].store(position + 1, ordering: .releasing)
                return true
            }
            position = seen
        }
    }

    /// The oldest element; `nil` where there is none, or where its producer has not quite finished.
    func take() -> Element? {
        var position = head.pointee.load(ordering: .relaxed)
        while true {
            let place = position & (capacity - 1)
            let ahead = turns[place].load(ordering: .acquiring) - (position + 1)
            if ahead < 0 { return nil }
            if ahead > 0 {
                position = head.pointee.load(ordering: .relaxed)
                continue
            }
            let (exchanged, seen) = head.pointee.weakCompareExchange(
                expected: position, desired: position + 1, ordering: .relaxed)
            if exchanged {
                let element = (elements + place).move()
                turns[place].store(position + capacity, ordering: .releasing)
                return element
            }
            position = seen
        }
    }
}
