import ArgumentParser
import FastVerify

/// `fastverify sign`: tokens to try things with, one a line.
struct SignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Sign tokens, one a line.",
        discussion: """
              fastverify sign --key private.jwk --issuer https://id.example \\
                  --audience orders --subject alice \\
                  --claim scope='read write' --claim admin=true
              fastverify sign --key private.pem --algorithm PS256 --kid 2026-11 \\
                  --claims claims.json
              fastverify sign --key private.jwk --count 1000000 > tokens.txt

            Claims come from --claims, then from the options, then from --claim; the later wins. A value of --claim is \
            JSON where it is valid JSON (12, true, ["a"], {"k":1}, "12"), else text. iat, exp and jti are set unless given \
            or left out by --without. With --count, every token has a jti of its own, and its own sub unless one is given.
            """)

    @OptionGroup(title: "Key") var key: SigningKeyOptions

    @Option(help: ArgumentHelp("A claim. May be repeated.", valueName: "name=value"))
    var claim: [String] = []

    @Option(
        help: ArgumentHelp("File with a JSON object of claims, or - for standard input.", valueName: "file"),
        completion: .file())
    var claims: String?

    @Option(help: ArgumentHelp("Issuer (iss).", valueName: "iss")) var issuer: String?
    @Option(help: ArgumentHelp("Audience (aud). Repeated, it becomes an array.", valueName: "aud")) var audience:
        [String] = []
    @Option(help: ArgumentHelp("Subject (sub).", valueName: "sub")) var subject: String?
    @Option(help: ArgumentHelp("Seconds from iat to exp.", valueName: "seconds")) var expiresIn: Int64 = 900
    @Option(help: ArgumentHelp("Time of issue instead of now, in seconds since 1970.", valueName: "unix")) var at:
        Int64?

    @Option(
        help: ArgumentHelp(
            "Leave out a claim that would be set by default: iat, exp or jti. May be repeated.", valueName: "claim"))
    var without: [String] = []

    @Option(help: "Number of tokens.") var count = 1
    @Option(help: ArgumentHelp("Type (typ), '' for none.", valueName: "typ")) var type = "JWT"

    func validate() throws {
        guard count >= 0 else { throw ValidationError("--count cannot be negative.") }
        for text in claim where !text.contains("=") || text.hasPrefix("=") {
            throw ValidationError("--claim takes name=value, e.g. --claim role=admin.")
        }
        for name in without where !["iat", "exp", "jti"].contains(name) {
            throw ValidationError("--without takes iat, exp or jti.")
        }
        guard count <= 1 || !without.contains("jti") else {
            throw ValidationError("--without jti: tokens of --count are told apart by jti.")
        }
    }

    func run() throws {
        let key = try key.load()
        let template = try ClaimTemplate(members(), count: count, generatesTokenID: !without.contains("jti"))
        var output = ByteOutput()
        for number in 0..<count {
            guard let token = key.token(payload: template.payload(number), type: type.isEmpty ? nil : type) else {
                throw Failure("signing failed")
            }
            try output.append(token)
            try output.append("\n" as StaticString)
        }
        try output.flush()
    }

    /// The claims that all tokens share.
    private func members() throws -> JSONMembers {
        var members = JSONMembers()
        if let claims {
            let text = try InputFile.contents(of: claims)
            do throws(VerificationError) {
                members = try JSONMembers(text)
            } catch {
                throw Failure("\(InputFile.name(claims).printable): not a JSON object of claims (\(error.name))")
            }
        }
        if let issuer { members["iss"] = JSONText.quoted(issuer) }
        if let subject { members["sub"] = JSONText.quoted(subject) }
        if let first = audience.first {
            members["aud"] =
                audience.count == 1
                ? JSONText.quoted(first) : JSONMembers.array(audience)
        }
        for text in claim {
            guard let equals = text.firstIndex(of: "=") else { continue }
            members[String(text[..<equals])] = JSONMembers.value(String(text[text.index(after: equals)...]))
        }
        let now = at ?? UnixClock.system.now
        if !without.contains("iat"), members["iat"] == nil { members["iat"] = "\(now)" }
        if !without.contains("exp"), members["exp"] == nil {
            let (expiration, overflow) = now.addingReportingOverflow(expiresIn)
            members["exp"] = "\(overflow ? Int64.max : expiration)"
        }
        return members
    }
}
