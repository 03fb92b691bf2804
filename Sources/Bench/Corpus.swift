import FastVerify

/// Tokens whose verdict is known, good ones and bad ones of many classes, under the workload's key. A kernel is only
/// measured while it gets all of them right.
struct Corpus {
    struct Case {
        let name: String
        let token: String
        /// `nil`: the token must be accepted.
        var expected: VerificationError?
    }

    var cases: [Case] = []
    private let workload: Workload
    private var random: Random

    init(_ workload: Workload) throws {
        self.workload = workload
        random = Random(seed: workload.seed ^ 0x636f_7270_7573)
        for token in workload.tokens.prefix(8) { add("good", token, nil) }
        try addForged()
        try addMisshapen()
        try addMisnamed()
        try addUnacceptable()
        // Good ones between the bad ones: a verdict must not depend on its neighbours.
        for place in stride(from: 10, to: cases.count * 4 / 3, by: 4) {
            let token = workload.tokens[place % workload.tokens.count]
            cases.insert(Case(name: "good neighbour", token: token, expected: nil), at: min(place, cases.count))
        }
    }

    private mutating func add(_ name: String, _ token: String, _ expected: VerificationError?) {
        cases.append(Case(name: name, token: token, expected: expected))
    }

    /// Right shape, wrong signature.
    private mutating func addForged() throws {
        let token = workload.tokens[0]
        let (input, signature) = Workload.split(token)
        let prefix = String(decoding: input, as: UTF8.self) + "."
        for bit in [0, 7, signature.count * 4 + 3, signature.count * 8 - 8, signature.count * 8 - 1] {
            var changed = signature
            changed[bit / 8] ^= 0x80 >> UInt8(bit % 8)
            add("signature bit \(bit)", prefix + Base64URL.encode(changed), .badSignature)
        }
        add(
            "signature of zeros", prefix + Base64URL.encode([UInt8](repeating: 0, count: signature.count)),
            .badSignature)
        add(
            "signature of ones", prefix + Base64URL.encode([UInt8](repeating: 0xff, count: signature.count)),
            .badSignature)
        let other = workload.tokens[1].split(separator: ".")
        add("signature of another token", prefix + other[2], .badSignature)
        let own = token.split(separator: ".")
        add("payload of another token", [own[0], other[1], own[2]].joined(separator: "."), .badSignature)
        let stranger = try SigningKey(generate: workload.subject.header)
        guard let foreign = stranger.sign(input) else {
            throw Workload.Unsigned(description: "signing the corpus failed")
        }
        add("signature of another key", prefix + Base64URL.encode(foreign), .badSignature)
        let material = KeyMaterial(workload.key.verificationKey)
        let unreduced = workload.tokens.lazy.compactMap { token -> String? in
            let (input, signature) = Workload.split(token)
            let sum = Self.unreduced(signature, material)
            return sum.map { String(decoding: input, as: UTF8.self) + "." + Base64URL.encode($0) }
        }
        if let token = unreduced.first { add("signature plus the order", token, .badSignature) }
        add("short signature", prefix + Base64URL.encode(Array(signature.dropLast())), .signatureLength)
        add("long signature", prefix + Base64URL.encode(signature + [0]), .signatureLength)
        add("no signature", prefix, .signatureLength)
    }

    /// Not what RFC 7515 calls a compact serialization.
    private mutating func addMisshapen() throws {
        let token = workload.tokens[2]
        let parts = token.split(separator: ".").map(String.init)
        add("empty", "", .notCompact)
        add("one dot", parts[0] + "." + parts[1], .notCompact)
        add("three dots", token + ".", .notCompact)
        add("padding", "\(parts[0]).\(parts[1])=.\(parts[2])", .invalidEncoding)
        add("white space", "\(parts[0]).\(parts[1].dropLast()) .\(parts[2])", .invalidEncoding)
        add("plain base64", "\(parts[0]).\(parts[1].dropLast())+.\(parts[2])", .invalidEncoding)
        if let loose = Self.loose(parts[2]) {
            add("loose trailing bits", "\(parts[0]).\(parts[1]).\(loose)", .invalidEncoding)
        }
        add("no object", try workload.signed(workload.header(), "[1]"), .malformedPayload)
        add(
            "open object",
            try workload.signed(workload.header(), String(Claims(&random, at: workload.moment).json.dropLast())),
            .malformedPayload)
        var twice = Claims(&random, at: workload.moment)
        twice.repeated = ",\"sub\":\"another\""
        add("claim twice", try workload.signed(workload.header(), twice.json), .duplicateMember)
    }

