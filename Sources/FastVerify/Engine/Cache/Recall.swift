/// What a batch and a cache do with each other. `Verifier` knows when.
extension VerificationBatch {
    /// A token that the cache did not know.
    struct Unknown {
        let text: UnsafeRawBufferPointer
        let hash: UInt64
        /// Among the entries.
        let position: Int
    }

    /// Tokens whose place in a cache is sought ahead: as many as memory answers at once.
    static var lookedAhead: Int { 16 }

    /// Hashes some of the texts and brings near what the cache knows of them. `recall` then waits neither for memory
    /// nor for the hash.
    mutating func lookAhead(_ range: Range<Int>, in cache: TokenCache, _ verifier: Verifier) {
        for position in range where isCacheable(texts[position], verifier) {
            let hash = cache.hash(texts[position])
            hashes[position % Self.lookedAhead] = hash
            cache.prefetchPlace(hash)
        }
        for position in range where isCacheable(texts[position], verifier) {
            cache.prefetchToken(hashes[position % Self.lookedAhead])
        }
    }

    /// Of a token over the verifier's limit only the length may be looked at.
    @inline(__always)
    private func isCacheable(_ text: UnsafeRawBufferPointer, _ verifier: Verifier) -> Bool {
        !text.isEmpty && text.count <= min(TokenCache.longestToken, verifier.limits.tokenBytes)
    }

    /// Takes a token from the cache, with a copy of its claims in the batch's memory. True where it was in force; it then
    /// has no signature to check, and everything that depends on the moment is still to be checked.
    mutating func recall(_ text: UnsafeRawBufferPointer, from cache: TokenCache, _ verifier: Verifier) -> Bool {
        guard isCacheable(text, verifier) else { return false }
        // Without texts it is a token alone, and nobody looked ahead.
        let hash = texts.isEmpty ? cache.hash(text) : hashes[entries.count % Self.lookedAhead]
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
                payload: UnsafeRawBufferPointer(start: claims.text, count: claims.count), claims: claims,
                inTime: found.pointee.inTime, job: -1))
        return true
    }

    /// Gives the cache what was not known before and has been accepted.
    mutating func remember(in cache: TokenCache, _ verifier: Verifier, now: Int64) {
        for token in unknown {
            let entry = entries[token.position]
            guard entry.error == nil, let claims = entry.claims else { continue }
            let inTime = verifier.policies[entry.issuer].inTime(claims)
            let life = min(cache.timeToLive, inTime.upperBound.subtractingSaturated(now))
            let (deadline, overflow) = elapsed.addingReportingOverflow(life)
            guard life > 0 else { continue }
            let cached = CachedToken(
                algorithm: entry.algorithm, hash: token.hash, verifier: verifier.identity,
                generation: snapshots[entry.issuer].generation, issuer: Int32(entry.issuer), key: Int32(entry.key),
                deadline: overflow ? .max : deadline, inTime: inTime,
                imageSize: JSONImage.size(claims, text: entry.payload),
                textCount: token.text.count)
            cache.withPart(cache.part(of: token.hash)) { $0.insert(cached, claims: claims, text: token.text) }
        }
    }
}
