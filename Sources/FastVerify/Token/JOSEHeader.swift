/// A checked protected header (RFC 7515 §4): the parameters that decide how a token is verified.
///
/// `jwk`, `jku`, `x5u`, `x5c` and thumbprints are not looked at: a key comes from the key set and from nowhere else.
struct JOSEHeader: BitwiseCopyable {
    let algorithm: Algorithm
    let kid: JSONValue?
    let type: JSONValue?

    /// Any `crit` is refused: no extension is implemented, and RFC 7515 §4.1.11 forbids an empty or decorative list.
    init(_ object: JSONObject) throws(VerificationError) {
        guard let alg = object.member(.alg), let algorithm = Self.algorithm(alg) else {
            throw .unsupportedAlgorithm
        }
        guard object.member(.crit) == nil else { throw .criticalHeader }
        // RFC 7797 §7 keeps `b64` out of JWTs; `zip` and `enc` belong to JWE.
        guard object.member(.b64) == nil, object.member(.zip) == nil, object.member(.enc) == nil
        else { throw .unsupportedHeader }
        kid = object.member(.kid)
        type = object.member(.typ)
        guard kid?.isString ?? true, type?.isString ?? true else { throw .malformedHeader }
        if let content = object.member(.cty) {
            guard content.isString else { throw .malformedHeader }
            guard !TokenType.jwt.matches(content) else { throw .unsupportedHeader }  // a nested JWT, RFC 7519 §5.2
        }
        self.algorithm = algorithm
    }

    private static func algorithm(_ value: JSONValue) -> Algorithm? {
        // No name is longer than 7 characters, and no escape shorter than 2 or longer than 6 a character.
        guard value.isString, value.count <= 42 else { return nil }
        guard value.isEscaped else {
            return Algorithm(name: UnsafeRawBufferPointer(start: value.bytes, count: value.count))
        }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 42) { buffer in
            let count = value.unescape(into: buffer.baseAddress!)
            return Algorithm(name: UnsafeRawBufferPointer(start: buffer.baseAddress, count: count))
        }
    }
}

/// A value of the `typ` header parameter: a media type without its `application/`, compared without case
/// (RFC 7515 §4.1.9).
public struct TokenType: Sendable, Hashable, ExpressibleByStringLiteral {
    /// `JWT` (RFC 7519 §5.1).
    public static let jwt: TokenType = "JWT"
    /// `at+jwt`, an access token (RFC 9068 §2.1).
    public static let accessToken: TokenType = "at+jwt"
    /// No `typ` at all, as RFC 7519 allows.
    public static let absent: TokenType = ""

    private let lowercase: [UInt8]

    public init(_ name: String) {
        let lower = name.utf8.map(Self.lower)
        lowercase = lower.starts(with: Self.prefix) ? Array(lower.dropFirst(Self.prefix.count)) : lower
    }

    public init(stringLiteral value: StaticString) { self.init(String(describing: value)) }

    private static let prefix = Array("application/".utf8)

    private static func lower(_ byte: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
    }

    /// Whether a header's `typ` is this type; `nil` is an absent one. Allocates nothing.
    func matches(_ type: JSONValue?) -> Bool {
        guard let type else { return self == .absent }
        // An empty `typ` is not an absent one. No type that is asked for needs more than 256 bytes in any spelling.
        guard type.count > 0, type.count <= 256, self != .absent else { return false }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { buffer in
            var name = buffer[..<type.unescape(into: buffer.baseAddress!)]
            if name.lazy.map(Self.lower).starts(with: Self.prefix) { name = name.dropFirst(Self.prefix.count) }
            return name.lazy.map(Self.lower).elementsEqual(lowercase)
        }
    }
}
