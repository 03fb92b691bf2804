public import FastVerify

/// Who calls, as a handler sees it: a type made from the claims of a verified token. `AccessIdentity` is one; a type of your
/// own that is Decodable needs nothing but this conformance.
public protocol TokenIdentity: Sendable {
    /// - Throws: `Refusal` for claims that are good and not enough for this type.
    init(claims: borrowing ClaimSet, names: ClaimNames) throws(Refusal)
}

extension TokenIdentity where Self: Decodable {
    public init(claims: borrowing ClaimSet, names: ClaimNames) throws(Refusal) {
        do { self = try claims.decode(as: Self.self) } catch { throw Refusal(.invalidToken, "unusable_identity") }
    }
}
