public import FastVerify

/// Nonces that clients must put into their proofs (RFC 9449 §8, §9), so that none can be made in advance. Nothing is stored: a
/// nonce is the MAC of a slice of time, the same for all clients; that of this slice and of the last are accepted.
///
/// Processes that share a secret accept each other's nonces. Safe to share between threads.
public final class ProofNonces: Sendable {
    private struct Slice: Sendable {
        var number = Int64.min
        var current = ""
        var previous = ""
    }

    /// Seconds in which a nonce is current; it is accepted for as many more.
    public let lifetime: Int64
    private let authentication: MessageAuthentication
    private let clock: UnixClock
    /// The nonces of the slice that was asked for last, so that a request costs a comparison and no MAC.
    private let slice = WaitingLock(Slice())

    /// - Parameters:
    ///   - secret: 32 bytes and more; drawn at random where none is given.
    ///   - lifetime: Seconds, at least 1.
    public init(secret: [UInt8]? = nil, lifetime: Int64 = 120, clock: UnixClock = .system) throws(KeyError) {
        authentication = try MessageAuthentication(secret: secret, purpose: "DPoP nonce")
        self.lifetime = max(1, lifetime)
        self.clock = clock
    }

    /// The nonce to use now: the value of `DPoP-Nonce` in answers.
    public var current: String { slices.current }

    /// What a nonce is worth.
    enum Verdict { case current, previous, unknown }

    /// Nonces are no secrets: everybody who asks is told. So the comparison may take whatever time it does.
    func verdict(_ nonce: ClaimValue) -> Verdict {
        let slice = slices
        if nonce.equals(slice.current) { return .current }
        return nonce.equals(slice.previous) ? .previous : .unknown
    }

    private var slices: Slice {
        let seconds = clock.now
        // Rounded down before 1970 as well.
        let number = seconds / lifetime - (seconds % lifetime < 0 ? 1 : 0)
        return slice.withLock { slice in
            if slice.number == number { return slice }
            slice = Slice(number: number, current: nonce(number), previous: nonce(number - 1))
            return slice
        }
    }

    private func nonce(_ number: Int64) -> String {
        let tag = authentication.tag([withUnsafeBytes(of: number.littleEndian) { Array($0) }])
        return Base64URL.encode(Array(tag.prefix(16)))
    }
}
