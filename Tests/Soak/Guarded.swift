import Foundation

/// A value under a lock that thread sanitizer knows; of `Synchronization.Mutex` it does not see the waiting.
final class Guarded<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) { self.value = value }

    func withLock<T>(_ body: (inout Value) throws -> T) rethrows -> T {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}

/// Numbers that follow from a seed (SplitMix64; Steele, Lea, Flood 2014).
struct Random: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64, _ part: Int) { state = seed &+ UInt64(part) &* 0x9e37_79b9_7f4a_7c15 }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    mutating func isOne(in count: Int) -> Bool { below(count) == 0 }
}
