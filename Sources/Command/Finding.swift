import FastVerify

/// Something about a token that its issuer should know.
struct Finding: Equatable {
    enum Severity: String { case failure, warning, note }

    let severity: Severity
    let text: String

    /// Everything there is to say about a token, whether or not it verifies.
    static func all(in token: TokenText) -> [Finding] {
        sizes(token) + header(token) + claims(token) + sensitive(token)
    }

    /// Many servers cap a header line, or all of them together, at 8 KiB.
    private static func sizes(_ token: TokenText) -> [Finding] {
        var findings: [Finding] = []
        let size = token.text.utf8.count
        if size > 8 << 10 {
            findings.append(Finding(severity: .failure, text: "\(size) bytes: most servers refuse a header over 8 KiB"))
        } else if size > 4 << 10 {
            findings.append(Finding(severity: .warning, text: "\(size) bytes: some servers refuse a header over 4 KiB"))
        }
        if token.hadScheme {
            findings.append(Finding(severity: .note, text: "\"Bearer\" is not part of a token; it was left out"))
        }
        return findings
    }

    private static func header(_ token: TokenText) -> [Finding] {
        guard let header = token.header.members else { return [] }
        var findings: [Finding] = []
        let algorithm = header.string("alg")
        if algorithm?.lowercased() == "none" {
            findings.append(Finding(severity: .failure, text: "alg is none: the token is not signed"))
        } else if algorithm?.hasPrefix("HS") == true {
            findings.append(
                Finding(
                    severity: .warning, text: "\(algorithm!.printable): whoever can verify this token can also make one"
                ))
        } else if algorithm?.hasPrefix("RS") == true {
            findings.append(
                Finding(
                    severity: .note,
                    text: "\(algorithm!.printable) is PKCS #1 v1.5; PS256, ES256 or EdDSA are newer designs"))
        }
        if header["kid"] == nil {
            findings.append(Finding(severity: .note, text: "no kid: keys cannot be rotated smoothly"))
        }
        if header["typ"] == nil {
            findings.append(Finding(severity: .note, text: "no typ: nothing tells this token from one of another kind"))
        }
        for name in ["jwk", "jku", "x5u", "x5c"] where header[name] != nil {
            findings.append(Finding(severity: .warning, text: "\(name): a verifier must not take a key from a token"))
        }
        return findings
    }

    private static func claims(_ token: TokenText) -> [Finding] {
        guard let claims = token.payload.members else { return [] }
        var findings: [Finding] = []
        for (name, loss) in [
            ("exp", "it is valid for ever"), ("aud", "it opens every service"), ("iss", "nothing says who made it"),
        ] where claims[name] == nil {
            findings.append(Finding(severity: .warning, text: "no \(name): \(loss)"))
        }
        if claims["jti"] == nil {
            findings.append(Finding(severity: .note, text: "no jti: it cannot be revoked by name"))
        }
        if let expiration = claims.seconds("exp"), let start = claims.seconds("iat") ?? claims.seconds("nbf") {
            let (life, overflow) = expiration.subtractingReportingOverflow(start)
            if overflow ? expiration > start : life > 86_400 {
                let span = TimeText.span(overflow ? UInt64(Int64.max) : UInt64(life))
                findings.append(Finding(severity: .warning, text: "it lives for \(span): over 24 hours"))
            }
        }
        return findings
    }

    /// A payload is encoded, not encrypted: everybody who sees the token can read it.
    private static func sensitive(_ token: TokenText) -> [Finding] {
        guard let bytes = token.payload.bytes, token.payload.error != .malformedPayload else { return [] }
        let words = [
            "password", "passwd", "passphrase", "secret", "ssn", "socialsecurity", "creditcard", "cardnumber", "cvv",
            "cvc", "iban", "privatekey", "apikey", "refreshtoken",
        ]
        var findings = JSONLayout.names(in: bytes).unique.compactMap { name -> Finding? in
            let plain = name.lowercased().filter { $0.isLetter || $0.isNumber }
            // Short words are names of their own; inside others they mean nothing.
            guard words.contains(where: { $0.count > 4 ? plain.contains($0) : plain == $0 }) else { return nil }
            return Finding(
                severity: .warning,
                text: "claim \"\(name.printable)\" looks sensitive: whoever sees the token can read it")
        }
        if String(decoding: bytes, as: UTF8.self).contains("PRIVATE KEY-----") {
            findings.append(Finding(severity: .failure, text: "a private key stands in the payload"))
        }
        return findings
    }
}
