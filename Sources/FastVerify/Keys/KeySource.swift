internal import Synchronization

/// Holds the key set in force and lets it be replaced while verifications run.
///
/// A verification that has begun finishes with the set it began with; every one that begins after `replace` has
/// returned uses the new set. Readers take no lock unless the set has changed since they last looked.
public final class KeySource: Sendable {
    private let stored: Mutex<KeySet>
    private let version = Atomic<UInt64>(1)

    public init(_ keys: KeySet) { stored = Mutex(keys) }

    /// The set in force.
    public var current: KeySet { stored.withLock { $0 } }

    /// Puts another set in force at once.
    public func replace(with keys: KeySet) {
        stored.withLock {
            $0 = keys
            version.add(1, ordering: .releasing)
        }
    }

    /// Grows with every replacement.
    @inline(__always)
    var generation: UInt64 { version.load(ordering: .acquiring) }

    /// The set in force with its generation.
    func snapshot() -> (generation: UInt64, keys: KeySet) {
        stored.withLock { (version.load(ordering: .relaxed), $0) }
    }
}
