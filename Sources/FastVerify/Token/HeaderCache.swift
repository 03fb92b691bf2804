#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Headers that have led to a key, recognised by their exact encoded bytes: an issuer's tokens differ in payload and
/// signature, hardly ever in the header, so one hash and one comparison stand for decoding, scanning and looking up.
///
/// Entries are only ever made from headers that led to a configured key, so an attacker cannot fill the cache.
/// 256 entries, each in one of 4 places; constant memory. One thread at a time.
struct HeaderCache: ~Copyable {
    private static let entryCount = 256
    private static let ways = 4
    private static let maxHeader = 256

    struct Entry: BitwiseCopyable {
        fileprivate var hash: UInt64
        /// 0 in an empty place; no header is empty.
        fileprivate var count: Int
        /// The issuer the resolution holds for.
        var issuer: Int
        var resolution: KeyResolution!
    }

    private static var empty: Entry { Entry(hash: 0, count: 0, issuer: 0, resolution: nil) }

    private let entries: UnsafeMutablePointer<Entry>
    private let texts: UnsafeMutablePointer<UInt8>
    private var victim = 0

    init() {
        entries = .allocate(capacity: Self.entryCount)
        entries.initialize(repeating: Self.empty, count: Self.entryCount)
        texts = .allocate(capacity: Self.entryCount * Self.maxHeader)
    }

    deinit {
        entries.deallocate()
        texts.deallocate()
    }

    /// The entry of a header, until the cache is changed; linear in the header's length.
    @inline(__always)
    func find(_ header: UnsafeRawBufferPointer) -> UnsafePointer<Entry>? {
        guard header.count <= Self.maxHeader else { return nil }
        let hash = Self.hash(header)
        for way in 0..<Self.ways {
            let place = (Int(truncatingIfNeeded: hash) + way) & (Self.entryCount - 1)
            let entry = entries + place
            if entry.pointee.hash == hash, entry.pointee.count == header.count,
                memcmp(texts + place * Self.maxHeader, header.baseAddress!, header.count) == 0
            {
                return UnsafePointer(entry)
            }
        }
        return nil
    }

    /// Remembers a header, in the place it has, a free one, or that of another in turn.
    mutating func insert(_ header: UnsafeRawBufferPointer, issuer: Int, resolution: KeyResolution) {
        guard header.count <= Self.maxHeader else { return }
        let hash = Self.hash(header)
        let places = (0..<Self.ways).lazy.map { (Int(truncatingIfNeeded: hash) + $0) & (Self.entryCount - 1) }
        var place = places.first { entries[$0].hash == hash } ?? places.first { entries[$0].count == 0 } ?? -1
        if place < 0 {
            victim = (victim + 1) % Self.ways
            place = (Int(truncatingIfNeeded: hash) + victim) & (Self.entryCount - 1)
        }
        entries[place] = Entry(hash: hash, count: header.count, issuer: issuer, resolution: resolution)
        memcpy(texts + place * Self.maxHeader, header.baseAddress!, header.count)
    }

    mutating func removeAll() { entries.update(repeating: Self.empty, count: Self.entryCount) }

    /// A mixing of all bytes. It need not resist an attacker: entries come from configured keys, and a hit compares
    /// every byte.
    @inline(__always)
    private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = UInt64(truncatingIfNeeded: bytes.count) &* 0x9e37_79b9_7f4a_7c15
        var offset = 0
        while offset + 8 <= bytes.count {
            hash = mix(hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        if offset < bytes.count {
            let last = bytes.count >= 8 ? bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self) : 0
            hash = mix(hash ^ last)
        }
        return hash
    }

    /// Multiplication to 128 bits, halves folded together.
    @inline(__always)
    private static func mix(_ x: UInt64) -> UInt64 {
        let product = x.multipliedFullWidth(by: 0xa076_1d64_78bd_642f)
        return product.high ^ product.low
    }
}
