internal import FastVerify
internal import FastVerifyAccess

/// An opaque refresh token: 32 secret bytes. The store has only its digest. Its successor is a MAC of it under the key of the service, so
/// there is exactly one that can ever be, a retry gets the same one, and it need not be kept in clear to be given out again.
struct RefreshToken: Sendable {
    /// Tells scanners for leaked secrets what they have found.
    static let prefix = "fvr_"
    private let bytes: [UInt8]

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The first of a session.
    static func random() -> RefreshToken { RefreshToken(RandomSecret.bytes()) }

    /// `nil` for what no such token looks like.
    init?(_ text: String) {
        guard text.hasPrefix(Self.prefix), text.utf8.count == Self.prefix.utf8.count + 43 else { return nil }
        var encoded = String(text.dropFirst(Self.prefix.count))
        guard let bytes = encoded.withUTF8({ Base64URL.decode(UnsafeRawBufferPointer($0)) }), bytes.count == 32 else {
            return nil
        }
        self.bytes = bytes
    }

    var text: String { Self.prefix + Base64URL.encode(bytes) }

    /// What the store finds it by. The token has 256 random bits, so a plain digest cannot be guessed back.
    var digest: String { Base64URL.encode(SHA256Digest(of: bytes).bytes) }

    func successor(_ key: MessageAuthentication) -> RefreshToken { RefreshToken(key.tag([bytes])) }
}
