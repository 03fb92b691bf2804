public import FastVerify

/// Tokens of the signed double-submit scheme (OWASP): random bytes and their MAC together with the session. Nothing is stored.
///
/// The server sets one as a cookie that scripts of the site can read, and they send it back in a field, which other sites'
/// pages can do neither of. The MAC ties it to the session, so that somebody who manages to plant a cookie, from a
/// subdomain say, cannot plant one of his own. Safe to share between threads.
public struct CSRFTokens: Sendable {
    private static let randomBytes = 16
    private let authentication: MessageAuthentication

    /// `secret` has 32 bytes and more, shared by all processes of a service; `nil` draws one that ends with this process.
    public init(secret: [UInt8]? = nil) throws(KeyError) {
        authentication = try MessageAuthentication(secret: secret, purpose: "CSRF token")
    }

    /// A new token for a session. `session` is what ends with the session and nobody else has, as `sid` or `jti`, and has to
    /// change at login. 64 characters.
    public func token(for session: String) -> String {
        var random = SystemRandomNumberGenerator()
        return token(
            for: session, random: (0..<Self.randomBytes).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    }

    func token(for session: String, random: [UInt8]) -> String {
        Base64URL.encode(random + authentication.tag([Array(session.utf8), random]))
    }

    /// Whether this is a token of that session. The time it takes does not depend on what is right about the token.
    public func isValid(_ token: String, for session: String) -> Bool {
        var token = token
        guard token.utf8.count <= 128, !session.isEmpty,
            let bytes = token.withUTF8({ Base64URL.decode(UnsafeRawBufferPointer($0)) }),
            bytes.count == Self.randomBytes + 32
        else { return false }
        let tag = authentication.tag([Array(session.utf8), Array(bytes.prefix(Self.randomBytes))])
        return MessageAuthentication.equals(tag, bytes.dropFirst(Self.randomBytes))
    }
}
