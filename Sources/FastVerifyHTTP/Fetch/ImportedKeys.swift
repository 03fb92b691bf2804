internal import FastVerify

/// A key set from outside, checked and made ready.
struct ImportedKeys: Sendable {
    let keySet: KeySet
    let skipped: [JWKSet.Skipped]
    /// Two sets with equal keys in the same order verify alike, so the one in force may stay, with all that it has earned.
    let keys: [RemoteJWKSet.Key]
    let body: [UInt8]
    let entityTag: String?

    /// `oct` keys and private keys are left out. An empty set is taken for what it says: the issuer has withdrawn all keys.
    /// A set with keys of which none is usable is taken for a mistake.
    init(_ body: [UInt8], entityTag: String?, limits: FetchLimits) throws(FetchError) {
        let set: JWKSet
        do throws(KeyError) {
            set = try JWKSet(json: body, secrets: .refused, limits: limits.keySet)
        } catch {
            throw error == .setTooLarge ? .tooLarge : .malformedKeys
        }
        keySet = KeySet(set)
        guard !keySet.keys.isEmpty || (set.keys.isEmpty && set.skipped.isEmpty) else { throw .noUsableKey }
        skipped = set.skipped
        keys = keySet.keys.map(RemoteJWKSet.Key.init)
        self.body = body
        self.entityTag = entityTag
    }
}
