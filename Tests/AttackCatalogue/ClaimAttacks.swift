private typealias Issuer = CatalogueIssuer

/// Rows 38 to 49: claims, all well signed.
extension Attack {
    static var claims: [Attack] { times + names + others }

    private static func claim(_ row: Int, _ name: String, _ value: String?, _ outcome: Outcome = .badToken) -> Attack {
        Attack(row, "\(name) \(value ?? "absent")", Issuer.token(payload: Issuer.claims(name, value)), outcome)
    }

    private static var times: [Attack] {
        let wrong = ["\"\(Issuer.now + 900)\"", "1E400", "-1", "-0", "null", "true", "[1]", "{}", "\"\""]
        let digits = String(repeating: "9", count: 400)
        return wrong.map { claim(38, "exp", $0) }
            + ["\"0\"", "null", "true", "[0]", digits, "1E400"].flatMap {
                [claim(38, "nbf", $0), claim(38, "iat", $0)]
            }
            + [
                claim(38, "exp", "\(Issuer.now + 1).5", .accepted), claim(38, "exp", digits), claim(38, "exp", nil),
                claim(39, "exp", "\(Issuer.now)"), claim(39, "exp", "\(Issuer.now - 1)"), claim(39, "exp", "0"),
                claim(39, "exp", "\(Int64.min)"), claim(39, "exp", "\(Issuer.now + 1)", .accepted),
                claim(39, "nbf", "\(Issuer.now + 1)"), claim(39, "nbf", "\(Issuer.now)", .accepted),
                claim(39, "nbf", "\(Int64.max)"), claim(39, "iat", "\(Issuer.now + 1)"),
            ]
    }

    private static var names: [Attack] {
        let audiences = [
            "\"order\"", "\"orders/\"", "\"Orders\"", "\"xorders\"", "[]", "[\"\"]", "[[\"orders\"]]", "1", "null",
            "{}",
            "[\"orders\",1]", "\"orders \"", "{\"orders\":1}",
        ]
        let issuers = [
            "\"https://id.example/\"", "\"https://id.example.evil\"", "\"HTTPS://ID.EXAMPLE\"",
            "[\"https://id.example\"]",
            "\"\"", "null", "1", "\"https://id.exampl\"", "\"https://id.example\\u0000\"",
        ]
        return audiences.map { claim(40, "aud", $0) } + issuers.map { claim(40, "iss", $0) } + [
            claim(40, "aud", nil), claim(40, "iss", nil), claim(40, "aud", #"["x","orders"]"#, .accepted),
            claim(40, "iss", "\"\(Issuer.neighbourName)\""), claim(40, "sub", "1"), claim(40, "jti", "{}"),
        ]
    }

    private static var others: [Attack] {
        let late = Issuer.token(payload: Issuer.claims("exp", "1"))
        let neighbours = Issuer.claims("iss", "\"\(Issuer.neighbourName)\"")
        let replay = "\(Issuer.token().split(separator: ".")[2])"
        return [
            Attack(41, "expired, and a bad signature", late.dropLast(8) + "AAAAAAAA"),
            Attack(48, "the neighbour's own", Issuer.token(payload: neighbours, Issuer.neighbour), .accepted),
            Attack(48, "the issuer's, by the neighbour", Issuer.token(payload: Issuer.claims, Issuer.neighbour)),
            Attack(
                18, "another payload under a good signature",
                late.split(separator: ".")[0...1].joined(separator: ".") + "." + replay),
            claim(49, "jti", "\"revoked\""), claim(49, "cnf", #"{"jkt":"k"}"#), claim(49, "cnf", "{}"),
        ]
    }
}
