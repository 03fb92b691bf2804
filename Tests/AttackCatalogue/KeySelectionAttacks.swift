internal import FastVerify

private typealias Issuer = CatalogueIssuer

/// Rows 1 to 10: what chooses the algorithm and the key.
extension Attack {
    static var keySelection: [Attack] { algorithms + confusions + keys + keyIDs }

    private static var algorithms: [Attack] {
        let names = [
            "\"none\"", "\"None\"", "\"NONE\"", "\"nOnE\"", "\"\"", "null", "0", "[]", "[\"ES256\"]", "{}", "true",
        ]
        let unsigned = names.flatMap { name -> [Attack] in
            let header = #"{"alg":\#(name),"kid":"ec"}"#
            let input = Issuer.encode(header) + "." + Issuer.encode(Issuer.claims)
            return [
                Attack(1, "alg \(name), signed", Issuer.token(header: header)),
                Attack(1, "alg \(name), no signature", input + "."), Attack(1, "alg \(name), two segments", input),
            ]
        }
        let unknown = ["ES256 ", " ES256", "es256", "ES256\\u0000", "A128KW", "ES25", "HS1"].map { name in
            Attack(2, "alg \(name)", Issuer.token(header: #"{"alg":"\#(name)","kid":"ec"}"#))
        }
        return unsigned + unknown + [
            Attack(1, "no alg", Issuer.token(header: #"{"kid":"ec"}"#)),
            Attack(1, "empty header", Issuer.token(header: "{}")),
            Attack(2, "an escaped name", Issuer.token(header: #"{"\u0061lg":"\u0045S256","kid":"ec"}"#), .accepted),
        ]
    }

    /// A public key, however written, is no secret.
    private static var confusions: [Attack] {
        [Issuer.rsa, Issuer.ecdsa, Issuer.edwards].flatMap { key -> [Attack] in
            let jwk = key.publicJWK
            let forms: [(String, [UInt8])] = [
                ("JWK", Array(jwk.utf8)), ("PEM", Array(key.pem!.utf8)),
                ("PEM after CRLF", Array(("\r\n" + key.pem!).utf8)),
                ("members", Array(jwk.filter { $0 != "\"" }.utf8)),
                ("thumbprint", Array(key.verificationKey.thumbprint.utf8)),
            ]
            return forms.map { form, bytes in
                let forger = try! SigningKey(secret: bytes, algorithm: .hs256)
                let header = #"{"alg":"HS256","kid":"\#(key.keyID!)"}"#
                return Attack(3, "\(key.algorithm.name) key as secret: \(form)", Issuer.token(header: header, forger))
            }
        }
    }

    private static var keys: [Attack] {
        let crossed = [
            ("RS256", Issuer.ecdsa), ("ES256", Issuer.rsa), ("PS256", Issuer.rsa), ("HS256", Issuer.edwards),
        ]
        .map { name, key in
            Attack(
                6, "\(name) under \(key.keyID!)",
                Issuer.token(header: #"{"alg":"\#(name)","kid":"\#(key.keyID!)"}"#, key))
        }
        let own = [
            #""jwk":\#(Issuer.attacker.publicJWK)"#, #""jku":"https://attacker.example/keys""#,
            #""x5u":"file:///etc/passwd""#,
            #""x5c":["MIIB"]"#, #""x5t":"AAAA""#,
        ]
        return crossed
            + own.flatMap { member -> [Attack] in
                let header = Issuer.header(Issuer.ecdsa, "," + member)
                return [
                    Attack(
                        8, "own key in the header: \(member.prefix(5))", Issuer.token(header: header, Issuer.attacker)),
                    Attack(9, "ignored: \(member.prefix(5))", Issuer.token(header: header), .accepted),
                ]
            }
    }

    private static var keyIDs: [Attack] {
        let ids = [
            "\"../../dev/null\"", "\"' OR 1=1 --\"", "\"\"", "\"ec\\u0000\"", "\"EC\"", "\"e\"", "1", "null", "[]",
            "{}",
            "\"neighbour\"", "\"\(String(repeating: "k", count: 8000))\"",
        ]
        let neighbours = Issuer.token(header: #"{"alg":"ES256","kid":"neighbour"}"#, Issuer.neighbour)
        let unknown = (0..<20).map { number in
            Attack(45, "unknown kid \(number)", Issuer.token(header: #"{"alg":"ES256","kid":"k\#(number)"}"#))
        }
        return ids.map { id in
            Attack(10, "kid \(id.prefix(20))", Issuer.token(header: #"{"alg":"ES256","kid":\#(id)}"#))
        } + [Attack(10, "a key of another issuer", neighbours)] + unknown
    }
}
