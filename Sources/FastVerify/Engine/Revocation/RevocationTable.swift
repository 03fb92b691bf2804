/// The rules of a `RevocationSet`: records and the index that finds them. One thread changes it or many look.
struct RevocationTable: ~Copyable {
    private var records = RevocationRecords()
    private var index = RevocationIndex()
    private let hash: KeyedHash
    private let hashMask: UInt64
    private var counts = InlineArray<7, Int>(repeating: 0)
    /// Where the search for expired rules goes on.
    private var cursor: UInt32 = 0
    private(set) var dropped: UInt64 = 0
    let capacity: Int
    /// Seconds that a rule outlives its end, for the leeway of the policies.
    let margin: Int64

    init(capacity: Int, margin: Int64, hashMask: UInt64) {
        self.capacity = capacity
        self.margin = margin
        self.hashMask = hashMask
        hash = KeyedHash(longest: RevocationRecords.longestIdentifier)
    }

    /// Rules and the issuers they name.
    private(set) var count = 0

    var bytes: Int { records.bytes + index.bytes + hash.bytes }

    @inline(__always)
    func count(of kind: RevocationKind) -> Int { counts[Int(kind.rawValue)] }

    // MARK: Looking

    @inline(__always)
    func hash(_ kind: RevocationKind, _ issuer: UInt32, _ identifier: UnsafeRawBufferPointer) -> UInt64 {
        hash(identifier, UInt64(issuer) << 8 | UInt64(kind.rawValue)) & hashMask
    }

    @inline(__always)
    func prefetchChoice(_ hash: UInt64) { index.prefetchChoice(hash) }

    @inline(__always)
    func prefetchLine(_ hash: UInt64) { index.prefetchLine(hash) }

    @inline(__always)
    func mayContain(_ hash: UInt64) -> Bool { index.mayContain(hash) }

    /// The record that is about exactly this; 0 where there is none.
    func find(
        _ kind: RevocationKind, _ issuer: UInt32, _ identifier: UnsafeRawBufferPointer, _ hash: UInt64
    ) -> UInt32 {
        index.find(hash) { number in
            let record = records[number]
            return record.pointee.kind == kind && record.pointee.issuer == issuer
                && record.identifier.hasSameBytes(as: identifier)
        }
    }

    /// The record of an issuer; 0 where no rule names it.
    func issuer(_ name: UnsafeRawBufferPointer) -> UInt32 {
        guard name.count <= RevocationRecords.longestIdentifier else { return 0 }
        return find(.issuer, 0, name, hash(.issuer, 0, name))
    }

    /// Whether a rule refuses a token that it is about, issued at that time.
    func refuses(_ number: UInt32, issuedAt: Int64?, now: Int64) -> Bool {
        let rule = records[number]
        guard rule.pointee.until.addingSaturated(margin) > now else { return false }
        if rule.pointee.kind == .token { return true }
        guard rule.pointee.notBefore != .min else { return false }
        // A token that does not say when it was issued may have been issued before.
        return issuedAt.map { $0 < rule.pointee.notBefore } ?? true
    }

    /// Whether an issuer has a rule about all its tokens.
    @inline(__always)
    func hasOwnRule(_ issuer: UInt32) -> Bool { records[issuer].pointee.notBefore != .min }

    // MARK: Changing

    /// Adds a rule, or makes one stricter: of two times the later one holds. False where it was as strict already.
    mutating func add(_ rule: RevocationRule, now: Int64) throws(RevocationError) -> Bool {
        guard rule.issuer.count <= RevocationRecords.longestIdentifier,
            rule.identifier.count <= RevocationRecords.longestIdentifier
        else { throw .identifierTooLong }
        var issuer = issuer(rule.issuer)
        if issuer == 0 { issuer = try make(.issuer, 0, rule.issuer, notBefore: .min, until: .max) }
        var number = issuer
        if rule.kind != .issuer {
            number = find(rule.kind, issuer, rule.identifier, hash(rule.kind, issuer, rule.identifier))
        }
        guard number != 0 else {
            _ = try make(rule.kind, issuer, rule.identifier, notBefore: rule.notBefore, until: rule.until)
            return true
        }
        let record = records[number]
        let before = record.pointee
        // One that has ended, and an issuer without a rule, which stays forever, say nothing about what comes now.
        let isOver =
            before.until.addingSaturated(margin) <= now || rule.kind == .issuer && before.notBefore == .min
        if rule.kind != .token {
            record.pointee.notBefore = isOver ? rule.notBefore : max(before.notBefore, rule.notBefore)
        }
        record.pointee.until = isOver ? rule.until : max(before.until, rule.until)
        return before.until != record.pointee.until
            || rule.kind != .token && before.notBefore != record.pointee.notBefore
    }

    private mutating func make(
        _ kind: RevocationKind, _ issuer: UInt32, _ identifier: UnsafeRawBufferPointer, notBefore: Int64, until: Int64
    ) throws(RevocationError) -> UInt32 {
        guard count < capacity else { throw .full }
        let number = records.add(kind, issuer: issuer, identifier, notBefore: notBefore, until: until)
        guard number != 0 else { throw .full }
        guard index.insert(hash(kind, issuer, identifier), number) else {
            records.remove(number)
            throw .full
        }
        count += 1
        counts[Int(kind.rawValue)] += 1
        return number
    }

    /// Looks at some more records and drops the rules among them that have ended. Issuers stay.
    mutating func sweep(_ limit: Int, now: Int64) {
        for _ in 0..<limit {
            cursor = records.first(from: cursor)
            if cursor == 0 { cursor = records.first(from: 0) }
            guard cursor != 0 else { return }
            let number = cursor
            cursor = records.end(of: number)
            let record = records[number]
            guard record.pointee.kind != .free, record.pointee.until.addingSaturated(margin) <= now else { continue }
            dropped &+= 1
            if record.pointee.kind == .issuer {
                record.pointee.notBefore = .min
                record.pointee.until = .max
                continue
            }
            index.remove(hash(record.pointee.kind, record.pointee.issuer, record.identifier), number)
            counts[Int(record.pointee.kind.rawValue)] -= 1
            count -= 1
            records.remove(number)
        }
    }

    // MARK: Walking

    /// Calls `body` with the rules from a position on, some hundred records at a time. Returns where to go on, 0 at the end.
    func forEach(from position: UInt32, _ body: (RevocationRule) -> Void) -> UInt32 {
        var number = records.first(from: position)
        for _ in 0..<256 where number != 0 {
            let record = records[number]
            switch record.pointee.kind {
            case .free: break
            case .issuer:
                if record.pointee.notBefore != .min { body(rule(record, records[number].identifier)) }
            default: body(rule(record, records[record.pointee.issuer].identifier))
            }
            number = records.first(from: records.end(of: number))
        }
        return number
    }

    private func rule(
        _ record: UnsafeMutablePointer<RevocationRecord>, _ issuer: UnsafeRawBufferPointer
    ) -> RevocationRule {
        RevocationRule(
            kind: record.pointee.kind, issuer: issuer, identifier: record.identifier,
            notBefore: record.pointee.kind == .token ? .min : record.pointee.notBefore, until: record.pointee.until)
    }
}

/// A rule as views of its parts.
struct RevocationRule {
    let kind: RevocationKind
    let issuer: UnsafeRawBufferPointer
    /// The issuer's own name where the rule is about all its tokens.
    let identifier: UnsafeRawBufferPointer
    /// Unused where the rule is about one token.
    let notBefore: Int64
    let until: Int64
}
