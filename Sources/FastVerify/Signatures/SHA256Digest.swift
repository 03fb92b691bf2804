internal import CCrypto

/// A SHA-256 digest: of a key (RFC 7638), a certificate (RFC 8705 §3.1) or a token (RFC 9449 §4.2). What it is of is public,
/// so two are compared in whatever time it takes.
public struct SHA256Digest: Sendable, Hashable, BitwiseCopyable {
    /// The bytes in their order, eight in each.
    private let words: (UInt64, UInt64, UInt64, UInt64)

    private static let size = 32

    /// The digest of some bytes.
    public init(of bytes: UnsafeRawBufferPointer) {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) {
            fv_sha256(
                bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count,
                $0.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
        self.words = words
    }

    public init(of bytes: [UInt8]) { self = bytes.withUnsafeBytes { SHA256Digest(of: $0) } }

    /// A digest that somebody else computed; `nil` unless it has 32 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.size else { return nil }
        words = bytes.withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self) }
    }

    /// The 43 characters of strict base64url without padding, as `jkt`, `x5t#S256` and `ath` write it.
    public init?(base64URL text: String) {
        // Another length is refused before anything is decoded.
        guard text.utf8.count == 43 else { return nil }
        var text = text
        guard let bytes = text.withUTF8({ Base64URL.decode(UnsafeRawBufferPointer($0)) }) else { return nil }
        self.init(bytes: bytes)
    }

    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    public var base64URL: String { Base64URL.encode(bytes) }

    /// The 32 bytes, valid during the call.
    @inline(__always)
    public func withUnsafeBytes<T>(_ body: (UnsafeRawBufferPointer) -> T) -> T {
        Swift.withUnsafeBytes(of: words, body)
    }

    public static func == (a: SHA256Digest, b: SHA256Digest) -> Bool { a.words == b.words }

    public func hash(into hasher: inout Hasher) { withUnsafeBytes { hasher.combine(bytes: $0) } }
}
