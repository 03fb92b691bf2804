private typealias Issuer = CatalogueIssuer

/// Rows 11 to 15: parameters that change what a token is.
extension Attack {
    static var headers: [Attack] {
        let critical = [
            "[\"exp\"]", "[]", "\"exp\"", "null", "{}", "[\"alg\"]", "[\"exp\",\"exp\"]", "[\"b64\"]", "[\"x\"]", "[1]",
        ].map { value in
            Attack(
                11, "crit \(value)", Issuer.token(header: Issuer.header(Issuer.ecdsa, #","crit":\#(value),"exp":1"#)))
        }
        let unencoded = ["false", "true", "\"false\"", "null"].map { value in
            Attack(12, "b64 \(value)", Issuer.token(header: Issuer.header(Issuer.ecdsa, #","b64":\#(value)"#)))
        }
        let types = ["\"at+jwt\"", "\"logout+jwt\"", "\"dpop+jwt\"", "\"jwe\"", "1", "[]"].map { type in
            Attack(13, "typ \(type)", Issuer.token(header: Issuer.header(Issuer.ecdsa, #","typ":\#(type)"#)))
        }
        return critical + unencoded + types + forms
    }

    /// What is no JWS in compact serialization.
    private static var forms: [Attack] {
        let parts = Issuer.token().split(separator: ".").map(String.init)
        let encrypted = Issuer.encode(#"{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"zip":"DEF"}"#)
        return [
            Attack(12, "detached payload", "\(parts[0])..\(parts[2])"),
            Attack(13, "five segments", [encrypted, "AAAA", "AAAA", "AAAA", "AAAA"].joined(separator: ".")),
            Attack(13, "five segments around a good token", "A.\(parts.joined(separator: ".")).A"),
            Attack(13, "nested", Issuer.token(header: Issuer.header(Issuer.ecdsa, #","cty":"JWT","enc":"A128GCM""#))),
            Attack(
                14, "flattened JSON",
                #"{"protected":"\#(parts[0])","payload":"\#(parts[1])","signature":"\#(parts[2])"}"#, .malformed),
            Attack(14, "JSON around a good token", #"{"\#(parts.joined(separator: "."))":1}"#, .malformed),
            Attack(15, "zip", Issuer.token(header: Issuer.header(Issuer.ecdsa, #","zip":"DEF""#))),
            Attack(15, "a costly header", "\(encrypted).\(parts[1]).\(parts[2])"),
        ]
    }
}
