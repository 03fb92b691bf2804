/// When keys follow each other. All times in seconds.
public struct KeyRotation: Sendable, Hashable {
    /// How long a key signs.
    public var period: Int64
    /// How long before its first signature a key is published: longer than any verifier keeps a key set.
    public var announcement: Int64
    /// How long a key stays published after its last signature: the longest life of a token, and some leeway.
    public var afterlife: Int64

    /// - Parameters: by default a key signs for 30 days, is published a day ahead, and stays for two hours.
    public init(period: Int64 = 30 * 86_400, announcement: Int64 = 86_400, afterlife: Int64 = 7_200) {
        self.period = max(period, 2)
        self.announcement = min(max(announcement, 1), self.period - 1)
        self.afterlife = max(afterlife, 1)
    }
}

/// What a key ring needs done at a moment; knows neither store nor key.
struct KeyRingPlan: Equatable {
    /// A key to be made: when it starts to sign.
    var newKeyActivatesAt: Int64?
    /// A published key that has to sign at once, because no other does.
    var activatesNow: String?
    var leaving: [String] = []

    var isEmpty: Bool { newKeyActivatesAt == nil && activatesNow == nil && leaving.isEmpty }

    init(_ keys: [KeyRecord], _ rotation: KeyRotation, now: Int64) {
        leaving = keys.filter { $0.state(at: now) == .gone }.map(\.kid)
        let upcoming = keys.filter { $0.state(at: now) == .next }.min { $0.activatesAt < $1.activatesAt }
        guard let current = Self.current(keys, now: now) else {
            // The service has slept through a rotation, or is new.
            if let upcoming { activatesNow = upcoming.kid } else { newKeyActivatesAt = now }
            return
        }
        if upcoming == nil, now >= current.retiresAt - rotation.announcement { newKeyActivatesAt = current.retiresAt }
    }

    /// The key that signs.
    static func current(_ keys: [KeyRecord], now: Int64) -> KeyRecord? {
        keys.filter { $0.state(at: now) == .current }.max {
            ($0.activatesAt, $0.createdAt) < ($1.activatesAt, $1.createdAt)
        }
    }

    /// The next moment at which there may be something to do.
    static func nextMoment(_ keys: [KeyRecord], _ rotation: KeyRotation, after now: Int64) -> Int64 {
        let moments = keys.flatMap {
            [$0.activatesAt, $0.retiresAt - rotation.announcement, $0.retiresAt, $0.leavesAt]
        }
        return moments.filter { $0 > now }.min() ?? now + rotation.announcement
    }
}
