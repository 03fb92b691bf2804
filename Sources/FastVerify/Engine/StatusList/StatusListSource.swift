internal import Synchronization

/// Holds the status lists in force, by their URI, and refuses tokens that one of them says are not valid. Safe to share between
/// threads; whoever fetches lists puts them in while verifications run.
///
/// A token is looked up when it has a `status` claim with a `status_list` (draft-ietf-oauth-status-list-21 §6.1); one without
/// passes, unless the policy requires `status`. Status 0 passes, every other is `revoked`. An index beyond the end of a
/// list is `revocationUnknown`, a reference that is none `invalidClaim`.
public final class StatusListSource: Sendable {
    /// What becomes of tokens whose list is missing, has expired or is too old; as for a `RevocationSet`, without default.
    public enum Staleness: Sendable, Hashable {
        /// They pass if their list is missing; one that is too old is used all the same.
        case failOpen
        /// They are refused with `revocationUnknown`. A list is too old that many seconds after its `ttl` has run out, or after
        /// it was put in where it has none.
        case failClosed(after: Int64)
    }

    /// Whether a token has asked for a list lately. Stays with its URI when the list is replaced.
    final class Use: Sendable {
        private let isMarked = Atomic<Bool>(false)

        /// Written once, so that threads do not take the cache line from each other.
        func mark() { if !isMarked.load(ordering: .relaxed) { isMarked.store(true, ordering: .relaxed) } }

        func clear() -> Bool { isMarked.exchange(false, ordering: .relaxed) }
    }

    /// An immutable set of lists, sorted by URI.
    final class Snapshot: Sendable {
        struct Held: Sendable {
            let uri: [UInt8]
            let list: StatusList
            /// When it came fresh from its issuer, by `ElapsedClock`.
            let since: Int64
            let use: Use
        }

        let lists: [Held]

        init(_ lists: [Held]) { self.lists = lists }

        /// O(log n); allocates nothing.
        func find(_ uri: some Collection<UInt8>) -> Held? {
            let position = position(of: uri)
            return position < lists.count && lists[position].uri.elementsEqual(uri) ? lists[position] : nil
        }

        func position(of uri: some Sequence<UInt8>) -> Int {
            var low = 0
            var high = lists.count
            while low < high {
                let middle = (low + high) / 2
                if lists[middle].uri.lexicographicallyPrecedes(uri) { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    public let staleness: Staleness
    private let clock: ElapsedClock
    private let stored = WaitingLock(Snapshot([]))
    private let missed: (@Sendable (_ uri: UnsafeRawBufferPointer) -> Void)?

    /// `onMissingList` hears the URI of each token whose list is not held, so that it can be fetched. The token was accepted
    /// up to then: its issuer wrote the URI. The bytes are valid during the call. It runs on the verifying thread for each
    /// such token, those of a batch included: it must not block.
    public convenience init(
        staleness: Staleness, onMissingList: (@Sendable (_ uri: UnsafeRawBufferPointer) -> Void)? = nil
    ) {
        self.init(staleness: staleness, clock: .system, onMissingList: onMissingList)
    }

    init(
        staleness: Staleness, clock: ElapsedClock,
        onMissingList: (@Sendable (_ uri: UnsafeRawBufferPointer) -> Void)? = nil
    ) {
        self.staleness = staleness
        self.clock = clock
        missed = onMissingList
    }

    /// Puts a list in force at once, in place of an earlier one with its URI. False, and nothing changes, where that one was
    /// issued later: an old list that is sent again takes nothing back. O(n) in the number of lists.
    ///
    /// `age` says how many seconds ago the list left its issuer, if a cache delivered it.
    @discardableResult
    public func put(_ list: StatusList, age: Int64 = 0) -> Bool {
        let since = clock.now.subtractingSaturated(max(0, age))
        let uri = Array(list.uri.utf8)
        return stored.withLock { snapshot in
            // A new array, never the old one changed in place: another thread may just have read that, and thread sanitizer
            // does not see the count of references by which Swift would know that it is done.
            let position = snapshot.position(of: uri)
            var rest = snapshot.lists[position...]
            var use = Use()
            if let earlier = rest.first, earlier.uri == uri {
                guard earlier.list.issuedAt <= list.issuedAt else { return false }
                use = earlier.use
                rest.removeFirst()
            }
            let held = Snapshot.Held(uri: uri, list: list, since: since, use: use)
            snapshot = Snapshot(snapshot.lists[..<position] + [held] + rest)
            return true
        }
    }

    /// Forgets a list.
    public func remove(_ uri: String) {
        stored.withLock { snapshot in snapshot = Snapshot(snapshot.lists.filter { !$0.uri.elementsEqual(uri.utf8) }) }
    }

    /// The list in force at a URI.
    public func list(at uri: String) -> StatusList? {
        stored.withLock { $0 }.find(uri.utf8)?.list
    }

    /// Whether a token has asked for the list at a URI since this was last called.
    package func clearUse(of uri: String) -> Bool {
        stored.withLock { $0 }.find(uri.utf8)?.use.clear() ?? false
    }

    // MARK: Tokens

    /// Refuses the tokens of a batch that are accepted so far and have another status than valid.
    func check(_ batch: inout VerificationBatch, now: Int64) {
        var snapshot: Snapshot?
        var elapsed: Int64 = 0
        for position in batch.entries.indices where batch.entries[position].error == nil {
            guard let status = batch.entries[position].claims.flatMap({ RevocationReader.member($0, "status") })
            else { continue }
            if snapshot == nil {
                snapshot = stored.withLock { $0 }
                elapsed = clock.now
            }
            batch.entries[position].error = error(
                of: status, in: snapshot!, &batch.arena, now: now, elapsed: elapsed)
        }
    }

    private func error(
        of status: JSONValue, in snapshot: Snapshot, _ arena: inout Arena, now: Int64, elapsed: Int64
    ) -> VerificationError? {
        guard status.kind == .object else { return .invalidClaim }
        // Another mechanism, of which nothing is known here.
        guard let reference = status.member("status_list") else { return failure }
        guard let uri = reference.member("uri"), uri.isString, let index = reference.member("idx"), index.isInteger,
            let index = index.floor, index >= 0
        else { return .invalidClaim }
        let name = uri.unescaped(in: &arena)
        guard let held = snapshot.find(name) else {
            missed?(name)
            return failure
        }
        held.use.mark()
        if isTooOld(held, now, elapsed), let failure { return failure }
        guard let status = held.list.status(at: Int(index)) else { return .revocationUnknown }
        return status == 0 ? nil : .revoked
    }

    private var failure: VerificationError? { staleness == .failOpen ? nil : .revocationUnknown }

    private func isTooOld(_ held: Snapshot.Held, _ now: Int64, _ elapsed: Int64) -> Bool {
        if let expiration = held.list.expiration, now >= expiration { return true }
        guard case .failClosed(let grace) = staleness else { return false }
        let end = held.since.addingSaturated(held.list.timeToLive ?? 0).addingSaturated(max(0, grace))
        return elapsed > end
    }
}
