/// Keys of proofs that were valid, found by the exact header of the proof: a client's proofs differ in all but that, so its
/// next proof costs a hash and a comparison in place of decoding, scanning, importing and preparing.
///
/// Each key is in one of 8 places that the keyed hash of its header names; who comes new takes a free place, or that of the
/// first key not asked for since the hand passed it (CLOCK). Constant memory but for the keys. Safe to share.
final class PossessionKeyCache: Sendable {
    private static let ways = 8
    /// Bytes of the longest header that is kept; one with an RSA key of 4,096 bits has about 1,000.
    private static let longestHeader = 2048

    private struct Place {
        var hash: UInt64 = 0
        var key: PossessionKey?
        var isVisited = false
    }

    /// Places with one lock and one hand.
    private struct Group: Sendable {
        var places = [Place](repeating: Place(), count: ways)
        var hand = 0
    }

    private let groups: [Locked]
    private let keyedHash = KeyedHash(longest: longestHeader)
    private let hashMask: UInt64

    private final class Locked: Sendable {
        let group = WaitingLock(Group())
    }

    /// Room for about `capacity` keys; none at all where that is 0. `hashMask` makes tests that need collisions.
    init(capacity: Int, hashMask: UInt64 = .max) {
        self.hashMask = hashMask
        var count = capacity > 0 ? 1 : 0
        while count > 0, count * Self.ways < min(capacity, 1 << 20) { count *= 2 }
        groups = (0..<count).map { _ in Locked() }
    }

    private func hash(_ header: UnsafeRawBufferPointer) -> UInt64 { keyedHash(header) & hashMask }

    private func group(_ hash: UInt64) -> Locked { groups[Int(truncatingIfNeeded: hash >> 32) & (groups.count - 1)] }

    /// Linear in the header.
    func find(_ header: UnsafeRawBufferPointer) -> PossessionKey? {
        guard !groups.isEmpty, header.count <= Self.longestHeader else { return nil }
        let hash = hash(header)
        return group(hash).group.withLock { group in
            for way in 0..<Self.ways where group.places[way].hash == hash {
                guard let key = group.places[way].key, key.header.elementsEqual(header) else { continue }
                group.places[way].isVisited = true
                return key
            }
            return nil
        }
    }

    func insert(_ key: PossessionKey) {
        guard !groups.isEmpty, key.header.count <= Self.longestHeader else { return }
        let hash = key.header.withUnsafeBytes { self.hash($0) }
        // The key that goes is released when the lock is free again.
        _ = group(hash).group.withLock { group -> PossessionKey? in
            // Two threads may both have made it.
            let known = group.places.firstIndex { $0.hash == hash && $0.key?.header == key.header }
            let place = known ?? group.places.firstIndex { $0.key == nil } ?? Self.victim(&group)
            let old = group.places[place].key
            group.places[place] = Place(hash: hash, key: key)
            return old
        }
    }

    private static func victim(_ group: inout Group) -> Int {
        while group.places[group.hand].isVisited {
            group.places[group.hand].isVisited = false
            group.hand = (group.hand + 1) % ways
        }
        defer { group.hand = (group.hand + 1) % ways }
        return group.hand
    }

    /// Keys held.
    var count: Int { groups.reduce(0) { $0 + $1.group.withLock { $0.places.count { $0.key != nil } } } }
}
