import FastVerify

/// Hashing tokens as the cache does, and nothing else.
final class HashContender: Contender {
    let name: String
    let validBefore: [Int]
    private let views: ArraySlice<UnsafeRawBufferPointer>
    private let cache = TokenCache(bytes: 0)
    private var sum: UInt64 = 0

    init(_ text: TokenText, first: Int) {
        name = "hashing \(first) tokens"
        views = text.views.prefix(first)
        validBefore = Array(0...views.count)
    }

    var count: Int { views.count }

    func check(_ range: Range<Int>) -> Int {
        for view in views[range] { sum ^= cache.fingerprint(view) }
        return range.count
    }
}

/// Tokens of which a cache knows a share: some that come again and again, between others that come so seldom that the cache
/// has given their place away each time. Misses so pay for insertion and eviction.
final class CacheContender: Contender {
    let name: String
    let validBefore: [Int]
    let cache: TokenCache
    private let verifier: Verifier
    private let text: TokenText
    private var views: [UnsafeRawBufferPointer] = []
    private var batch = VerificationBatch()

    /// The first `hot` tokens are asked for in `share` of 100 places, the others in turn in the rest.
    init(_ verifier: Verifier, _ cache: TokenCache, _ text: TokenText, hot: Int, share: Int) {
        name = "\(share) % of \(hot)"
        self.verifier = verifier
        self.cache = cache
        self.text = text
        var (known, seldom) = (0, hot)
        repeat {
            // Without a period that a predictor could learn; 61 and 100 have no common factor.
            if views.count * 61 % 100 < share {
                views.append(text.views[known])
                known = (known + 1) % hot
            } else {
                views.append(text.views[seldom])
                seldom += 1
            }
        } while share < 100 ? seldom < text.views.count : views.count < hot
        validBefore = Array(0...views.count)
    }

    var count: Int { views.count }

    func check(_ range: Range<Int>) -> Int {
        verifier.verify(batch: views[range], into: &batch)
        return batch.validCount
    }
}
