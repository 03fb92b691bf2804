import ArgumentParser
import FastVerify

/// The options that say what to sign with.
struct SigningKeyOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Private key: JWK or PEM.", valueName: "file"), completion: .file())
    var key: String?

    @Option(
        help: ArgumentHelp("Shared secret: the bytes of the file, all of them.", valueName: "file"), completion: .file()
    )
    var secretFile: String?

    @Option(help: "Algorithm to sign with. Default: the one the JWK names, else the first that fits the key.")
    var algorithm: Algorithm?

    @Option(help: "Name of the key (kid) for the header. Default: the JWK's.")
    var kid: String?

    func validate() throws {
        guard (key == nil) != (secretFile == nil) else {
            throw ValidationError("Give either --key or --secret-file.")
        }
    }

    func load() throws -> SigningKey {
        if let secretFile {
            let secret = try InputFile.secret(secretFile)
            return try KeyOptions.explaining(secretFile) { () throws(KeyError) in
                try SigningKey(secret: secret, keyID: kid, algorithm: algorithm)
            }
        }
        guard let key else { throw Failure("no key: give --key or --secret-file") }
        let bytes = try InputFile.contents(of: key)
        guard JSONMembers.looksLikeJSON(bytes) else {
            return try KeyOptions.explaining(key) { () throws(KeyError) in
                try SigningKey(pem: bytes, keyID: kid, algorithm: algorithm)
            }
        }
        let jwk = try customised(bytes, key)
        return try KeyOptions.explaining(key) { () throws(KeyError) in try SigningKey(jwk: jwk) }
    }

    /// A JWK with the name that was asked for, and the algorithm where it has none of its own.
    private func customised(_ jwk: [UInt8], _ path: String) throws -> [UInt8] {
        guard algorithm != nil || kid != nil, var members = try? JSONMembers(jwk) else { return jwk }
        if let kid { members["kid"] = JSONText.quoted(kid) }
        if let algorithm {
            let wanted = JSONText.quoted(algorithm.name)
            // RFC 8725 §3.1: a key serves one algorithm.
            guard members["alg"] == nil || members["alg"] == wanted else {
                throw Failure("\(path.printable): the key is for another algorithm than \(algorithm)")
            }
            members["alg"] = wanted
        }
        return Array(members.json.utf8)
    }
}
