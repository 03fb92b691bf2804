internal import Synchronization

/// Holds the key set in force and lets it be replaced while verifications run.
///
/// A verification that has begun finishes with the set it began with; every one that begins after `replace` has
/// returned uses the new set. Readers take no lock unless the set has changed since they last looked.
public final class KeySource: Sendable {
    private let stored: WaitingLock<KeySet>
    private let version = Atomic<UInt64>(1)
    private let missed: (@Sendable (_ kid: UnsafeRawBufferPointer) -> Void)?

    /// `onMissingKey` hears the `kid` of every token refused as `keyNotFound`, empty where the token names none: so that
    /// whoever keeps the set can look whether the issuer has a new key.
    ///
    /// Only tokens of this source's issuer, with an algorithm and a type that its policy accepts, get that far; nothing
    /// about them is verified, the `kid` is whatever a stranger wrote and may be as long as a token. The bytes are valid
    /// during the call. It runs on the verifying thread for each such token, those of a batch included: it must neither
    /// block nor allocate, nor use this verifier.
    public init(_ keys: KeySet, onMissingKey: (@Sendable (_ kid: UnsafeRawBufferPointer) -> Void)? = nil) {
        stored = WaitingLock(keys)
        missed = onMissingKey
    }

    /// The set in force.
    public var current: KeySet { stored.withLock { $0 } }

    /// Puts another set in force at once.
    public func replace(with keys: KeySet) {
        // The old set, which may be large, goes when the lock is free again.
        _ = stored.withLock { stored in
            let old = stored
            stored = keys
            version.add(1, ordering: .releasing)
            return old
        }
    }

    /// Grows with every replacement.
    @inline(__always)
    var generation: UInt64 { version.load(ordering: .acquiring) }

    /// Tells whoever wants to know that no key has this name.
    func miss(_ kid: UnsafeBufferPointer<UInt8>?) {
        missed?(UnsafeRawBufferPointer(kid ?? UnsafeBufferPointer(start: nil, count: 0)))
    }

    /// The set in force with its generation.
    func snapshot() -> (generation: UInt64, keys: KeySet) {
        stored.withLock { (version.load(ordering: .relaxed), $0) }
    }
}
