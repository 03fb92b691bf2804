/// An accepted token that owns its claims. Immutable; safe to share between threads; one allocation.
public struct VerifiedToken: Sendable {
    private let storage: JSONStorage
    /// The algorithm that the header named and the key allowed.
    public let algorithm: Algorithm
    /// `kid` of the key that verified it.
    public let keyID: String?

    init(_ claims: JSONObject?, payload: UnsafeRawBufferPointer, algorithm: Algorithm, keyID: String?) {
        storage = JSONStorage(claims, text: payload)
        self.algorithm = algorithm
        self.keyID = keyID
    }

    /// Valid as long as this token.
    var object: JSONObject { storage.object }

    /// All claims, as views that cannot outlive this token.
    public var claims: ClaimSet {
        @_lifetime(borrow self)
        get { ClaimSet(storage.object, ownedBy: self) }
    }

    public var issuer: String? { claims.issuer }
    public var subject: String? { claims.subject }
    public var tokenID: String? { claims.tokenID }
    public var audience: [String] { claims.audience }
    public var scopes: [String] { claims.scopes }
    public var roles: [String] { claims.roles }
    public var expiration: Int64? { claims.expiration }

    /// The signed payload, decoded from base64url.
    public var payload: [UInt8] { storage.payload }

    /// All claims as a value of a type of your own.
    public func decode<T: Decodable>(as type: T.Type) throws -> T { try ClaimDecoder.decode(type, from: payload) }
}
