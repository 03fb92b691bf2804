/// The right of an open connection, a WebSocket or a subscription, to go on. It ends when its token expires or is revoked,
/// and can be renewed in place with a newer token of the same subject. Made by `LeaseBook`; safe to share between threads.
public final class ConnectionLease: Sendable {
    /// Why a lease ended.
    public enum Ending: Sendable, Hashable {
        /// `exp` has come.
        case expired
        /// `revoked`, or `revocationUnknown` where the set fails closed.
        case refused(VerificationError)
    }

    /// Why a lease was not renewed. It goes on as before unless it has ended.
    public enum RenewalError: Error, Sendable, Hashable {
        /// It ended, or was given up.
        case ended
        /// The token's issuer or subject is another.
        case otherSubject
        /// The token has expired or is revoked.
        case refused(Ending)
    }

    let number: UInt64
    private let book: LeaseBook

    init(_ number: UInt64, _ book: LeaseBook) {
        self.number = number
        self.book = book
    }

    /// When it ends unless it is renewed, in seconds since 1970; `nil` once it has ended, and for a token without `exp`.
    public var expiration: Int64? { book.entry(number)?.expiration }

    /// Whether the connection may go on.
    public var isActive: Bool { book.entry(number) != nil }

    /// Puts another token in the place of the one it was made with: verified, of the same issuer and subject. The lease
    /// then ends as that token ends, which may be earlier.
    public func renew(with token: VerifiedToken) throws(RenewalError) { try book.renew(number, token) }

    /// The connection is closed: nobody is called back any more.
    public func giveUp() { _ = book.remove(number) }
}
