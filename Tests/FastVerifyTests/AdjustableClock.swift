import FastVerify
import Synchronization

/// A clock that tests set.
final class AdjustableClock: Sendable {
    private let time: Atomic<Int64>

    init(_ time: Int64) { self.time = Atomic(time) }

    var now: Int64 {
        get { time.load(ordering: .relaxed) }
        set { time.store(newValue, ordering: .relaxed) }
    }

    var unix: UnixClock { UnixClock { self.now } }
}
