/// Reads and writes rules as lines of JSON. One thread at a time.
struct RevocationReader: ~Copyable {
    static let longestLine = 32 << 10
    private let scanner = JSONScanner(maxMembers: 64)
    private var arena = Arena()

    /// The rule of a line; its views last until the next call, or as long as the line.
    mutating func rule(_ line: UnsafeRawBufferPointer) throws(RevocationError) -> RevocationRule {
        try rule(try object(line))
    }

    /// The rule that the members of a line make.
    mutating func rule(_ object: JSONObject) throws(RevocationError) -> RevocationRule {
        guard let issuer = text(object.member(.iss)) else { throw .malformedEvent }
        let notBefore = try time(object, "not_before")
        let expiration = try time(object, "exp")
        var found: (kind: RevocationKind, name: UnsafeRawBufferPointer)?
        for (kind, name) in Self.names {
            guard let value = Self.member(object, name) else { continue }
            // Two names would mean tokens that have both; no such rule exists.
            guard found == nil, let text = text(value) else { throw .malformedEvent }
            found = (kind, text)
        }
        let target = found ?? (.issuer, issuer)
        // What one token's rule needs, the others must not miss, and the other way round.
        guard target.kind == .token ? expiration != nil && notBefore == nil : notBefore != nil else {
            throw .malformedEvent
        }
        return RevocationRule(
            kind: target.kind, issuer: issuer, identifier: target.name, notBefore: notBefore ?? .min,
            until: expiration ?? .max)
    }

    /// The members of a line.
    mutating func object(_ line: UnsafeRawBufferPointer) throws(RevocationError) -> JSONObject {
        guard line.count <= Self.longestLine else { throw .malformedEvent }
        arena.reset()
        do throws(VerificationError) {
            return try scanner.scan(line, into: &arena, malformed: .malformedPayload)
        } catch {
            throw .malformedEvent
        }
    }

    private static let names: [(RevocationKind, StaticString)] = [
        (.token, "jti"), (.subject, "sub"), (.session, "sid"), (.tenant, "tenant"), (.key, "kid"),
    ]

    static func member(_ object: JSONObject, _ name: StaticString) -> JSONValue? {
        object.member(named: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    /// `nil` where there is no such member.
    func time(_ object: JSONObject, _ name: StaticString) throws(RevocationError) -> Int64? {
        guard let value = Self.member(object, name) else { return nil }
        // `Int64.min` stands for no time.
        guard let seconds = value.floor, seconds > .min else { throw .malformedEvent }
        return seconds
    }

    private mutating func text(_ value: JSONValue?) -> UnsafeRawBufferPointer? {
        guard let value, value.isString else { return nil }
        return value.unescaped(in: &arena)
    }
}

extension RevocationRule {
    /// Appends the line of the rule, without its end.
    func write(to text: inout [UInt8]) {
        text += "{\"iss\":".utf8
        Self.quote(issuer, to: &text)
        let name: StaticString? =
            switch kind {
            case .token: "jti"
            case .subject: "sub"
            case .session: "sid"
            case .tenant: "tenant"
            case .key: "kid"
            case .issuer, .free: nil
            }
        if let name {
            text += ",\"\(name)\":".utf8
            Self.quote(identifier, to: &text)
        }
        if kind != .token { text += ",\"not_before\":\(notBefore)".utf8 }
        if until != .max { text += ",\"exp\":\(until)".utf8 }
        text.append(UInt8(ascii: "}"))
    }

    private static func quote(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: text += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }
}

extension JSONValue {
    /// The unescaped bytes of a string, or the text of another value: where they stand, or in the arena.
    @inline(__always)
    func unescaped(in arena: inout Arena) -> UnsafeRawBufferPointer {
        guard isString, isEscaped else { return UnsafeRawBufferPointer(start: bytes, count: count) }
        let room = arena.reserve(count)
        let size = unescape(into: room.assumingMemoryBound(to: UInt8.self))
        arena.commit(size)
        return UnsafeRawBufferPointer(start: room, count: size)
    }
}
