import ArgumentParser
import FastVerify

/// `fastverify keygen`: a fresh key pair, or a fresh secret.
struct KeygenCommand: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case jwk, pem }

    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Make a key for signing, and the public key set that verifies what it signs.",
        discussion: """
              fastverify keygen --algorithm ES256 --out private.jwk --public-out keys.json
              fastverify keygen --algorithm RS256 --bits 3072 --format pem --out private.pem --public-out keys.json
              fastverify keygen --algorithm HS256 --out secret.jwk

            The private file is readable by its owner only. Files that exist are left alone unless --force is given. \
            Without --out the private key goes to standard output. The secret of HS256, HS384 and HS512 has no public \
            half: whoever can verify can sign.
            """)

    @Option(help: "What the key is for.")
    var algorithm: Algorithm

    @Option(help: "Bits of an RSA key, 2048 to 8192.")
    var bits: Int?

    @Option(help: "Name of the key (kid). Default: its thumbprint (RFC 7638).")
    var kid: String?

    @Option(help: "Form of the private key. PEM (PKCS #8) has no place for a kid.")
    var format: Format = .jwk

    @Option(help: ArgumentHelp("File for the private key.", valueName: "file"), completion: .file())
    var out: String?

    @Option(help: ArgumentHelp("File for the public JWK Set.", valueName: "file"), completion: .file())
    var publicOut: String?

    @Flag(help: "Replace files that exist.")
    var force = false

    func validate() throws {
        if let bits {
            guard algorithm.isRSA else { throw ValidationError("--bits is for RSA keys; \(algorithm) fixes its size.") }
            guard 2048...8192 ~= bits else { throw ValidationError("--bits is from 2048 to 8192.") }
        }
        guard !algorithm.isSymmetric || publicOut == nil else {
            throw ValidationError("--public-out: a shared secret has no public half.")
        }
        guard !algorithm.isSymmetric || format == .jwk else {
            throw ValidationError("--format pem: a shared secret has no PEM form; use jwk.")
        }
        guard out == nil || out != publicOut else { throw ValidationError("--out and --public-out are the same file.") }
    }

    func run() throws {
        let privateFile = out.map(OutputFile.secret)
        let publicFile = publicOut.map(OutputFile.shared)
        try privateFile?.check(replacing: force)
        try publicFile?.check(replacing: force)

        let key: SigningKey
        do throws(KeyError) {
            key = try SigningKey(generate: algorithm, rsaBits: bits ?? 3072)
        } catch {
            throw Failure("no key could be made: \(error)")
        }
        let name = kid ?? key.verificationKey.thumbprint
        let secret = format == .pem ? key.pem : try Self.named(key.privateJWK, name) + "\n"
        guard let secret else { throw Failure("no key could be made: it has no PEM form") }
        if let privateFile {
            try privateFile.write(secret, replacing: force)
        } else {
            var output = ByteOutput()
            try output.append(secret)
            try output.flush()
        }
        try publicFile?.write("{\"keys\":[\(Self.named(key.publicJWK, name))]}\n", replacing: force)
    }

    /// A JWK with a name.
    private static func named(_ jwk: String, _ kid: String) throws -> String {
        var members = try JSONMembers(Array(jwk.utf8))
        members["kid"] = JSONText.quoted(kid)
        return members.json
    }
}

extension Algorithm {
    var isRSA: Bool { [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512].contains(self) }
}
