import FastVerify

/// Cost and gain of a cache for one algorithm.
struct CacheSweep: Codable {
    let algorithm: String
    let batch: Int
    let characters: Int
    let tokensPerSWithoutCache: Statistics
    let shares: [Share]
    let hits: [Hit]

    /// Some tokens come again and again.
    struct Share: Codable {
        let knownPercent: Int
        /// What the cache counted, from 0 to 1.
        let hitRate: Double
        let tokensPerS: Statistics
        /// Rates over those without a cache, round by round.
        let ratio: Statistics
    }

    /// All tokens are known.
    struct Hit: Codable {
        /// Tokens that take turns.
        let tokens: Int
        /// Hashing a token alone, with the hash of the cache.
        let hashNs: Statistics
        let tokenNs: Statistics
        /// What a token takes longer, round by round.
        let beyondHashNs: Statistics

        init(tokens: Int, hash: Rounds.Samples, hit: Rounds.Samples) {
            self.tokens = tokens
            hashNs = Statistics(hash.rates.map { 1e9 / $0 })
            tokenNs = Statistics(hit.rates.map { 1e9 / $0 })
            beyondHashNs = Statistics(zip(hit.rates, hash.rates).map { 1e9 / $0 - 1e9 / $1 })
        }
    }

    var table: String {
        func range(_ statistics: Statistics, _ places: Int) -> String {
            "\(Report.decimal(statistics.low, places))…\(Report.decimal(statistics.high, places))"
        }
        let sweep = shares.map {
            [
                "\($0.knownPercent) %", Report.percent($0.hitRate), Report.grouped($0.tokensPerS.median),
                Report.percent($0.tokensPerS.spread), Report.decimal($0.ratio.median, 2), range($0.ratio, 2),
            ]
        }
        let known = hits.map {
            [
                String($0.tokens), Report.decimal($0.hashNs.median, 1), Report.decimal($0.tokenNs.median, 1),
                Report.decimal($0.beyondHashNs.median, 1), range($0.beyondHashNs, 1),
            ]
        }
        return "\(algorithm), batch \(batch), \(characters) characters; "
            + "without a cache \(Report.grouped(tokensPerSWithoutCache.median)) tokens/s\n"
            + Report.table(["known", "hits", "tokens/s", "± quartiles", "× no cache", "95 %"], sweep, left: 0) + "\n\n"
            + Report.table(["known tokens", "hash ns", "hit ns", "beyond hash", "95 %"], known, left: 0)
    }
}
