import Testing

/// `verify`: exit status and formats.
@Suite struct VerifyTests {
    let tokens: Tokens

    init() throws { tokens = try Tokens() }

    @Test func allValid() throws {
        try withTool { tool in
            let outcome = try tool.verify("\(tokens.valid())\n\(tokens.valid(sub: "bob"))\n")
            #expect(outcome.status == 0)
            #expect(
                outcome.output == #"{"line":1,"valid":true,"sub":"alice"}"# + "\n"
                    + #"{"line":2,"valid":true,"sub":"bob"}"# + "\n")
            #expect(outcome.errors == "")
        }
    }

    @Test func someRefused() throws {
        try withTool { tool in
            var forged = try tokens.valid()
            forged.removeLast(4)
            let outcome = try tool.verify("\(tokens.expired())\n\(tokens.valid())\nnonsense\n\(forged)AAAA\n")
            #expect(outcome.status == 1)
            #expect(
                outcome.lines == [
                    #"{"line":1,"valid":false,"error":"expired"}"#, #"{"line":2,"valid":true,"sub":"alice"}"#,
                    #"{"line":3,"valid":false,"error":"not_compact"}"#,
                    #"{"line":4,"valid":false,"error":"bad_signature"}"#,
                ])
        }
    }

    /// `sub` is passed on as JSON text: whatever it holds, a line stays one line of JSON.
    @Test(arguments: [#"a\"b"#, #"\u000a\u0000"#, #"\\"#, "é😀", ""])
    func subjectAsClaimed(subject: String) throws {
        try withTool { tool in
            let outcome = try tool.verify(tokens.valid(sub: subject) + "\n")
            #expect(outcome.status == 0)
            #expect(outcome.output == #"{"line":1,"valid":true,"sub":"\#(subject)"}"# + "\n")
        }
    }

    @Test func subjectAbsent() throws {
        try withTool { tool in
            let outcome = try tool.verify(tokens.token(#"{"iss":"i","aud":"a","exp":9000000000}"#))
            #expect(outcome.output == #"{"line":1,"valid":true}"# + "\n")
        }
    }

    @Test func summary() throws {
        try withTool { tool in
            let input = try "\(tokens.valid())\n\n\(tokens.expired())\n\(tokens.expired())\nx.y.z\n"
            let outcome = try tool.verify(input, "--format", "summary")
            #expect(outcome.status == 1)
            let rows = outcome.lines.map { $0.split(separator: " ").map(String.init) }
            #expect(
                rows.prefix(6) == [
                    ["lines", "5"], ["tokens", "4"], ["valid", "1"], ["refused", "3"], ["expired", "2"],
                    ["invalid_encoding", "1"],
                ])
            #expect(rows.map(\.first).suffix(2) == ["seconds", "tokens/s"])
        }
    }

    /// Any payload, no claims read, no `sub` printed.
    @Test func layerJWS() throws {
        try withTool { tool in
            let secret = try tool.file("secret", Tokens.secret)
            let input = try "\(tokens.token("not json"))\n\(tokens.expired())\n"
            let outcome = try tool(
                "verify", "--secret-file", secret, "--algorithms", "HS256", "--layer", "jws", "-", input: input)
            #expect(outcome.status == 0)
            #expect(outcome.lines == [#"{"line":1,"valid":true}"#, #"{"line":2,"valid":true}"#])
            #expect(outcome.errors == "")
            let both = try tool.verify(input, "--layer", "jws")
            #expect(both.status == 0)
            #expect(both.errors.contains("checks signatures only"))
        }
    }

    @Test(arguments: [
        (["--require-scope", "read"], "insufficient_scope"), (["--require-role", "admin"], "insufficient_role"),
        (["--require-claim", "jti"], "missing_claim"), (["--type", "at+jwt"], "wrong_type"),
        (["--max-age", "60"], "missing_claim"), (["--profile", "at+jwt"], "wrong_type"),
        (["--max-token-bytes", "20"], "token_too_large"),
    ])
    func policyOptions(options: [String], error: String) throws {
        try withTool { tool in
            let outcome = try tool.run(Tokens.arguments(tool) + options + ["-"], input: tokens.valid())
            #expect(outcome.status == 1)
            #expect(outcome.output == #"{"line":1,"valid":false,"error":"\#(error)"}"# + "\n")
        }
    }

    @Test func leewayAndMissingExpiration() throws {
        try withTool { tool in
            #expect(try tool.verify(tokens.expired(), "--leeway", "1").status == 0)
            let eternal = try tokens.token(#"{"iss":"i","aud":"a"}"#)
            #expect(try tool.verify(eternal).output.contains("missing_claim"))
            #expect(try tool.verify(eternal, "--allow-missing-exp").status == 0)
            #expect(try tool.verify(tokens.valid(",\"roles\":[\"x\"]"), "--require-role", "x").status == 0)
            let nested = try tokens.valid(#","realm":{"roles":["x"]}"#)
            #expect(try tool.verify(nested, "--require-role", "x").status == 1)
            #expect(
                try tool.verify(nested, "--require-role", "x", "--roles-path", "realm", "--roles-path", "roles").status
                    == 0)
        }
    }

    @Test func severalIssuers() throws {
        try withTool { tool in
            let other = try tokens.token(#"{"iss":"j","aud":"a","exp":9000000000}"#)
            #expect(try tool.verify(other).output.contains("untrusted_issuer"))
            #expect(try tool.verify(other, "--issuer", "j").status == 0)
        }
    }

    @Test func kernelByName() throws {
        try withTool { tool in
            #expect(try tool.verify(tokens.valid(), "--kernel", "sodium").status == 0)
            let wrong = try tool.verify(tokens.valid(), "--kernel", "abacus")
            #expect(wrong.status == 2)
            #expect(wrong.errors.contains("HS256 has") && wrong.errors.contains("openssl"))
            let partly = try tool.verify(tokens.valid(), "--algorithms", "HS384", "--kernel", "sodium")
            #expect(partly.status == 0)
            #expect(partly.errors.contains("no kernel sodium for HS384"))
        }
    }
}
