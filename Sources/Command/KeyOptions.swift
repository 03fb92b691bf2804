import ArgumentParser
import FastVerify

/// The options that say where keys for verification come from.
struct KeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("JWK Set file, or a single JWK.", valueName: "file"), completion: .file())
    var jwks: String?

    @Option(
        help: ArgumentHelp(
            "Public key: PEM (PUBLIC KEY, RSA PUBLIC KEY, CERTIFICATE) or a JWK.", valueName: "file"),
        completion: .file())
    var key: String?

    @Option(
        help: ArgumentHelp(
            "Shared secret for HS256, HS384, HS512: the bytes of the file, all of them.", valueName: "file"),
        completion: .file())
    var secretFile: String?

    @Option(
        help: ArgumentHelp(
            "Kernel to verify with, instead of the fastest one: see fastverify kernels.", valueName: "name"))
    var kernel: String?

    private var paths: [String] { [jwks, key, secretFile].compactMap(\.self) }

    var isGiven: Bool { !paths.isEmpty }

    func validate() throws {
        guard paths.count <= 1 else { throw ValidationError("Give one of --jwks, --key and --secret-file.") }
    }

    /// Standard input can hold the keys or the tokens: whichever is read second would find nothing, and nothing is valid.
    func checkInput(_ input: String) throws {
        guard input != "-" || !paths.contains("-") else {
            throw ValidationError("Keys and tokens cannot both come from standard input.")
        }
    }

    /// The keys, ready for the algorithms asked for. Keys that are left out are named on standard error.
    func load(for algorithms: AlgorithmSet) throws -> KeySet {
        let choice = try choice(for: algorithms)
        let keys = try readKeys()
        let file = (paths.first ?? "").printable
        guard keys.contains(where: { !$0.algorithms.isDisjoint(with: algorithms) }) else {
            throw Failure("\(file): no key in it serves \(algorithms.names)")
        }
        let set = KeySet(keys, kernels: choice)
        for (key, reason) in set.refused {
            StandardError.note("\(file): key \(key.label) is left out: \(reason)")
        }
        guard !set.keys.isEmpty else { throw Failure("\(file): no key in it can be used") }
        return set
    }

    private func readKeys() throws -> [JWK] {
        if let jwks { return try Self.set(jwks) }
        if let key { return [try Self.publicKey(key)] }
        guard let secretFile else { throw Failure("no key: give --jwks, --key or --secret-file") }
        let secret = try InputFile.secret(secretFile)
        return [try Self.explaining(secretFile) { () throws(KeyError) in try JWK(VerificationKey(secret: secret)) }]
    }

    private static func set(_ path: String) throws -> [JWK] {
        let json = try InputFile.contents(of: path)
        guard JSONMembers.names(of: json).contains("keys") || !JSONMembers.names(of: json).contains("kty") else {
            return [try explaining(path) { () throws(KeyError) in try JWK(json: json) }]
        }
        let set = try explaining(path) { () throws(KeyError) in try JWKSet(json: json) }
        for key in set.skipped {
            let name = key.keyID.map { " (kid \"\($0.printable)\")" } ?? ""
            StandardError.note("\(path.printable): key \(key.position + 1)\(name) is left out: \(key.reason)")
        }
        return set.keys
    }

    private static func publicKey(_ path: String) throws -> JWK {
        let bytes = try InputFile.contents(of: path)
        return try explaining(path) { () throws(KeyError) in
            JSONMembers.looksLikeJSON(bytes) ? try JWK(json: bytes) : try JWK(VerificationKey(pem: bytes))
        }
    }

    /// Puts the name of the file before what is wrong with the key in it.
    static func explaining<T>(_ path: String, _ body: () throws(KeyError) -> T) throws -> T {
        do throws(KeyError) { return try body() } catch { throw Failure("\(InputFile.name(path).printable): \(error)") }
    }

    /// A kernel that was asked for by name must exist and run here for one of the algorithms at least; where another
    /// algorithm goes without it, that is said.
    private func choice(for algorithms: AlgorithmSet) throws -> KernelChoice {
        guard let kernel else { return .automatic }
        var without: [String] = []
        var reasons: [String] = []
        for algorithm in algorithms.members {
            let rows = Kernel.all(for: algorithm)
            let row = rows.first { $0.name == kernel }
            if row?.isSupported != true {
                without.append(algorithm.name)
                let names = rows.map(\.name).unique.joined(separator: ", ")
                reasons.append(
                    row == nil
                        ? "\(algorithm) has \(names)" : "\(algorithm)'s needs \(row!.features.joined(separator: ", "))")
            }
        }
        if without.count == algorithms.members.count {
            throw Failure("--kernel \(kernel.printable): no such kernel runs here: \(reasons.joined(separator: "; "))")
        }
        if !without.isEmpty {
            StandardError.note(
                "no kernel \(kernel.printable) for \(without.joined(separator: ", ")): the default is used")
        }
        return .named(kernel)
    }
}

extension InputFile {
    /// The bytes of a secret's file, with a remark on the line end that `echo` leaves behind.
    static func secret(_ path: String) throws -> [UInt8] {
        let bytes = try contents(of: path)
        if bytes.last == UInt8(ascii: "\n"), bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F || $0 == 0x0A || $0 == 0x0D }) {
            StandardError.note("\(path.printable): the line end is part of the secret (printf '%s' writes none)")
        }
        return bytes
    }
}

extension JWK {
    /// What messages call this key.
    var label: String { keyID.map { "\"\($0.printable)\"" } ?? "without a kid" }
}

extension [String] {
    /// Every element once, in the order of first appearance.
    var unique: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
