/// What the tokens of a hostile class cost in CPU time, beside what they are held to.
struct AdversarialCost: Codable {
    let algorithm: String
    let kernel: String
    let mode: CallMode
    /// `nil`: valid tokens.
    let kind: HostileKind?
    let variant: String
    let charactersPerToken: Double
    let nsPerToken: Statistics
    let nsPerCharacter: Double
    /// The cost to that of what the class is held to, round by round.
    let ratio: Statistics?
    let budget: Double?
    /// What disturbed the measurement; see `Noise`.
    let noise: [String]

    /// Only where all of the interval lies above: noise exceeds nothing.
    var isExceeded: Bool {
        guard let ratio, let budget else { return false }
        return ratio.low > budget
    }

    var name: String { ([kind?.rawValue ?? "valid"] + (variant.isEmpty ? [] : [variant])).joined(separator: ", ") }
}

extension AdversarialCost {
    /// Nanoseconds a token, round by round: of the contender, of valid tokens on the same path, of OpenSSL's
    /// bare check of exceptional signatures.
    struct Rounds {
        let own: [Double]
        let valid: [Double]
        let bare: [Double]?
    }

    /// What a hostile token costs: of a mix, what is left when its valid tokens have cost what they cost elsewhere.
    static func hostile(_ rounds: Rounds, share: Int) -> [Double] {
        zip(rounds.own, rounds.valid).map { own, valid in own * Double(share) - valid * Double(share - 1) }
    }

    /// What a hostile token is held to.
    ///
    /// A valid token, and of one that is longer than a valid one as much of it as it is longer: an attacker pays by the
    /// byte. Exceptional points are finished by OpenSSL after the lanes have met them: a valid token and a bare check.
    static func reference(_ rounds: Rounds, _ kind: HostileKind, lengths: Double) -> [Double] {
        if kind == .exceptionalECDSA, let bare = rounds.bare { return zip(rounds.valid, bare).map { $0 + $1 } }
        return rounds.valid.map { $0 * max(1, lengths) }
    }
}

extension AdversarialCost {
    static let header = [
        "algorithm", "call", "tokens", "characters", "CPU ns", "± quartiles", "ns/character", "ratio", "95 %", "budget",
        "", "noise",
    ]

    var row: [String] {
        [
            algorithm, mode.rawValue, name, Report.grouped(charactersPerToken), Report.grouped(nsPerToken.median),
            Report.percent(nsPerToken.spread), Report.decimal(nsPerCharacter, 3),
            ratio.map { Report.decimal($0.median, 3) } ?? "–",
            ratio.map { "\(Report.decimal($0.low, 3))…\(Report.decimal($0.high, 3))" } ?? "–",
            budget.map { Report.decimal($0, 2) } ?? "–", isExceeded ? "EXCEEDED" : "", Noise.kinds(noise),
        ]
    }
}
