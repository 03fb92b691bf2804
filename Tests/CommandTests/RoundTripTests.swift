import FastVerify
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// keygen → sign → verify, and what the two former write.
@Suite struct RoundTripTests {
    private static let policy = ["--issuer", "i", "--audience", "a"]

    private func verify(_ tool: Tool, _ keys: [String], _ algorithm: String, _ tokens: String) throws -> Outcome {
        try tool.run(["verify"] + keys + Self.policy + ["--algorithms", algorithm, "-"], input: tokens)
    }

    @Test(arguments: Algorithm.allCases)
    func everyAlgorithm(algorithm: Algorithm) throws {
        try withTool { tool in
            let (secret, shared, name) = (tool.path("private"), tool.path("public"), algorithm.name)
            let isSecret = algorithm.isSymmetric
            let made = try tool.run(
                ["keygen", "--algorithm", name, "--out", secret] + (isSecret ? [] : ["--public-out", shared])
                    + (Set<Algorithm>([.rs256, .rs384, .rs512, .ps256, .ps384, .ps512]).contains(algorithm)
                        ? ["--bits", "2048"] : []))
            #expect(made.status == 0 && made.output == "" && made.errors == "")
            let signed = try tool.run(["sign", "--key", secret, "--count", "3"] + Self.policy)
            #expect(signed.status == 0 && signed.errors == "")
            #expect(Set(signed.lines).count == 3)
            let verified = try verify(tool, isSecret ? ["--key", secret] : ["--jwks", shared], name, signed.output)
            #expect(verified.status == 0)
            #expect(verified.lines == (1...3).map { #"{"line":\#($0),"valid":true,"sub":"subject-\#($0)"}"# })
            // A key pair of its own refuses them.
            let other = try tool.run(
                ["keygen", "--algorithm", "ES256", "--out", tool.path("p2"), "--public-out", tool.path("k2")])
            #expect(other.status == 0)
            let wrong = try verify(tool, ["--jwks", tool.path("k2")], "ES256", signed.output)
            #expect(wrong.status == 1)
        }
    }

    @Test(arguments: ["RS256", "ES256", "ES512", "EdDSA", "Ed448"])
    func throughPEM(name: String) throws {
        try withTool { tool in
            let (secret, shared) = (tool.path("private.pem"), tool.path("public"))
            _ = try tool("keygen", "--algorithm", name, "--format", "pem", "--out", secret, "--public-out", shared)
            #expect(try tool.text("private.pem").hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
            let signed = try tool.run(["sign", "--key", secret, "--algorithm", name] + Self.policy)
            #expect(try verify(tool, ["--jwks", shared], name, signed.output).status == 0)
            // A private key is no key for verification.
            let wrong = try verify(tool, ["--key", secret], name, signed.output)
            #expect(wrong.status == 2 && wrong.errors.contains("private key"))
        }
    }

    @Test func filesAreProtected() throws {
        try withTool { tool in
            let (secret, shared) = (tool.path("private"), tool.path("public"))
            let arguments = [
                "keygen", "--algorithm", "EdDSA", "--kid", "k\"1", "--out", secret, "--public-out", shared,
            ]
            #expect(try tool.run(arguments).status == 0)
            var status = stat()
            #expect(stat(secret, &status) == 0 && status.st_mode & 0o777 == 0o600)
            #expect(try tool.text("public").contains(#""kid":"k\"1""#))
            #expect(try !tool.text("public").contains("\"d\""))
            let before = try tool.text("private")
            let again = try tool.run(arguments)
            #expect(again.status == 2 && again.errors.contains("--force"))
            #expect(try tool.text("private") == before)
            // A file that may be read by all is replaced by one that may not.
            chmod(secret, 0o644)
            #expect(try tool.run(arguments + ["--force"]).status == 0)
            #expect(try tool.text("private") != before)
            #expect(stat(secret, &status) == 0 && status.st_mode & 0o777 == 0o600)
            // An existing public file alone keeps the private one from being made.
            unlink(secret)
            #expect(try tool.run(arguments).status == 2)
            #expect(access(secret, F_OK) != 0)
        }
    }

    @Test func keygenUsage() throws {
        try withTool { tool in
            for arguments in [
                ["--algorithm", "HS256", "--public-out", tool.path("x")], ["--algorithm", "HS256", "--format", "pem"],
                ["--algorithm", "ES256", "--bits", "3072"], ["--algorithm", "RS256", "--bits", "1024"],
                ["--algorithm", "none"],
                ["--algorithm", "ES256", "--out", tool.path("x"), "--public-out", tool.path("x")],
            ] {
                #expect(try tool.run(["keygen"] + arguments).status == 2, "\(arguments)")
            }
            // Without --out the key goes to standard output, named by its thumbprint.
            let outcome = try tool("keygen", "--algorithm", "ES256")
            #expect(outcome.status == 0)
            let key = try SigningKey(jwk: Array(outcome.output.utf8))
            #expect(key.keyID == key.verificationKey.thumbprint && key.algorithm == .es256)
        }
    }
}
