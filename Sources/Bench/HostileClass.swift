import FastVerify

/// What an attacker tries, under the names of the budgets.
enum HostileKind: String, Codable, CaseIterable {
    case unknownKid = "unknown kid"
    case badSignature = "bad signature"
    case oversize
    case deepJSON = "deep JSON"
    case dotFlood = "dot flood"
    case wrongAlg = "wrong alg"
    case expired
    case duplicateMembers = "duplicate members"
    /// Within all limits, and nothing but work for a parser.
    case denseJSON = "dense JSON"
    /// Points that incomplete additions cannot add, under a key that the attacker has made himself.
    case exceptionalECDSA = "exceptional ECDSA"
}

/// Tokens of one kind, all of them refused for one reason.
struct HostileClass {
    let kind: HostileKind
    /// What sets the class apart from others of its kind; may be empty.
    let variant: String
    /// Hostile ones and, where `share` is above 1, valid ones between them.
    let tokens: [String]
    let expected: [VerificationError?]
    /// One token in so many is hostile.
    let share: Int

    /// Nothing but hostile tokens.
    init(_ kind: HostileKind, _ tokens: [String], _ expected: VerificationError, _ variant: String = "") {
        self.kind = kind
        self.variant = variant
        self.tokens = tokens
        self.expected = tokens.map { _ in expected }
        share = 1
    }

    /// The same among valid tokens: what hostile neighbours cost, in a batch.
    init(_ whole: HostileClass, oneIn share: Int, of valid: [String]) {
        kind = whole.kind
        variant = [whole.variant, "one in \(share)"].filter { !$0.isEmpty }.joined(separator: ", ")
        self.share = share
        tokens = valid.indices.map { $0 % share == 0 ? whole.tokens[$0] : valid[$0] }
        expected = valid.indices.map { $0 % share == 0 ? whole.expected[$0] : nil }
    }

    var name: String { variant.isEmpty ? kind.rawValue : "\(kind.rawValue), \(variant)" }

    /// Of a hostile token, on average.
    var characters: Double {
        let lengths = zip(tokens, expected).compactMap { $1 == nil ? nil : Double($0.utf8.count) }
        return lengths.reduce(0, +) / Double(lengths.count)
    }
}
