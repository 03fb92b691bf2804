/// The claims of an accepted token: a view into memory that the batch or token owns, which the compiler keeps from
/// outliving it. Values are decoded only when asked for.
public struct ClaimSet: ~Escapable {
    let object: JSONObject

    @_lifetime(borrow owner)
    init<Owner: ~Copyable & ~Escapable>(_ object: JSONObject, ownedBy owner: borrowing Owner) { self.object = object }

    /// Number of claims.
    public var count: Int { object.memberCount }

    /// The JSON text of the claims, as it was signed.
    public var json: [UInt8] { [UInt8](UnsafeBufferPointer(start: object.text, count: object.count)) }

    /// Any claim by its exact name; linear in the number of claims.
    public subscript(name: String) -> ClaimValue? {
        @_lifetime(copy self)
        get {
            var name = name
            guard let found = name.withUTF8({ object.member(named: $0) }) else { return nil }
            return _overrideLifetime(ClaimValue(found, ownedBy: self), copying: self)
        }
    }

    /// `iss` (RFC 7519 §4.1.1).
    public var issuer: String? { object.member(.iss)?.string }
    /// `sub`.
    public var subject: String? { object.member(.sub)?.string }
    /// The JSON text of `sub` between its quotes, valid as long as these claims: for writers that pass it on as it is.
    package var subjectText: UnsafeRawBufferPointer? {
        guard let value = object.member(.sub), value.isString else { return nil }
        return UnsafeRawBufferPointer(start: value.bytes, count: value.count)
    }
    /// `jti`.
    public var tokenID: String? { object.member(.jti)?.string }
    /// `client_id` (RFC 9068 §2.2).
    public var clientID: String? { object.member(.clientId)?.string }
    /// `aud`, whether written as one string or as an array.
    public var audience: [String] { Self.strings(object.member(.aud)) }
    /// `exp`, rounded down to seconds.
    public var expiration: Int64? { object.member(.exp)?.floor }
    /// `nbf`, rounded down to seconds.
    public var notBefore: Int64? { object.member(.nbf)?.floor }
    /// `iat`, rounded down to seconds.
    public var issuedAt: Int64? { object.member(.iat)?.floor }
    /// The scopes of `scope` (RFC 8693 §4.2) and `scp`, each a string with spaces or an array.
    public var scopes: [String] {
        [.scope, .scp].flatMap { name in
            Self.strings(object.member(name)).flatMap { $0.split(separator: " ").map(String.init) }
        }
    }
    /// `roles` (RFC 9068 §2.2.3.1), one string or an array.
    public var roles: [String] { Self.strings(object.member(.roles)) }

    /// Calls `body` with each claim in the order of the text.
    public func forEach(_ body: (_ name: String, _ value: borrowing ClaimValue) throws -> Void) rethrows {
        for position in 0..<object.memberCount {
            try body(object[position].name, ClaimValue(object[position], ownedBy: self))
        }
    }

    /// All claims as a value of a type of your own. Unknown claims are ignored; dates and data are what the type makes
    /// of numbers and strings.
    public func decode<T: Decodable>(as type: T.Type) throws -> T { try ClaimDecoder.decode(type, from: json) }

    private static func strings(_ value: JSONValue?) -> [String] {
        guard let value else { return [] }
        if let string = value.string { return [string] }
        var strings: [String] = []
        value.forEach {
            if let string = $0.string { strings.append(string) }
            return true
        }
        return strings
    }
}

/// One claim, or a value inside one: a lazily decoded view.
public struct ClaimValue: ~Escapable {
    let value: JSONValue

    @_lifetime(borrow owner)
    init<Owner: ~Copyable & ~Escapable>(_ value: JSONValue, ownedBy owner: borrowing Owner) { self.value = value }

    public enum Kind: Sendable { case string, number, boolean, null, array, object }

    public var kind: Kind {
        switch value.kind {
        case .string: .string
        case .number: .number
        case .yes, .no: .boolean
        case .null: .null
        case .array: .array
        default: .object
        }
    }

    /// The unescaped string; `nil` for another kind.
    public var string: String? { value.string }
    /// An integer written without fraction or exponent that fits; `nil` otherwise.
    public var integer: Int64? { value.isInteger ? value.floor : nil }
    /// The nearest double; `nil` for another kind.
    public var double: Double? { value.kind == .number ? Double(text) : nil }
    public var boolean: Bool? {
        switch value.kind {
        case .yes: true
        case .no: false
        default: nil
        }
    }
    /// The strings among the elements of an array.
    public var strings: [String] {
        var strings: [String] = []
        value.forEach {
            if let string = $0.string { strings.append(string) }
            return true
        }
        return strings
    }

    /// The JSON text of the value; of a string, what stands between the quotes.
    public var text: String {
        String(decoding: UnsafeBufferPointer(start: value.bytes, count: value.count), as: UTF8.self)
    }

    /// Whether this is exactly the given string. Allocates nothing.
    public func equals(_ other: String) -> Bool {
        var other = other
        return other.withUTF8 { value.isString($0) }
    }

    /// A member of an object by its exact name; `nil` for another kind. Linear in the size of the object.
    public subscript(name: String) -> ClaimValue? {
        @_lifetime(copy self)
        get {
            var name = name
            guard let found = name.withUTF8({ value.member(named: $0) }) else { return nil }
            return _overrideLifetime(ClaimValue(found, ownedBy: self), copying: self)
        }
    }

    /// Calls `body` with each element of an array or value of an object until it returns false.
    public func forEach(_ body: (borrowing ClaimValue) -> Bool) {
        value.forEach { body(ClaimValue($0, ownedBy: self)) }
    }
}
