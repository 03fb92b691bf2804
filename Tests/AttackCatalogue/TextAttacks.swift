private typealias Issuer = CatalogueIssuer

/// Rows 34 to 37: JSON that two readers could read differently, or that costs much. All well signed.
extension Attack {
    static var texts: [Attack] { duplicates + names + sizes + broken }

    private static func payload(_ row: Int, _ name: String, _ text: String, _ outcome: Outcome = .badToken) -> Attack {
        Attack(row, name, Issuer.token(payload: text), outcome)
    }

    private static var duplicates: [Attack] {
        ["exp", "iss", "sub", "aud", "scope"].map { name in
            payload(34, "\(name) twice", Issuer.claims.dropLast() + ",\"\(name)\":\"x\"}")
        } + [
            payload(34, "sub twice, once escaped", Issuer.claims.dropLast() + #","s\u0075b":"x"}"#),
            payload(34, "twice inside", Issuer.claims.dropLast() + #","a":{"b":1,"b":2}}"#),
            Attack(34, "alg twice", Issuer.token(header: #"{"alg":"ES256","kid":"ec","alg":"ES256"}"#)),
            Attack(
                34, "alg twice, once escaped", Issuer.token(header: #"{"alg":"ES256","kid":"ec","\u0061lg":"HS256"}"#)),
            Attack(34, "kid twice", Issuer.token(header: #"{"alg":"ES256","kid":"ec","kid":"ed"}"#)),
        ]
    }

    private static var names: [Attack] {
        [
            payload(
                35, "an escaped name", Issuer.claims("exp", nil).dropLast() + ",\"e\\u0078p\":\(Issuer.now + 9)}",
                .accepted),
            payload(35, "an escaped name of the past", Issuer.claims("exp", nil).dropLast() + ",\"e\\u0078p\":1}"),
            payload(35, "EXP", Issuer.claims("exp", nil).dropLast() + ",\"EXP\":\(Issuer.now + 9)}"),
            payload(35, "exp and a zero", Issuer.claims("exp", nil).dropLast() + ",\"exp\\u0000\":\(Issuer.now + 9)}"),
            payload(35, "__proto__", Issuer.claims.dropLast() + #","__proto__":{"scope":"admin"}}"#, .accepted),
            Attack(35, "Alg", Issuer.token(header: #"{"Alg":"ES256","kid":"ec"}"#)),
        ]
    }

    private static var sizes: [Attack] {
        let many = (0..<1500).map { ",\"n\($0)\":0" }.joined()
        return [
            payload(36, "arrays", "{\"a\":" + String(repeating: "[", count: 8000)),
            payload(
                36, "closed arrays",
                "{\"a\":" + String(repeating: "[", count: 4000) + String(repeating: "]", count: 4000) + "}"),
            payload(
                36, "objects", String(repeating: "{\"a\":", count: 1600) + "1" + String(repeating: "}", count: 1600)),
            payload(36, "1,500 names", "{\"a\":0" + many + "}"),
            payload(
                36, "a long aud without ours",
                Issuer.claims("aud", "[" + [String](repeating: "\"x\"", count: 2000).joined(separator: ",") + "]")),
            payload(36, "a long string", Issuer.claims("sub", "\"" + String(repeating: "x", count: 50_000) + "\"")),
        ]
    }

    private static var broken: [Attack] {
        let texts = [
            "", "[]", "1", "null", "\"x\"", "{", "{}x", "{}{}", "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":+1}",
            "{\"a\":01}",
            "{\"a\":1.}", "{\"a\":.5}", "{\"a\":0x1}", "{/**/}", "{\"a\":1,}", "{'a':1}", "{\"a\":\"\\ud800\"}",
            "{\"a\":\"\u{1}\"}", "{\"a\":\"\\x\"}",
        ]
        let bytes: [(String, [UInt8])] = [
            ("BOM", [0xEF, 0xBB, 0xBF] + Issuer.claims.utf8),
            ("overlong", Array("{\"a\":\"".utf8) + [0xC0, 0xAF] + Array("\"}".utf8)),
            ("UTF-16", Issuer.claims.utf8.flatMap { [0, $0] }),
            ("a lone byte", Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8)),
        ]
        return texts.map { payload(37, "payload \($0)", $0) }
            + bytes.map { name, text in
                Attack(37, name, Issuer.token(header: Array(Issuer.header(Issuer.ecdsa).utf8), payload: text))
            }
    }
}
