import Foundation

/// What a workload consists of: the format of the files in Benchmarks/workloads.
struct WorkloadPlan: Decodable, Equatable {
    let description: String
    var claims = Claims.Shape.accessToken
    /// The least and the most characters of a token, reached by more scopes; `nil`: as the claims are.
    var characters: ClosedRange<Int>? = Workload.usualLength
    var tokens = Workload.defaultCount
    var keys = Keys(count: 1, choice: .rotation)
    var hostile: HostileMix?
    var expected: Expected?

    struct Keys: Decodable, Equatable {
        let count: Int
        let choice: Choice
        /// How often each key signs: in turn, or the k-th key with a frequency of 1/k.
        enum Choice: String, Decodable { case rotation, zipf }

        /// The key of each token.
        func signers(of tokens: Int, seed: UInt64) -> [Int] {
            if choice == .rotation { return (0..<tokens).map { $0 % count } }
            var random = Random(seed: seed ^ 0x7a69_7066)
            var sums: [Double] = []
            for rank in 1...count { sums.append((sums.last ?? 0) + 1 / Double(rank)) }
            return (0..<tokens).map { _ in
                let draw = Double.random(in: 0..<sums.last!, using: &random)
                var (low, high) = (0, count - 1)
                while low < high {
                    let middle = (low + high) / 2
                    if draw < sums[middle] { high = middle } else { low = middle + 1 }
                }
                return low
            }
        }
    }

    /// The verdicts that a verifier has to come to.
    struct Expected: Decodable, Equatable {
        let valid: Int
        let refused: Int
    }

    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    init(description: String) { self.description = description }

    /// A file that states a workload this harness cannot make, or verdicts that do not add up, is refused.
    init(json: [UInt8], name: String) throws(Unusable) {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(json))
        } catch DecodingError.keyNotFound(let key, _) {
            throw Unusable(description: "\(name): no \(key.stringValue)")
        } catch DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context) {
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            throw Unusable(description: "\(name): \(path.isEmpty ? "no JSON" : path + " is not what it must be")")
        } catch {
            throw Unusable(description: "\(name): not a workload")
        }
        guard (4...1_000_000).contains(tokens), (1...10_000).contains(keys.count) else {
            throw Unusable(description: "\(name): from 4 to 1,000,000 tokens, and from 1 to 10,000 keys")
        }
        if let hostile, !(0..<1).contains(hostile.share) {
            throw Unusable(description: "\(name): the hostile share is not from 0 to below 1")
        }
        let refused = hostile?.count(of: tokens) ?? 0
        if let expected, expected != Expected(valid: tokens - refused, refused: refused) {
            throw Unusable(
                description:
                    "\(name): \(tokens - refused) tokens will be valid and \(refused) refused, not \(expected.valid) and \(expected.refused)"
            )
        }
    }

    private enum CodingKeys: String, CodingKey {
        case description, claims, characters, tokens, keys, hostile, expected
    }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        description = try members.decode(String.self, forKey: .description)
        claims = try members.decode(Claims.Shape.self, forKey: .claims)
        characters = try members.decodeIfPresent([Int].self, forKey: .characters).map { bounds in
            guard bounds.count == 2, bounds[0] > 0, bounds[0] <= bounds[1], bounds[1] <= 65_536 else {
                throw DecodingError.dataCorruptedError(
                    forKey: .characters, in: members, debugDescription: "two bounds, the first the lower")
            }
            return bounds[0]...bounds[1]
        }
        tokens = try members.decode(Int.self, forKey: .tokens)
        keys = try members.decode(Keys.self, forKey: .keys)
        hostile = try members.decodeIfPresent(HostileMix.self, forKey: .hostile)
        expected = try members.decode(Expected.self, forKey: .expected)
    }
}

/// Bad tokens among good ones, spread evenly.
struct HostileMix: Decodable, Equatable {
    /// The part of all tokens that is bad.
    let share: Double
    /// Classes of the corpus, in turn; every one where none is named.
    let classes: [String]

    func count(of tokens: Int) -> Int { Int((Double(tokens) * share).rounded()) }

    /// Puts bad tokens of the corpus in the place of some of the workload's. Throws where the corpus has no such class.
    func mixed(
        into tokens: [String], _ corpus: Corpus
    ) throws(WorkloadPlan.Unusable) -> (tokens: [String], isValid: [Bool]) {
        let bad = corpus.cases.filter { $0.expected != nil }
        if let stranger = classes.first(where: { name in !bad.contains { $0.name == name } }) {
            throw WorkloadPlan.Unusable(description: "no class of bad tokens is called \(stranger)")
        }
        let chosen = classes.isEmpty ? bad : classes.map { name in bad.first { $0.name == name }! }
        var mixed = tokens
        var isValid = tokens.map { _ in true }
        let count = count(of: tokens.count)
        for k in 0..<count {
            let place = k * tokens.count / count
            mixed[place] = chosen[k % chosen.count].token
            isValid[place] = false
        }
        return (mixed, isValid)
    }
}
