#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// One accepted token in a shard: this header, then its claims as a `JSONImage`, then its text, in one allocation.
struct CachedToken {
    /// The next token whose hash leads to the same place.
    var next: UnsafeMutablePointer<CachedToken>?
    /// Neighbours in the order of arrival.
    var newer: UnsafeMutablePointer<CachedToken>?
    var older: UnsafeMutablePointer<CachedToken>?
    /// Asked for since the hand of the eviction passed.
    var isVisited = false
    let algorithm: Algorithm
    let hash: UInt64
    /// What the acceptance is bound to: the verifier, thereby its policies; the issuer and the generation of its keys.
    let verifier: UInt64
    let generation: UInt64
    let issuer: Int32
    let key: Int32
    /// When it stops being used, by `ElapsedClock`.
    let deadline: Int64
    /// When the claims pass the time checks of the policy.
    let inTime: Range<Int64>
    let imageSize: Int
    let textCount: Int

    private static let header = (MemoryLayout<CachedToken>.stride + 7) & ~7
    /// What the allocator adds to a block, as glibc does.
    private static let blockOverhead = 16

    /// Bytes that a token of these sizes takes, those of the allocator included.
    static func footprint(imageSize: Int, textCount: Int) -> Int {
        (header + imageSize + textCount + 15) & ~15 + blockOverhead
    }

    var footprint: Int { Self.footprint(imageSize: imageSize, textCount: textCount) }

    /// A new block; freed with `deallocate`.
    static func make(
        _ token: CachedToken, claims: JSONObject, text: UnsafeRawBufferPointer
    ) -> UnsafeMutablePointer<CachedToken> {
        let block = UnsafeMutableRawPointer.allocate(
            byteCount: header + token.imageSize + token.textCount, alignment: 8)
        let made = block.bindMemory(to: CachedToken.self, capacity: 1)
        made.initialize(to: token)
        let payload = UnsafeRawBufferPointer(start: claims.text, count: claims.count)
        JSONImage.write(claims, text: payload, to: block + header)
        (block + header + token.imageSize).copyMemory(from: text.baseAddress!, byteCount: token.textCount)
        return made
    }
}

extension UnsafeMutablePointer<CachedToken> {
    @inline(__always)
    var image: UnsafeRawPointer { UnsafeRawPointer(self) + (MemoryLayout<CachedToken>.stride + 7) & ~7 }

    /// Whether this is exactly that token, accepted by that verifier.
    @inline(__always)
    func isToken(_ text: UnsafeRawBufferPointer, hash: UInt64, verifier: UInt64) -> Bool {
        pointee.hash == hash && pointee.textCount == text.count && pointee.verifier == verifier
            && memcmp(image + pointee.imageSize, text.baseAddress!, text.count) == 0
    }
}
