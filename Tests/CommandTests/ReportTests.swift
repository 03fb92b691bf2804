import FastVerify
import Testing

@testable import Command

/// `jwks`, `kernels`, and how text is laid out.
@Suite struct ReportTests {
    @Test func mixedSet() throws {
        try withTool { tool in
            func key(_ name: String, _ algorithm: String, kid: String) throws -> String {
                _ = try tool(
                    "keygen", "--algorithm", algorithm, "--kid", kid, "--out", tool.path("x\(name)"), "--public-out",
                    tool.path(name))
                return String(try tool.text(name).dropFirst(#"{"keys":["#.count).dropLast("]}\n".count))
            }
            let good = try key("a", "ES256", kid: "one")
            let twin = try key("b", "EdDSA", kid: "one")
            let bare = try key("c", "RS256", kid: "x").replacing(#","alg":"RS256","use":"sig","kid":"x""#, with: "")
            let file = try tool.file("set", #"{"keys":[\#(good),\#(twin),\#(bare)]}"#)
            let usable = try tool("jwks", file)
            #expect(usable.status == 0)
            #expect(
                usable.lines[1].contains("one") && usable.lines[1].contains("EC P-256")
                    && usable.lines[1].contains("ES256"))
            #expect(usable.lines[2].contains("OKP Ed25519") && usable.lines[3].contains("3072"))
            for text in [
                "key 1: warning: the same kid as key 2", "key 3: warning: no kid", "key 3: warning: no alg",
                "key 3: warning: no use", "3 of 3",
            ] {
                #expect(usable.output.contains(text))
            }
            #expect(usable.output.contains("RS256,RS384,RS512,PS256,PS384,PS512"))

            let broken = #"{"kty":"EC","crv":"P-256","kid":"bad","x":"AA","y":"AA"}"#
            let encryption = good.replacing(#""use":"sig""#, with: #""use":"enc""#)
            try tool.file("set", #"{"keys":[\#(broken),\#(good),5,{"kty":"X"},\#(encryption)]}"#)
            let mixed = try tool("jwks", "--json", file)
            #expect(mixed.status == 1)
            #expect(
                mixed.output.components(of: "\"usable\": true") == 1
                    && mixed.output.components(of: "\"usable\": false") == 4)
            #expect(mixed.output.contains("coordinate") && mixed.output.contains(#"\"use\" or \"key_ops\""#))
            // verify names the same keys, and goes on with the one that is left.
            let verify = try tool(
                "verify", "--jwks", file, "--any-issuer", "--any-audience", "--algorithms", "ES256", "-", input: "")
            #expect(verify.status == 0)
            #expect(verify.errors.contains(#"key 1 (kid "bad") is left out"#) && verify.errors.contains("key 5"))
        }
    }

    @Test func notASet() throws {
        try withTool { tool in
            for text in ["", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[]"#, "\u{0}", #"{"keys":[],"keys":[]}"#] {
                let outcome = try tool("jwks", "-", input: text)
                #expect(
                    outcome.status == 2 && outcome.output == "" && outcome.errors.contains("standard input"), "\(text)")
            }
            #expect(try tool("jwks", "-", input: #"{"keys":[]}"#).status == 0)
            #expect(try tool("jwks", tool.path("absent")).status == 2)
        }
    }

    @Test func kernels() throws {
        try withTool { tool in
            let outcome = try tool("kernels")
            #expect(outcome.status == 0)
            for algorithm in Algorithm.allCases {
                for kernel in Kernel.all(for: algorithm) {
                    let row = [kernel.algorithm.name, kernel.name, kernel.backend, "\(kernel.lanes)"]
                    #expect(
                        outcome.lines.contains { Array($0.split(separator: " ").map(String.init).prefix(4)) == row })
                }
                guard algorithm != .edDSA else { continue }
                // One row of each algorithm runs.
                #expect(
                    outcome.lines.count { $0.hasPrefix(algorithm.name + " ") && $0.contains("first usable") } == 1)
            }
            #expect(outcome.output.contains("OpenSSL") && outcome.output.contains("scanner"))
            #expect(try tool("kernels", "--json").output.contains("\"selected\": true"))
        }
    }

    @Test func kernelsAreForcedByEnvironment() throws {
        try withTool { tool in
            let forced = try tool("kernels", environment: ["FASTVERIFY_KERNEL=sodium", "FASTVERIFY_CPU=none"])
            #expect(
                forced.lines.contains { $0.hasPrefix("HS256") && $0.contains("sodium") && $0.contains("forced by") })
            #expect(forced.lines.contains { $0.hasPrefix("ES256 ") && $0.contains("no kernel of this algorithm") })
            #expect(forced.lines.contains { $0.hasPrefix("scanner") && $0.contains("portable (") })
            #expect(forced.lines.contains { $0.hasPrefix("allowed") && $0.contains("none") })
        }
    }

