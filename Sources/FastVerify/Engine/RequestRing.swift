/// The single tokens that wait for a worker. Their text is copied into the ring, where it stays until the worker has
/// settled their batch: no reference count passes between the threads, and no caller can change what is verified.
final class RequestRing: Sendable {
    private let positions: RingPositions
    nonisolated(unsafe) private let requests: UnsafeMutablePointer<PoolRequest>
    nonisolated(unsafe) private let texts: UnsafeMutableRawPointer

    /// Bytes of a token that lie in the ring; longer ones get memory of their own.
    private static let textBytes = 1024
    /// One token in so many is timed.
    private static let sampled = 16

    init(capacity: Int) {
        positions = RingPositions(capacity: capacity)
        let size = MemoryLayout<PoolRequest>.stride * positions.capacity
        requests = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
            .bindMemory(to: PoolRequest.self, capacity: positions.capacity)
        texts = .allocate(byteCount: positions.capacity * Self.textBytes, alignment: 64)
    }

    deinit {
        while let position = take() { _ = release(position) }
        requests.deallocate()
        texts.deallocate()
    }

    var count: Int { positions.count }

    /// Copies a token in. False where the ring is full, and nobody will answer. `limit` is the verifier's: of a longer
    /// text only the length counts. Takes the answer where it returns true.
    @inline(__always)
    func offer(
        _ token: UnsafeRawBufferPointer, limit: Int, deadline: UInt64, _ answer: inout PoolAnswer?
    ) -> Bool {
        guard let position = positions.reserve() else { return false }
        let place = positions.place(position)
        let kept = token.count > limit ? 0 : token.count
        let room = kept <= Self.textBytes ? slot(place) : .allocate(byteCount: kept, alignment: 64)
        if kept > 0 { room.copyMemory(from: token.baseAddress!, byteCount: kept) }
        let since = position % Self.sampled == 0 ? MonotonicClock.now : 0
        (requests + place).initialize(
            to: PoolRequest(
                text: room, count: token.count, deadline: deadline, since: since, answer: answer.take()!))
        positions.publish(position)
        return true
    }

    /// Where the text of a request lies, unless it is too long.
    private func slot(_ place: Int) -> UnsafeMutableRawPointer { texts + place * Self.textBytes }

    func take() -> Int? { positions.take() }

    /// The request at a position that was taken and not yet released.
    func request(at position: Int) -> UnsafePointer<PoolRequest> {
        UnsafePointer(requests + positions.place(position))
    }

    /// Frees the place of a request, then answers it.
    @inline(__always)
    func answer(_ position: Int, _ verdict: VerifierPool.Verdict) { release(position).reply(verdict) }

    /// Frees the place of a request and returns who waits for its answer.
    private func release(_ position: Int) -> PoolAnswer {
        let place = positions.place(position)
        let request = (requests + place).move()
        if request.text != slot(place) { request.text.deallocate() }
        positions.release(position)
        return request.answer
    }
}
