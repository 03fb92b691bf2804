internal import FastVerify

/// The one secret that all others but the signing keys come from, sealed in the store and the same for all instances.
enum ServiceSecret {
    private static let setting = "service_secret"

    static func load(_ store: some Store, _ sealing: SealingKey) async throws -> SigningKey {
        let fresh = try SigningKey(generate: .hs256, keyID: setting)
        let sealed = Base64URL.encode(try sealing.seal(fresh))
        let log = TokenSigner.tokenID()
        let kept = try await store.transaction { transaction in
            for (name, value) in [(setting, sealed), (RevocationLog.setting, log)] {
                try transaction.run(
                    "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
                    [.text(name), .text(value)])
            }
            return try transaction.run("SELECT value FROM settings WHERE name = $1", [.text(setting)]).first?.text(0)
        }
        guard let kept, let bytes = Base64URL.decode(kept) else { throw StoreError.unexpected("no service secret") }
        let key = try sealing.open(bytes)
        guard key.keyID == setting else { throw StoreError.unexpected("a sealed key was exchanged") }
        return key
    }
}
