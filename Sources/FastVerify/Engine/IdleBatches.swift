internal import Synchronization

/// Batches waiting to serve single tokens, so that a caller with one token needs no memory of its own. Lock-free: a batch
/// is taken by exchanging it for nothing. Callers beyond the number of places make one and let it go.
final class IdleBatches: Sendable {
    private typealias Box = UnsafeMutablePointer<VerificationBatch>

    private let places = InlineArray<16, Place> { _ in Place() }
    private let maxMembers: Int

    /// An address as an integer, 0 when the place is empty.
    private struct Place: ~Copyable {
        let address = Atomic<UInt>(0)
    }

    init(maxMembers: Int) { self.maxMembers = maxMembers }

    deinit {
        for place in places.indices {
            guard let box = Box(bitPattern: places[place].address.load(ordering: .acquiring)) else { continue }
            box.deinitialize(count: 1)
            box.deallocate()
        }
    }

    func withBatch<T, E: Error>(_ body: (inout VerificationBatch) throws(E) -> T) throws(E) -> T {
        let box = take()
        defer { put(box) }
        return try body(&box.pointee)
    }

    private func take() -> Box {
        for place in places.indices where places[place].address.load(ordering: .relaxed) != 0 {
            if let box = Box(bitPattern: places[place].address.exchange(0, ordering: .acquiring)) { return box }
        }
        let box = Box.allocate(capacity: 1)
        box.initialize(to: VerificationBatch(maxMembers: maxMembers))
        return box
    }

    private func put(_ box: Box) {
        for place in places.indices {
            let (exchanged, _) = places[place].address.compareExchange(
                expected: 0, desired: UInt(bitPattern: box), ordering: .acquiringAndReleasing)
            if exchanged { return }
        }
        box.deinitialize(count: 1)
        box.deallocate()
    }
}
