internal import Dispatch

/// The leases of a server's open connections.
///
///     let leases = LeaseBook(revocation: revocation)
///     let lease = try leases.lease(token) { ending in socket.close() }
///
/// A lease that has to end ends within `interval`, or at once where whoever applies revocations calls `check`. Each is
/// called back exactly once, unless it was given up. A check looks at every lease: some ten nanoseconds each for the time,
/// and some hundred after a revocation. Safe to share between threads.
public final class LeaseBook: Sendable {
    struct Entry {
        var token: VerifiedToken
        var expiration: Int64?
        let onEnd: @Sendable (ConnectionLease.Ending) -> Void
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var last: UInt64 = 0
        /// The set's epoch at the last check. Leases begun since then were held against the set by themselves.
        var epoch: UInt64 = 0
    }

    private let state = WaitingLock(State())
    private let revocation: RevocationSet?
    private let leeway: Int64
    private let clock: UnixClock
    nonisolated(unsafe) private let timer: any DispatchSourceTimer

    /// - Parameters:
    ///   - leeway: Seconds that a lease outlives `exp`; that of the policy, or clients would lose a connection that they may
    ///     open again.
    ///   - interval: The longest that a lease goes on when it has to end; at least a millisecond.
    public init(
        revocation: RevocationSet? = nil, leeway: Int64 = 0, interval: Duration = .seconds(1),
        clock: UnixClock = .system
    ) {
        self.revocation = revocation
        self.leeway = max(0, leeway)
        self.clock = clock
        let milliseconds = max(1, interval / .milliseconds(1))
        let every = DispatchTimeInterval.milliseconds(Int(min(milliseconds, 1e9)))
        timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "fastverify.leases"))
        timer.schedule(deadline: .now() + every, repeating: every)
        timer.setEventHandler { [weak self] in self?.check() }
        timer.resume()
    }

    deinit { timer.cancel() }

    /// Begins a lease for a verified token. Throws where the token has expired or is revoked by now. `onEnd` is called once,
    /// on a thread of the book or of whoever calls `check`.
    public func lease(
        _ token: VerifiedToken, onEnd: @escaping @Sendable (ConnectionLease.Ending) -> Void
    ) throws(VerificationError) -> ConnectionLease {
        let entry = Entry(token: token, expiration: token.expiration, onEnd: onEnd)
        let result = state.withLock { state -> Result<UInt64, VerificationError> in
            switch ending(of: entry, clock.now, isRevocable: true) {
            case .expired: return .failure(.expired)
            case .refused(let error): return .failure(error)
            case nil:
                state.last += 1
                state.entries[state.last] = entry
                return .success(state.last)
            }
        }
        return ConnectionLease(try result.get(), self)
    }

    /// Leases that go on.
    public var count: Int { state.withLock { $0.entries.count } }

    /// Ends what has to end. What was revoked before the call is ended when it returns.
    public func check() {
        let ended = state.withLock { state -> [(UInt64, Entry, ConnectionLease.Ending)] in
            // Under the lock: by an older time a rule that has ended since would end a lease that was begun after it.
            let now = clock.now
            let epoch = revocation?.epoch ?? 0
            // A set that fails closed refuses without an epoch when it grows stale.
            let isRevocable = epoch != state.epoch || revocation?.isStale(at: now) == true
            state.epoch = epoch
            let ended = state.entries.compactMap { number, entry in
                ending(of: entry, now, isRevocable: isRevocable).map { (number, entry, $0) }
            }
            for (number, _, _) in ended { state.entries[number] = nil }
            return ended
        }
        for (_, entry, ending) in ended { entry.onEnd(ending) }
    }

    private func ending(of entry: Entry, _ now: Int64, isRevocable: Bool) -> ConnectionLease.Ending? {
        if let expiration = entry.expiration, now.subtractingSaturated(leeway) >= expiration { return .expired }
        guard isRevocable, let error = revocation?.error(for: entry.token, at: now) else { return nil }
        return .refused(error)
    }

    // MARK: One lease

    func entry(_ number: UInt64) -> Entry? { state.withLock { $0.entries[number] } }

    func remove(_ number: UInt64) -> Entry? { state.withLock { $0.entries.removeValue(forKey: number) } }

    func renew(_ number: UInt64, _ token: VerifiedToken) throws(ConnectionLease.RenewalError) {
        let error = state.withLock { state -> ConnectionLease.RenewalError? in
            guard var entry = state.entries[number] else { return .ended }
            guard entry.token.issuer == token.issuer, entry.token.subject == token.subject else { return .otherSubject }
            entry.token = token
            entry.expiration = token.expiration
            if let ending = ending(of: entry, clock.now, isRevocable: true) { return .refused(ending) }
            state.entries[number] = entry
            return nil
        }
        if let error { throw error }
    }
}