    /// Text that decodes to the same bytes where trailing bits are not looked at; `nil` where the text has none.
    private static func loose(_ text: String) -> String? {
        guard text.utf8.count % 4 != 0, let last = text.utf8.last else { return nil }
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        let place = alphabet.firstIndex(of: last)!
        return text.dropLast() + String(UnicodeScalar(alphabet[place ^ 1]))
    }

    /// A header that must not be followed.
    private mutating func addMisnamed() throws {
        let json = Claims(&random, at: workload.moment).json
        let parts = workload.tokens[3].split(separator: ".").map(String.init)
        let none = Base64URL.encode(Array("{\"alg\":\"none\"}".utf8))
        add("alg none", "\(none).\(parts[1]).", .unsupportedAlgorithm)
        let foreign: Algorithm = workload.subject.header == .hs256 ? .es256 : .hs256
        add("another algorithm", try workload.signed(workload.header(alg: foreign.name), json), .algorithmNotAllowed)
        add("unknown key", try workload.signed(workload.header(kid: "2025-12"), json), .keyNotFound)
        add(
            "critical extension", try workload.signed(workload.header(more: ",\"crit\":[\"exp\"]"), json),
            .criticalHeader)
        add(
            "another type", try workload.signed(workload.header().replacing("\"JWT\"", with: "\"logout+jwt\""), json),
            .wrongType)
    }

    /// Correctly signed, refused by the policy.
    private mutating func addUnacceptable() throws {
        let now = workload.moment.now
        let slack = workload.moment.slack
        func claims(_ change: (inout Claims) -> Void) throws -> String {
            var claims = Claims(&random, at: workload.moment)
            change(&claims)
            return try workload.signed(workload.header(), claims.json)
        }
        add("expired", try claims { $0.expiration = String(now - slack) }, .expired)
        add("not yet valid", try claims { $0.notBefore = now + 1 + slack }, .notYetValid)
        add("expiry as a string", try claims { $0.expiration = "\"\(now + 60 + slack)\"" }, .invalidClaim)
        add("another issuer", try claims { $0.issuer += ".evil" }, .untrustedIssuer)
        add("another audience", try claims { $0.audience = "invoices" }, .wrongAudience)
        add(
            "just valid",
            try claims {
                $0.expiration = String(now + 1 + slack); $0.notBefore = now - slack
            }, nil)
    }

    /// Every case alone and all in one batch must give exactly the expected verdict.
    func check(_ verifier: Verifier, kernel: String) throws(WrongVerdict) {
        let text = TokenText(cases.map(\.token))
        var batch = VerificationBatch()
        verifier.verify(batch: text.views, into: &batch)
        for (position, known) in cases.enumerated() {
            try compare(known, batch.error(at: position), kernel, "in a batch")
        }
        for (position, known) in cases.enumerated() {
            verifier.verify(batch: [text.views[position]], into: &batch)
            try compare(known, batch.error(at: 0), kernel, "alone")
        }
    }

    private func compare(
        _ known: Case, _ verdict: VerificationError?, _ kernel: String, _ place: String
    ) throws(WrongVerdict) {
        guard verdict != known.expected else { return }
        func text(_ error: VerificationError?) -> String { error.map(\.name) ?? "accepted" }
        throw WrongVerdict(
            description:
                "\(workload.subject.name) \(kernel): \"\(known.name)\" \(place): \(text(verdict)), expected \(text(known.expected))"
        )
    }
}
