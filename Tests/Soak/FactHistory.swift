import Synchronization

/// The one order in which calls and changes begin and end.
///
/// On x86 a relaxed exchange is as strong as any, and says nothing to thread sanitizer: the stamps order the history without
/// ordering, for it, the memory of what is being tested.
final class Stamps: Sendable {
    private let last = Atomic<Int>(0)

    func next() -> Int {
        #if arch(x86_64)
            last.add(1, ordering: .relaxed).newValue
        #else
            last.add(1, ordering: .sequentiallyConsistent).newValue
        #endif
    }
}

/// What held of something, and when. One thread changes it.
final class FactHistory<Value: Sendable>: Sendable {
    private struct Change {
        let value: Value
        let begin: Int
        var end: Int
    }

    /// Older changes are forgotten. Calls last for far fewer.
    private static var kept: Int { 128 }

    private let changes: Guarded<[Change]>

    init(_ value: Value) { changes = Guarded([Change(value: value, begin: 0, end: 0)]) }

    var latest: Value { changes.withLock { $0.last!.value } }

    /// `body` makes it so. From before it begins both values are possible; once it has returned, only the new one.
    func change(to value: Value, _ stamps: Stamps, _ body: () throws -> Void) rethrows {
        begin(value, stamps)
        try body()
        end(stamps)
    }

    /// The two halves of `change`.
    func begin(_ value: Value, _ stamps: Stamps) {
        changes.withLock { changes in
            if changes.count == Self.kept { changes.removeFirst(Self.kept / 2) }
            changes.append(Change(value: value, begin: stamps.next(), end: .max))
        }
    }

    func end(_ stamps: Stamps) {
        let end = stamps.next()
        changes.withLock { $0[$0.count - 1].end = end }
    }

    /// The values that held at some moment of an interval; `nil` where that is forgotten.
    func values(from begin: Int, to end: Int) -> [Value]? {
        changes.withLock { changes in
            guard changes[0].begin == 0 || changes[0].end < begin else { return nil }
            return changes.indices.compactMap { place in
                let isOver = place + 1 < changes.count && changes[place + 1].end < begin
                return changes[place].begin <= end && !isOver ? changes[place].value : nil
            }
        }
    }
}
