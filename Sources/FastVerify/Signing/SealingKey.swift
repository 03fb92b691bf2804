internal import CCrypto

/// Encrypts signing keys for places that are not trusted with them: a database, a file, a backup.
///
/// A sealed key is 24 random bytes and the private JWK under XSalsa20-Poly1305 (libsodium's `secretbox`). It says nothing of what it is, so the
/// `kid` inside must be compared with the name that it was kept under. Immutable; safe to share between threads.
public final class SealingKey: Sendable {
    public static let size = 32

    private let key: GuardedBytes

    /// A random key.
    public init() throws(KeyError) {
        var random = SystemRandomNumberGenerator()
        key = try GuardedBytes(count: Self.size) { bytes in
            for index in bytes.indices { bytes[index] = random.next() }
        }
    }

    /// 32 random bytes, which are erased where they stood. A passphrase is none.
    public init(erasing bytes: inout [UInt8]) throws(KeyError) {
        let key = try GuardedBytes(erasing: &bytes)
        guard key.count == Self.size else { throw .refused("a sealing key has 32 bytes") }
        self.key = key
    }

    /// The key itself, for the place where it is kept.
    public func withUnsafeBytes<T>(_ body: (UnsafeRawBufferPointer) -> T) -> T { key.withUnsafeBytes(body) }

    /// A sealed copy; another one every time.
    public func seal(_ signingKey: SigningKey) throws(KeyError) -> [UInt8] {
        let text = try signingKey.guardedJWK
        var isSealed = false
        let sealed = [UInt8](unsafeUninitializedCapacity: text.count + Int(FV_SEAL_OVERHEAD)) { out, count in
            key.withUnsafeBytes { key in
                text.withUnsafeBytes { isSealed = fv_seal(key.octets, $0.octets, $0.count, out.baseAddress) }
            }
            count = isSealed ? out.count : 0
        }
        guard isSealed else { throw .refused("sealing failed") }
        return sealed
    }

    /// The key inside.
    ///
    /// - Throws: `refused` for what was not sealed with this key, or was changed since.
    public func open(_ sealed: [UInt8]) throws(KeyError) -> SigningKey {
        var isOpen = false
        let text = try GuardedBytes(count: max(0, sealed.count - Int(FV_SEAL_OVERHEAD))) { out in
            key.withUnsafeBytes { key in
                isOpen = fv_open(
                    key.octets, sealed, sealed.count, out.baseAddress?.assumingMemoryBound(to: UInt8.self))
            }
        }
        guard isOpen else { throw .refused("not sealed with this key") }
        return try text.withUnsafeBytes { text throws(KeyError) in try SigningKey(jwk: text) }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate var octets: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}