    @Test func kernelsThatFailTheirSelfTest() throws {
        try withTool { tool in
            let own = Kernel.all(for: .es256).first { $0.isSupported }!
            let outcome = try tool("kernels", environment: ["FASTVERIFY_FAIL_SELF_TEST=\(own.name)"])
            let rows = outcome.lines.filter { $0.hasPrefix("ES256 ") }
            #expect(rows.contains { $0.contains(own.name) && $0.contains("failed its self-test") })
            #expect(rows.count { $0.contains("first usable") && !$0.contains("failed") } == 1)
            _ = try tool(
                "keygen", "--algorithm", "ES256", "--out", tool.path("private.jwk"),
                "--public-out", tool.path("keys.json"))
            let token = try tool("sign", "--key", tool.path("private.jwk")).output
            let verdict = try tool(
                "verify", "--jwks", tool.path("keys.json"), "--algorithms", "ES256", "--layer", "jws", "-",
                input: token,
                environment: ["FASTVERIFY_FAIL_SELF_TEST=\(own.name)"])
            #expect(verdict.status == 0)
            #expect(verdict.errors.contains("failed its self-test"))
        }
    }

    @Test func layout() {
        func indented(_ json: String) -> String { JSONLayout.indented(Array(json.utf8)) }
        #expect(
            indented(#"{"a":[1,{}],"b":"{,:\"","c":[ ]}"#)
                == "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": \"{,:\\\"\",\n  \"c\": []\n}")
        for garbage in ["", "\"", "\"\\", "}}}]]", "{\"", "[[[", ",:,", "{]"] { _ = indented(garbage) }
        #expect(JSONLayout.names(in: Array(#"{"a":"b","c" : {"d":["e"]}}"#.utf8)) == ["a", "c", "d"])
        #expect(ProgressLine.text(bytes: 50, size: 100, tokens: 7) == "[###############...............] 50 % 7 tokens")
        #expect(ProgressLine.text(bytes: 500, size: 100, tokens: 7).contains("100 %"))
        #expect(ProgressLine.text(bytes: 50, size: nil, tokens: 7) == "7 tokens")
        #expect(
            12.3456.decimal(places: 3) == "12.346" && 0.04.decimal(places: 2) == "0.04"
                && 1e9.decimal(places: 0) == "1000000000")
    }
}

extension String {
    func replacing(_ text: String, with other: String) -> String {
        guard let range = firstRange(of: text) else { return self }
        return String(self[..<range.lowerBound]) + other + self[range.upperBound...]
    }

    private func firstRange(of text: String) -> Range<Index>? {
        indices.lazy.map { ($0, self[$0...]) }.first { $0.1.hasPrefix(text) }
            .map { $0.0..<index($0.0, offsetBy: text.count) }
    }

    /// How often a text occurs.
    func components(of text: String) -> Int { indices.count { self[$0...].hasPrefix(text) } }
}
