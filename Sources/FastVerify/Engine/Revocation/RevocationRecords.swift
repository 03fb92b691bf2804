#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// What a rule is about. 0 is a free piece of memory.
enum RevocationKind: UInt8 {
    case free = 0
    /// An issuer that rules name, with the rule about all its tokens.
    case issuer
    /// One token, by `jti`.
    case token
    case subject
    case session
    case tenant
    /// Tokens that one key has verified.
    case key

    static let count = 7
}

/// The head of a rule; the identifier's bytes follow, those of a rule about one token at `notBefore`.
struct RevocationRecord {
    /// The record of the issuer, 0 in an issuer's own; of a free piece, its length in units.
    var issuer: UInt32
    var count: UInt16
    var kind: RevocationKind
    /// When the rule may be forgotten; of a free piece, the next one.
    var until: Int64
    /// Tokens issued earlier are refused. `Int64.min`: none.
    var notBefore: Int64

    static func head(_ kind: RevocationKind) -> Int { kind == .token ? 16 : 24 }
    /// At least the head, so that it can be read whole.
    static func units(_ kind: RevocationKind, _ count: Int) -> Int { max(3, (head(kind) + count + 7) / 8) }
}

extension UnsafeMutablePointer<RevocationRecord> {
    @inline(__always)
    var identifier: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: UnsafeRawPointer(self) + RevocationRecord.head(pointee.kind), count: Int(pointee.count))
    }
}

/// Memory for records, named by numbers of 32 bits: blocks of 256 KiB in units of 8 bytes, up to 32 GiB. Records never move
/// and lie one after the other, so that those that have expired are found by walking; freed pieces are used again for
/// records of their length. Any number of threads may read while none changes it.
struct RevocationRecords: ~Copyable {
    private static let blockUnits = 1 << 15
    private static let maxBlocks = 1 << 17
    /// Bytes of the longest identifier; OpenID Connect ends `sub` at 255.
    static let longestIdentifier = 2048

    private var blocks: [UnsafeMutableRawPointer] = []
    /// Units used of each block.
    private var ends: [Int] = []
    private var free = [UInt32](repeating: 0, count: RevocationRecord.units(.subject, longestIdentifier) + 1)

    deinit { for block in blocks { block.deallocate() } }

    /// Memory allocated.
    var bytes: Int { blocks.count * Self.blockUnits * 8 }

    @inline(__always)
    subscript(record: UInt32) -> UnsafeMutablePointer<RevocationRecord> {
        (blocks[Int(record >> 15)] + Int(record & 0x7fff) * 8).assumingMemoryBound(to: RevocationRecord.self)
    }

    /// Writes a record and returns its number, never 0; 0 where there is no room.
    mutating func add(
        _ kind: RevocationKind, issuer: UInt32, _ identifier: UnsafeRawBufferPointer, notBefore: Int64, until: Int64
    ) -> UInt32 {
        let number = take(RevocationRecord.units(kind, identifier.count))
        guard number != 0 else { return 0 }
        let record = self[number]
        record.pointee.issuer = issuer
        record.pointee.count = UInt16(identifier.count)
        record.pointee.kind = kind
        record.pointee.until = until
        if kind != .token { record.pointee.notBefore = notBefore }
        if let start = identifier.baseAddress {
            let room = UnsafeMutableRawPointer(record) + RevocationRecord.head(kind)
            room.copyMemory(from: start, byteCount: identifier.count)
        }
        return number
    }

    private mutating func take(_ units: Int) -> UInt32 {
        if free[units] != 0 {
            let number = free[units]
            free[units] = UInt32(self[number].pointee.until)
            return number
        }
        if blocks.isEmpty || ends[blocks.count - 1] + units > Self.blockUnits {
            guard blocks.count < Self.maxBlocks else { return 0 }
            blocks.append(.allocate(byteCount: Self.blockUnits * 8, alignment: 8))
            ends.append(blocks.count == 1 ? 1 : 0)  // No record has the number 0.
        }
        let block = blocks.count - 1
        defer { ends[block] += units }
        return UInt32(block) << 15 | UInt32(ends[block])
    }

    mutating func remove(_ number: UInt32) {
        let record = self[number]
        let units = RevocationRecord.units(record.pointee.kind, Int(record.pointee.count))
        record.pointee.kind = .free
        record.pointee.issuer = UInt32(units)
        record.pointee.until = Int64(free[units])
        free[units] = number
    }

    /// The first record or free piece at or behind a position; 0 at the end.
    func first(from position: UInt32) -> UInt32 {
        var (block, unit) = (Int(position >> 15), Int(position & 0x7fff))
        if position == 0 { unit = 1 }
        while block < blocks.count {
            if unit < ends[block] { return UInt32(block) << 15 | UInt32(unit) }
            (block, unit) = (block + 1, 0)
        }
        return 0
    }

    /// The position behind a record or free piece. May overflow into the next block, which is where the walk goes on.
    func end(of number: UInt32) -> UInt32 {
        let record = self[number].pointee
        let units =
            record.kind == .free ? Int(record.issuer) : RevocationRecord.units(record.kind, Int(record.count))
        return number + UInt32(units)
    }
}

extension UnsafeRawBufferPointer {
    @inline(__always)
    func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        count == other.count && (count == 0 || memcmp(baseAddress!, other.baseAddress!, count) == 0)
    }
}
