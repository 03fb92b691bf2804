/// Why the claims of a Status List Token are of no use.
public enum StatusListError: UInt8, Error, Sendable, Hashable {
    /// `sub`, `iat`, `exp`, `ttl` or `status_list` is missing or not what the draft says.
    case malformedClaims
    /// `lst` is not base64url of one zlib stream, or holds more than allowed.
    case malformedList
}

/// The statuses of many tokens, one to eight bits each (draft-ietf-oauth-status-list-21 §4). Immutable; safe to share.
///
/// Made of a Status List Token that a verifier has accepted, whose policy `ClaimPolicy.statusList` is.
public final class StatusList: Sendable {
    /// Where the list is found, `sub`; tokens refer to it by exactly this.
    public let uri: String
    public let issuedAt: Int64
    /// After which it must not be used.
    public let expiration: Int64?
    /// Seconds after which a fresh one should be fetched.
    public let timeToLive: Int64?
    /// Bits of a status: 1, 2, 4 or 8.
    public let bits: Int
    private let bytes: [UInt8]

    /// - Parameters:
    ///   - claims: Of a token that was accepted.
    ///   - maxBytes: Bytes that the list may decompress to; 8 MiB hold 67 million tokens at one bit.
    public init(_ claims: borrowing ClaimSet, maxBytes: Int = 8 << 20) throws(StatusListError) {
        let object = claims.object
        guard let uri = object.member(.sub)?.string, let issuedAt = object.member(.iat)?.floor,
            let list = Self.member(object, "status_list"), list.kind == .object
        else { throw .malformedClaims }
        self.uri = uri
        self.issuedAt = issuedAt
        expiration = try Self.seconds(object.member(.exp))
        timeToLive = try Self.seconds(Self.member(object, "ttl"))
        guard timeToLive.map({ $0 > 0 }) ?? true, let bits = list.member("bits"), bits.isInteger,
            let bits = bits.floor, [1, 2, 4, 8].contains(bits), let text = list.member("lst")?.string
        else { throw .malformedClaims }
        self.bits = Int(bits)
        let characters = Array(text.utf8)
        guard let compressed = characters.withUnsafeBytes({ Base64URL.decode($0) }) else { throw .malformedList }
        do throws(ZlibStream.Malformed) {
            bytes = try ZlibStream.decompress(compressed, limit: max(0, maxBytes))
        } catch {
            throw .malformedList
        }
    }

    private static func member(_ object: JSONObject, _ name: StaticString) -> JSONValue? {
        object.member(named: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    private static func seconds(_ value: JSONValue?) throws(StatusListError) -> Int64? {
        guard let value else { return nil }
        guard let seconds = value.floor else { throw .malformedClaims }
        return seconds
    }

    /// Number of statuses, those that fill the last byte included.
    public var count: Int { bytes.count * (8 / bits) }

    /// The status at an index (§4.1): 0 is valid, 1 invalid, 2 suspended, others mean what the issuer says; `nil` beyond the
    /// end. The lowest bits of a byte come first.
    public func status(at index: Int) -> UInt8? {
        guard index >= 0, index < count else { return nil }
        let shift = index % (8 / bits) * bits
        return bytes[index / (8 / bits)] >> UInt8(shift) & UInt8(1 << bits - 1)
    }
}

extension JSONValue {
    /// The member of an object with this name; `nil` for another kind.
    func member(_ name: StaticString) -> JSONValue? {
        member(named: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }
}

extension TokenType {
    /// `statuslist+jwt`, a Status List Token (draft-ietf-oauth-status-list-21 §5.1).
    public static let statusList: TokenType = "statuslist+jwt"
}

extension ClaimPolicy {
    /// Status List Tokens of an issuer (draft-ietf-oauth-status-list-21 §5.1). They have no audience, and need no `exp`.
    public static func statusList(issuer: Expected, algorithms: AlgorithmSet) -> ClaimPolicy {
        var policy = ClaimPolicy(issuer: issuer, audience: .dangerouslyAny, algorithms: algorithms)
        policy.types = [.statusList]
        policy.requiresExpiration = false
        policy.requiredClaims = ["sub", "iat", "status_list"]
        return policy
    }
}
