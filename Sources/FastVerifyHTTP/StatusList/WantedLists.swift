internal import FastVerify

/// URIs of lists that tokens have asked for in vain, until somebody looks: so many and no more.
final class WantedLists: Sendable {
    private static let limit = 256

    private let seen: MissingKeys
    private let queue = WaitingLock<[String]>([])
    private let signal: WakeSignal

    init(clock: RefreshClock, lifetime: Duration, signal: WakeSignal) {
        seen = MissingKeys(clock: clock, lifetime: lifetime, signal: signal)
        self.signal = signal
    }

    /// Runs on the verifying thread for every token whose list is not held. A URI that has been asked for lately costs a
    /// hash and no lock; the URI of a token that its issuer has signed is no longer than the token.
    func record(_ uri: UnsafeRawBufferPointer) {
        guard uri.count <= EndpointURL.maximumLength, seen.insert(MissingKeys.hash(uri)) else { return }
        add(String(decoding: uri, as: UTF8.self))
    }

    func add(_ uri: String) {
        queue.withLock { if $0.count < Self.limit { $0.append(uri) } }
        signal.raise()
    }

    /// The list is no longer kept: should a token ask for it, that is news.
    func forget(_ uri: String) { seen.forget(uri) }

    func take() -> [String] {
        queue.withLock { queue in
            defer { queue.removeAll() }
            return queue
        }
    }
}
