/// What a batch and a cache do with each other. `Verifier` knows when.
extension VerificationBatch {
    /// A token that the cache did not know.
    struct Unknown {
        let text: UnsafeRawBufferPointer
        let hash: UInt64
        /// Among the entries.
        let position: Int
    }

    /// Takes a token from the cache, with a copy of its claims in the batch's memory. True where it was in force; it then
    /// has no signature to check, and everything that depends on the moment is still to be checked.
    mutating func recall(_ text: UnsafeRawBufferPointer, from cache: TokenCache, _ verifier: Verifier) -> Bool {
        // Of a token over the verifier's limit only the length may be looked at.
        guard !text.isEmpty, text.count <= min(TokenCache.longestToken, verifier.limits.tokenBytes) else {
            return false
        }
        let hash = cache.hash(text)
        let found = cache.withPart(cache.part(of: hash)) { shard in
            let found = recall(text, hash, from: &shard, verifier)
            shard.count(hit: found)
            return found
        }
        if !found { unknown.append(Unknown(text: text, hash: hash, position: entries.count)) }
        return found
    }

    @inline(__always)
    private mutating func recall(
        _ text: UnsafeRawBufferPointer, _ hash: UInt64, from shard: inout TokenCacheShard, _ verifier: Verifier
    ) -> Bool {
        guard let found = shard.find(text, hash, verifier.identity) else { return false }
        let issuer = Int(found.pointee.issuer)
        _ = updateKeys(of: issuer, verifier)
        let generation = snapshots[issuer].generation
        guard found.pointee.generation == generation, elapsed < found.pointee.deadline else {
            // Another thread may know newer keys than this use of the batch.
            if found.pointee.generation <= generation { shard.remove(found) }
            return false
        }
        if !found.pointee.isVisited { found.pointee.isVisited = true }
        let size = found.pointee.imageSize
        let claims = JSONImage.copy(found.image, size: size, to: arena.allocate(size))
        entries.append(
            Entry(
                error: nil, issuer: issuer, key: Int(found.pointee.key), algorithm: found.pointee.algorithm,
                payload: UnsafeRawBufferPointer(start: claims.text, count: claims.count), claims: claims, job: -1))
        return true
    }

    /// Gives the cache what was not known before and has been accepted.
    mutating func remember(in cache: TokenCache, _ verifier: Verifier, now: Int64) {
        for token in unknown {
            let entry = entries[token.position]
            guard entry.error == nil, let claims = entry.claims else { continue }
            let life = min(cache.timeToLive, verifier.policies[entry.issuer].life(of: claims, now: now))
            let (deadline, overflow) = elapsed.addingReportingOverflow(life)
            guard life > 0 else { continue }
            let cached = CachedToken(
                algorithm: entry.algorithm, hash: token.hash, verifier: verifier.identity,
                generation: snapshots[entry.issuer].generation, issuer: Int32(entry.issuer), key: Int32(entry.key),
                deadline: overflow ? .max : deadline, imageSize: JSONImage.size(claims, text: entry.payload),
                textCount: token.text.count)
            _ = cache.withPart(cache.part(of: token.hash)) { $0.insert(cached, claims: claims, text: token.text) }
        }
    }
}
