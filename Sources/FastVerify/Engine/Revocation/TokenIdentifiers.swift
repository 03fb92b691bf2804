internal import Synchronization

/// By what names rules may speak of tokens: gathered for some tokens, then looked up together, so that memory answers many
/// questions at once. One thread at a time.
struct TokenIdentifiers: ~Copyable {
    /// One name of one token.
    struct Name {
        let kind: RevocationKind
        let issuer: UInt32
        /// Of the token, among those that are checked.
        let position: Int
        let hash: UInt64
        let bytes: UnsafeRawBufferPointer
    }

    /// Batches take turns with the locks of a set.
    private static let lastStripe = Atomic<Int>(0)
    let stripe = lastStripe.add(1, ordering: .relaxed).newValue

    private var names: [Name] = []
    /// Names that the filter did not rule out, by their place among the names; as long as these.
    private var possible: [Int32] = []
    private var possibleCount = 0
    private var arena = Arena()
    private var lastIssuer: (name: UnsafeRawBufferPointer, record: UInt32)?

    mutating func removeAll() {
        names.removeAll(keepingCapacity: true)
        arena.reset()
        lastIssuer = nil
    }

    /// Adds the names of a token that rules of a table may be about. Kinds without a rule cost nothing. `keyID` is asked
    /// only where rules name keys.
    @inline(__always)
    mutating func add(
        _ claims: JSONObject, at position: Int, tenantClaim: UnsafeBufferPointer<UInt8>,
        in table: UnsafePointer<RevocationTable>, keyID: () -> String?
    ) {
        let issuer = issuer(claims, table)
        guard issuer != 0 else { return }
        if table.pointee.hasOwnRule(issuer) {
            let none = UnsafeRawBufferPointer(start: nil, count: 0)
            names.append(Name(kind: .issuer, issuer: issuer, position: position, hash: 0, bytes: none))
        }
        if table.pointee.count(of: .token) > 0 { add(.token, claims.member(.jti), issuer, position, table) }
        if table.pointee.count(of: .subject) > 0 { add(.subject, claims.member(.sub), issuer, position, table) }
        if table.pointee.count(of: .session) > 0 { add(.session, claims.member(.sid), issuer, position, table) }
        if table.pointee.count(of: .tenant) > 0 {
            add(.tenant, claims.member(named: tenantClaim), issuer, position, table)
        }
        if table.pointee.count(of: .key) > 0, var name = keyID() {
            name.withUTF8 { add(.key, copy(UnsafeRawBufferPointer($0)), issuer, position, table) }
        }
    }

    /// The tokens of a batch mostly have one issuer.
    @inline(__always)
    private mutating func issuer(_ claims: JSONObject, _ table: UnsafePointer<RevocationTable>) -> UInt32 {
        let name = claims.member(.iss)?.unescaped(in: &arena) ?? UnsafeRawBufferPointer(start: nil, count: 0)
        if let lastIssuer, lastIssuer.name.hasSameBytes(as: name) {
            return lastIssuer.record
        }
        let record = table.pointee.issuer(name)
        lastIssuer = (name, record)
        return record
    }

    @inline(__always)
    private mutating func add(
        _ kind: RevocationKind, _ value: JSONValue?, _ issuer: UInt32, _ position: Int,
        _ table: UnsafePointer<RevocationTable>
    ) {
        if let value { add(kind, value.unescaped(in: &arena), issuer, position, table) }
    }

    @inline(__always)
    private mutating func add(
        _ kind: RevocationKind, _ bytes: UnsafeRawBufferPointer, _ issuer: UInt32, _ position: Int,
        _ table: UnsafePointer<RevocationTable>
    ) {
        // No rule has so long an identifier.
        guard bytes.count <= RevocationRecords.longestIdentifier else { return }
        let hash = table.pointee.hash(kind, issuer, bytes)
        table.pointee.prefetchChoice(hash)
        names.append(Name(kind: kind, issuer: issuer, position: position, hash: hash, bytes: bytes))
    }

    private mutating func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let room = arena.allocate(bytes.count)
        if let start = bytes.baseAddress { room.copyMemory(from: start, byteCount: bytes.count) }
        return UnsafeRawBufferPointer(start: room, count: bytes.count)
    }

    /// Asks the filter about all names, without a branch between one question and the next.
    @inline(__always)
    mutating func filter(by table: UnsafePointer<RevocationTable>) {
        if possible.count < names.count {
            possible.append(contentsOf: repeatElement(0, count: names.count - possible.count))
        }
        var count = 0
        names.withUnsafeBufferPointer { names in
            for name in names { table.pointee.prefetchLine(name.hash) }
            possible.withUnsafeMutableBufferPointer { possible in
                for place in names.indices {
                    possible[count] = Int32(truncatingIfNeeded: place)
                    let stays = names[place].kind == .issuer || table.pointee.mayContain(names[place].hash)
                    count += stays ? 1 : 0
                }
            }
        }
        possibleCount = count
    }

    /// Calls `body` with the rules there are about the gathered names, and the position of the token.
    @inline(__always)
    func forEachRule(in table: UnsafePointer<RevocationTable>, _ body: (_ rule: UInt32, _ position: Int) -> Void) {
        for place in 0..<possibleCount {
            let name = names[Int(possible[place])]
            let rule =
                name.kind == .issuer
                ? name.issuer : table.pointee.find(name.kind, name.issuer, name.bytes, name.hash)
            if rule != 0 { body(rule, name.position) }
        }
    }
}
