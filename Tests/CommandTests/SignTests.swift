import Testing

@testable import Command
@testable import FastVerify

/// `sign`: which claims a token ends up with.
@Suite struct SignTests {
    /// Signs with a secret and returns the payloads.
    private func payloads(_ arguments: [String], input: String? = nil) throws -> [JSONMembers] {
        try withTool { tool in
            let outcome = try tool.run(
                ["sign", "--secret-file", try tool.file("s", Tokens.secret)] + arguments, input: input)
            #expect(outcome.status == 0, "\(outcome.errors)")
            return try outcome.lines.map { line in
                let token = TokenText(Array(line.utf8))
                #expect(token.structuralError == nil)
                return try #require(token.payload.members)
            }
        }
    }

    @Test func defaults() throws {
        let claims = try #require(payloads(["--at", "1000"]).first)
        #expect(claims["iat"] == "1000" && claims["exp"] == "1900")
        #expect(claims.string("jti")?.count == 22)
        #expect(claims.list.count == 3)
        #expect(try payloads(["--without", "jti", "--without", "exp", "--without", "iat"])[0].json == "{}")
    }

    @Test func valuesOfClaims() throws {
        let claims = try payloads([
            "--claim", "n=12", "--claim", "t=true", "--claim", #"a=["x"]"#, "--claim", #"s="12""#, "--claim", "w=a b",
            "--claim", "e=", "--claim", "q=x=y", "--claim", #"i=1,"admin":true"#, "--claim", "N=12", "--claim", "u=012",
        ])[0]
        let expected = [
            "n": "12", "t": "true", "a": #"["x"]"#, "s": #""12""#, "w": #""a b""#, "e": #""""#, "q": #""x=y""#,
            "i": #""1,\"admin\":true""#, "N": "12", "u": #""012""#,
        ]
        for (name, value) in expected { #expect(claims[name] == value) }
        #expect(claims["admin"] == nil)
    }

    /// --claims, then options, then --claim.
    @Test func precedence() throws {
        let claims = try payloads(
            [
                "--claims", "-", "--issuer", "option", "--audience", "x", "--audience", "y", "--claim", "sub=claim",
                "--at", "5",
            ],
            input: #"{"iss":"file","sub":"file","exp":7,"big":12345678901234567890.10,"jti":"j"}"#)[0]
        #expect(
            claims.json
                == #"{"iss":"option","sub":"claim","exp":7,"big":12345678901234567890.10,"jti":"j","aud":["x","y"],"iat":5}"#
        )
    }

    @Test func countMakesDistinctTokens() throws {
        let free = try payloads(["--count", "50"])
        #expect(Set(free.compactMap { $0["jti"] }).count == 50 && Set(free.compactMap { $0["sub"] }).count == 50)
        let fixed = try payloads(["--count", "50", "--subject", "s"])
        #expect(Set(fixed.compactMap { $0["jti"] }).count == 50 && Set(fixed.compactMap { $0["sub"] }).count == 1)
        #expect(try payloads(["--count", "0"]).isEmpty)
    }

    @Test func header() throws {
        try withTool { tool in
            let secret = ["--secret-file", try tool.file("s", [UInt8](repeating: 7, count: 64))]
            let outcome = try tool.run(["sign", "--kid", "k", "--algorithm", "HS512", "--type", "at+jwt"] + secret)
            let header = TokenText(Array(outcome.output.utf8)).header.members
            #expect(header?.json == #"{"alg":"HS512","kid":"k","typ":"at+jwt"}"#)
            let bare = try tool.run(["sign", "--type", ""] + secret)
            #expect(TokenText(Array(bare.output.utf8)).header.members?.json == #"{"alg":"HS256"}"#)
        }
    }

    @Test func usage() throws {
        try withTool { tool in
            let secret = ["--secret-file", try tool.file("s", Tokens.secret)]
            for arguments in [
                [], secret + ["--claim", "x"], secret + ["--claim", "=x"],
                secret + ["--count", "2", "--claim", "jti=x"],
                secret + ["--count", "2", "--without", "jti"], secret + ["--without", "aud"],
                secret + ["--claims", "absent"],
                secret + ["--algorithm", "HS512"], secret + ["--algorithm", "ES256"], secret + ["--key", "x"],
                secret + ["--claims", try tool.file("list", "[1]")],
            ] {
                let outcome = try tool.run(["sign"] + arguments)
                #expect(outcome.status == 2 && outcome.output == "", "\(arguments)")
            }
            // A key for one algorithm is not used for another.
            let key = tool.path("key")
            _ = try tool("keygen", "--algorithm", "RS256", "--bits", "2048", "--out", key)
            #expect(try tool("sign", "--key", key, "--algorithm", "PS256").status == 2)
        }
    }
}
