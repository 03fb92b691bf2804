package import FastVerify

/// HMAC-SHA-256 under a secret of the server: nonces and CSRF tokens that nobody else can make. Safe to share.
package struct MessageAuthentication: Sendable {
    private let key: SigningKey
    /// Separates the uses of one secret.
    private let purpose: [UInt8]

    /// `secret` has 32 bytes and more; without, it is drawn at random and ends with the process.
    init(secret: [UInt8]?, purpose: String) throws(KeyError) {
        var random = SystemRandomNumberGenerator()
        let secret = secret ?? (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        key = try SigningKey(secret: secret, algorithm: .hs256)
        self.purpose = Array(purpose.utf8)
    }

    /// `key` signs with HS256.
    package init(_ key: SigningKey, purpose: String) {
        self.key = key
        self.purpose = Array(purpose.utf8)
    }

    /// 32 bytes over the parts, each preceded by its length, so that moving a boundary makes another message.
    package func tag(_ parts: [[UInt8]]) -> [UInt8] {
        var message: [UInt8] = []
        for part in [purpose] + parts {
            message += withUnsafeBytes(of: UInt64(part.count).littleEndian) { Array($0) }
            message += part
        }
        guard let tag = key.sign(message) else { fatalError("HMAC failed") }
        return tag
    }

    /// Whether two texts are the same, in a time that tells only their lengths.
    package static func equals(_ a: some Collection<UInt8>, _ b: some Collection<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
