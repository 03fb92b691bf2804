import Testing

/// Wrong usage and unreadable input: status 2, one clear message, nothing on standard output.
@Suite struct UsageTests {
    private func refused(
        _ tool: Tool, _ arguments: [String], saying text: String, input: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try tool.run(arguments, input: input)
        #expect(outcome.status == 2, sourceLocation: sourceLocation)
        #expect(outcome.output == "", sourceLocation: sourceLocation)
        #expect(outcome.errors.contains(text), "\(outcome.errors)", sourceLocation: sourceLocation)
    }

    /// Nothing is trusted by being left out.
    @Test func policyMustBeComplete() throws {
        try withTool { tool in
            let valid = try Tokens().valid()
            let base = ["verify", "--secret-file", try tool.file("s", Tokens.secret), "--at", "\(Tokens.now)", "-"]
            let algorithms = ["--algorithms", "HS256"]
            try refused(tool, base + ["--issuer", "i", "--audience", "a"], saying: "--algorithms", input: valid)
            try refused(tool, base + algorithms + ["--audience", "a"], saying: "--any-issuer", input: valid)
            try refused(tool, base + algorithms + ["--issuer", "i"], saying: "--any-audience", input: valid)
            try refused(
                tool, base + algorithms + ["--issuer", "i", "--any-issuer", "--audience", "a"], saying: "exclude")
            try refused(
                tool, base + algorithms + ["--issuer", "i", "--any-audience", "--audience", "a"], saying: "exclude")
            try refused(tool, base + ["--algorithms", "none", "--issuer", "i", "--audience", "a"], saying: "none")
            try refused(tool, base + ["--algorithms", "hs256", "--issuer", "i", "--audience", "a"], saying: "hs256")
            let open = try tool.run(base + algorithms + ["--any-issuer", "--any-audience"], input: valid)
            #expect(open.status == 0)
            // Each flag opens what it names and nothing else.
            let wrong = try tool.run(base + algorithms + ["--any-issuer", "--audience", "z"], input: valid)
            #expect(wrong.output.contains("wrong_audience"))
            let other = try tool.run(base + algorithms + ["--any-audience", "--issuer", "z"], input: valid)
            #expect(other.output.contains("untrusted_issuer"))
        }
    }

    @Test func keysMustBeGivenOnce() throws {
        try withTool { tool in
            let policy = ["--issuer", "i", "--audience", "a", "--algorithms", "HS256", "-"]
            try refused(tool, ["verify"] + policy, saying: "--jwks, --key or --secret-file")
            try refused(tool, ["verify", "--jwks", "x", "--key", "y"] + policy, saying: "one of")
            try refused(tool, ["verify", "--jwks", "-"] + policy, saying: "both come from standard input", input: "x")
            try refused(tool, ["inspect", "--jwks", "-"], saying: "both come from standard input", input: "x")
        }
    }

    @Test func badFiles() throws {
        try withTool { tool in
            let policy = ["--issuer", "i", "--audience", "a", "--algorithms", "HS256,ES256"]
            func verify(_ keys: String..., input: String = "-") -> [String] { ["verify"] + keys + policy + [input] }
            let secret = try tool.file("secret", Tokens.secret)
            try refused(tool, verify("--jwks", tool.path("absent")), saying: "absent: No such file")
            try refused(tool, verify("--jwks", tool.directory), saying: "Is a directory")
            try refused(tool, verify("--secret-file", secret, input: tool.path("gone")), saying: "gone: No such file")
            try refused(tool, verify("--secret-file", secret, input: tool.directory), saying: "Is a directory")
            try refused(tool, verify("--secret-file", tool.file("empty", "")), saying: "empty: ")
            try refused(tool, verify("--secret-file", tool.file("short", "0123456789")), saying: "short: ")
            try refused(tool, verify("--key", tool.file("pem", "-----BEGIN X-----")), saying: "pem: ")
            try refused(tool, verify("--jwks", tool.file("list", "[]")), saying: "list: ")
            try refused(tool, verify("--jwks", tool.file("none", #"{"keys":[]}"#)), saying: "none: no key in it serves")
            let huge = try tool.file("huge", [UInt8](repeating: 32, count: 1 << 20 + 1))
            try refused(tool, verify("--jwks", huge), saying: "huge: larger than 1048576 bytes")
        }
    }

    /// Neither a secret nor a token may come back in a message.
    @Test func messagesQuoteNoSecret() throws {
        try withTool { tool in
            let key = try tool.file("k", #"{"kty":"EC","crv":"P-256","d":"VERYSECRET","x":"AA","y":"AA"}"#)
            for arguments in [
                ["sign", "--key", key], ["jwks", key], ["sign", "--secret-file", try tool.file("s", "VERYSECRET")],
                ["verify", "--key", key, "--any-issuer", "--any-audience", "--algorithms", "ES256", "-"],
            ] {
                let outcome = try tool.run(arguments)
                #expect(outcome.status == 2)
                #expect(!(outcome.errors + outcome.output).contains("VERYSECRET"))
            }
        }
    }

    @Test func helpAndCompletions() throws {
        try withTool { tool in
            for command in [[], ["verify"], ["sign"], ["keygen"], ["inspect"], ["jwks"], ["kernels"]] {
                let outcome = try tool.run(command + ["--help"])
                #expect(outcome.status == 0 && outcome.output.contains("USAGE") && outcome.errors == "")
                #expect(outcome.output.contains("fastverify"))
                // An example that is wrapped cannot be copied.
                let examples = outcome.lines.filter { $0.hasPrefix("  fastverify ") && $0.contains("--") }
                #expect(examples.allSatisfy { $0.count <= 80 })
            }
            let script = try tool("--generate-completion-script", "bash")
            #expect(script.status == 0 && script.output.contains("fastverify"))
            try refused(tool, ["nonsense"], saying: "nonsense")
            try refused(tool, ["kernels", "--nonsense"], saying: "--nonsense")
        }
    }

    /// A line end that `echo` wrote is part of the secret; that is said.
    @Test func secretWithLineEnd() throws {
        try withTool { tool in
            let file = try tool.file("s", Tokens.secret + [10])
            let outcome = try tool(
                "verify", "--secret-file", file, "--layer", "jws", "--algorithms", "HS256", "-", input: Tokens().valid()
            )
            #expect(outcome.output.contains("bad_signature"))
            #expect(outcome.errors.contains("line end is part of the secret"))
        }
    }
}
