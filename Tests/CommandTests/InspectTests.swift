import Testing

@testable import Command

/// `inspect`: what it shows, what it claims to have verified, what it finds fault with.
@Suite struct InspectTests {
    let tokens: Tokens

    init() throws { tokens = try Tokens() }

    private static let at = ["--at", "\(Tokens.now)"]

    @Test func nothingIsVerifiedWithoutKey() throws {
        try withTool { tool in
            let outcome = try tool.run(["inspect"] + Self.at, input: tokens.valid())
            #expect(outcome.status == 0)
            #expect(outcome.output.hasPrefix("NOT VERIFIED: no key was given"))
            #expect(outcome.output.contains("    \"sub\": \"alice\""))
            #expect(outcome.output.contains("2027-01-15T08:01:00Z  in 1 minute"))
            let json = try tool.run(["inspect", "--json"] + Self.at, input: tokens.valid())
            #expect(json.output.contains("\"verified\": false"))
            #expect(json.output.contains("\"alg\": \"HS256\""))
        }
    }

    @Test func withKey() throws {
        try withTool { tool in
            let keys = ["inspect", "--secret-file", try tool.file("s", Tokens.secret)] + Self.at
            let bare = try tool.run(keys, input: tokens.valid())
            #expect(bare.status == 0)
            #expect(bare.output.hasPrefix("VERIFIED: signature, times. NOT checked: issuer, audience."))
            let full = try tool.run(keys + ["--issuer", "i", "--audience", "a"], input: "Bearer \(tokens.valid())\n")
            #expect(full.status == 0)
            #expect(full.output.hasPrefix("VERIFIED: signature, times, issuer, audience.\n"))
            #expect(full.output.contains("\"Bearer\" is not part of a token"))
            let foreign = try tool.run(keys + ["--issuer", "j", "--json"], input: tokens.valid())
            #expect(foreign.status == 1)
            #expect(foreign.output.contains("\"verified\": false") && foreign.output.contains("untrusted_issuer"))
            var forged = try tokens.valid()
            forged.removeLast(4)
            let bad = try tool.run(keys, input: forged + "AAAA")
            #expect(bad.status == 1 && bad.output.hasPrefix("NOT VALID: bad_signature"))
        }
    }

    @Test(arguments: [
        (#"{"exp":1}"#, "expired"), (#"{"exp":9000000000,"nbf":8000000000}"#, "not_yet_valid"),
        (#"{"exp":9000000000,"iat":8000000000}"#, "issued_in_future"), (#"{"exp":"1"}"#, "invalid_claim"),
        (#"{"a":1,"a":2}"#, "duplicate_member"), ("[]", "malformed_payload"),
    ])
    func whyItWouldFail(payload: String, error: String) throws {
        try withTool { tool in
            let outcome = try tool.run(["inspect"] + Self.at, input: tokens.token(payload))
            #expect(outcome.status == 1)
            #expect(outcome.output.hasPrefix("NOT VALID: \(error): "))
        }
    }

    @Test(arguments: [
        "", ".", "..", "...", "a.b.c", "é.é.é", "{}", String(repeating: ".", count: 100_000),
        String(repeating: "A", count: 100_000), "e30.e30.e30", "bnVsbA.bnVsbA.", "eyJhIjoi.eyJhIjoi.x", "Bearer",
        "Bearer ",
        "W1tbW1tb.W1tbW1tb.AAAA", "eyJhbGciOiJub25lIn0.e30.", "\u{0}\u{1}.\u{2}", "\\u0000", " \n\t ",
        "eyJhbGciOjF9.e30.AA",
        "IiJ9fX1d.In0iXV19fV0.AA",
    ])
    func garbage(text: String) throws {
        try withTool { tool in
            for options in [[], ["--json"], ["--secret-file", try tool.file("s", Tokens.secret)]] {
                let outcome = try tool.run(["inspect"] + options, input: text)
                #expect(outcome.status == 1, "\(outcome.status) \(options)")
                #expect(outcome.output.contains("NOT V") || outcome.output.contains("\"verified\": false"))
            }
        }
    }

    /// No byte of a token may steer the terminal or reverse what is read.
    @Test func terminalIsSafe() throws {
        try withTool { tool in
            let payload = "{\"sub\":\"\u{9B}31m\u{202E}evil\u{7F}\"}"
            for input in [try tokens.token(payload), try tokens.token("\u{1B}[31m not json \u{9B}")] {
                let outcome = try tool.run(["inspect"], input: input)
                let text = outcome.output.unicodeScalars
                #expect(
                    text.allSatisfy { $0 == "\n" || $0.value >= 0x20 && !(0x7F..<0xA0 ~= $0.value) && $0 != "\u{202E}" }
                )
            }
            #expect(
                try tool.run(["inspect"], input: tokens.token(payload)).output.contains(#"\u009b31m\u202eevil\u007f"#))
        }
    }

    @Test(arguments: [
        ("{}", ["no exp", "no aud", "no iss", "no jti", "no kid", "whoever can verify"]),
        (#"{"iat":0,"exp":86401}"#, ["over 24 hours"]), (#"{"user":{"Credit_Card":1}}"#, ["Credit_Card"]),
        (#"{"password":1}"#, ["\"password\" looks sensitive"]), (#"{"ssn":1}"#, ["\"ssn\""]),
        (#"{"k":"-----BEGIN PRIVATE KEY-----"}"#, ["failure  a private key"]),
    ])
    func findings(payload: String, texts: [String]) throws {
        try withTool { tool in
            let outcome = try tool.run(["inspect"], input: tokens.token(payload))
            for text in texts { #expect(outcome.output.contains(text), "\(outcome.output)") }
        }
    }

    @Test func noFalseFindings() throws {
        let good = TokenText(
            Array(
                try tokens.token(
                    #"{"iss":"i","aud":"a","iat":1000,"exp":87400,"jti":"j","password_changed":0,"lesson":1,"passenger":"x"}"#
                ).utf8))
        let texts = Finding.all(in: good).map(\.text)
        #expect(
            !texts.contains {
                $0.contains("24 hours") || $0.contains("lesson") || $0.contains("passenger") || $0.contains("no i")
            })
    }

    @Test(arguments: [(3000, 0, false), (4500, 0, true), (9000, 1, true)])
    func size(bytes: Int, status: Int32, found: Bool) throws {
        try withTool { tool in
            let token = try tokens.valid(",\"p\":\"\(String(repeating: "p", count: bytes * 3 / 4))\"")
            let outcome = try tool.run(["inspect"] + Self.at, input: token)
            #expect(outcome.status == status)
            #expect(outcome.output.contains("servers refuse a header") == found)
        }
    }

    @Test func times() {
        #expect(TimeText.iso8601(0) == "1970-01-01T00:00:00Z")
        #expect(TimeText.iso8601(-62_135_596_800) == "0001-01-01T00:00:00Z")
        #expect(TimeText.iso8601(253_402_300_799) == "9999-12-31T23:59:59Z")
        #expect(TimeText.iso8601(.max) == nil && TimeText.iso8601(.min) == nil)
        #expect(TimeText.relative(.min, now: 1) == "out of range")
        #expect(TimeText.relative(100, now: 160) == "1 minute ago" && TimeText.relative(7300, now: 0) == "in 2 hours")
    }
}
