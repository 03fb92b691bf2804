import CCrypto
import FastVerify
import Foundation

/// What the groups of Wycheproof files mean for JWS. A "valid" signature that no JOSE algorithm produces (another hash,
/// another salt, DER, a truncated tag) must be refused; "acceptable" is not good enough.
extension VectorFile {
    mutating func read(_ group: Fields) throws {
        let tests = try group.list("tests")
        switch try group.text("type") {
        case "EcdsaP1363Verify": try readECDSA(group, tests, isJWS: true)
        case "EcdsaVerify", "EcdsaBitcoinVerify": try readECDSA(group, tests, isJWS: false)
        case "EddsaVerify": try readEdDSA(group, tests)
        case "RsassaPkcs1Verify": try readRSA(group, tests, pss: false)
        case "RsassaPssVerify": try readRSA(group, tests, pss: true)
        case "MacTest": try readHMAC(group, tests)
        case "EcdhEcpointTest": try readPoints(group, tests)
        case "EcdhWebcryptoTest": try readJWKs(group, tests)
        case let other: skip(tests.count, "\(other): no JWS signature")
        }
    }

    private static let bits = ["SHA-256": 256, "SHA-384": 384, "SHA-512": 512]

    private mutating func add(_ test: Fields, _ kind: VectorRow.Test, _ accepted: Bool) throws {
        let comment = try test.text("comment")
        rows.append(VectorRow(id: try test.number("tcId"), comment: comment, test: kind, isAccepted: accepted))
    }

    private static func isValid(_ test: Fields) throws -> Bool { try test.text("result") == "valid" }

    private static func flags(_ test: Fields) -> [String] { test.all["flags"] as? [String] ?? [] }

    private mutating func readECDSA(_ group: Fields, _ tests: [Fields], isJWS: Bool) throws {
        let key = try group.fields("publicKey")
        guard let curve = Curve(wycheproof: try key.text("curve")) else {
            return skip(tests.count, "curve \(try key.text("curve"))")
        }
        let point = try key.hex("uncompressed").dropFirst()
        let half = point.count / 2
        let material = KeyMaterial.point(curve.type, x: Array(point.prefix(half)), y: Array(point.suffix(half)))
        let isOwnHash = try Self.bits[group.text("sha")] == curve.hashBits
        for test in tests {
            // JOSE does not ask for a low s, as Bitcoin does.
            let malleated = Self.flags(test).contains("SignatureMalleabilityBitcoin")
            let accepted = try isJWS && isOwnHash && (Self.isValid(test) || malleated)
            let kind = VectorRow.Test.signature(
                curve.algorithm, material, message: try test.hex("msg"), signature: try test.hex("sig"))
            try add(test, kind, accepted)
        }
    }

    private mutating func readEdDSA(_ group: Fields, _ tests: [Fields]) throws {
        let key = try group.fields("publicKey")
        let isLarge = try key.text("curve") == "edwards448"
        let material = KeyMaterial.edwards(isLarge ? FV_KEY_ED448 : FV_KEY_ED25519, try key.hex("pk"))
        for test in tests {
            // STRICT: points of small order are refused, those of mixed order are not.
            let small = Self.flags(test).contains { $0.hasPrefix("SmallOrder") }
            let kind = VectorRow.Test.signature(
                isLarge ? .ed448 : .ed25519, material, message: try test.hex("msg"), signature: try test.hex("sig"))
            try add(test, kind, try Self.isValid(test) && !small)
        }
    }

    private mutating func readRSA(_ group: Fields, _ tests: [Fields], pss: Bool) throws {
        let hash = try group.text("sha")
        guard let bits = Self.bits[hash], let algorithm = Algorithm(name: (pss ? "PS" : "RS") + "\(bits)") else {
            return skip(tests.count, "no JWS algorithm with RSA and \(hash)")
        }
        let key = try group.fields("publicKey")
        let material = KeyMaterial.rsa(n: try key.hex("modulus"), e: try key.hex("publicExponent"))
        let size = try group.number("keySize")
        let isJOSEMask = try !pss || group.text("mgf") == "MGF1" && group.text("mgfSha") == hash
        let salt = try pss ? group.number("sLen") : bits / 8
        for test in tests {
            // A signature with JOSE's salt is valid here, though the file, which is about another length, calls it invalid.
            let hasOtherSalt = try test.text("comment") == "s_len changed to \(bits / 8)"
            let isValid = try salt * 8 == bits ? Self.isValid(test) : hasOtherSalt
            let kind = VectorRow.Test.signature(
                algorithm, material, message: try test.hex("msg"), signature: try test.hex("sig"))
            try add(test, kind, isValid && isJOSEMask && (2048...8192).contains(size))
        }
    }

    private mutating func readHMAC(_ group: Fields, _ tests: [Fields]) throws {
        guard let bits = [256, 384, 512].first(where: { algorithm == "HMACSHA\($0)" }) else {
            return skip(tests.count, "\(algorithm): no JWS algorithm")
        }
        let isWhole = try group.number("tagSize") == bits
        for test in tests {
            let key = try test.hex("key")
            let kind = VectorRow.Test.signature(
                Algorithm(name: "HS\(bits)")!, .secret(key), message: try test.hex("msg"),
                signature: try test.hex("tag"))
            try add(test, kind, try Self.isValid(test) && isWhole && key.count * 8 >= bits)
        }
    }

    private mutating func readPoints(_ group: Fields, _ tests: [Fields]) throws {
        guard let curve = Curve(wycheproof: try group.text("curve")) else {
            return skip(tests.count, "curve \(try group.text("curve"))")
        }
        for test in tests {
            let pem = curve.pem(try test.hex("public"))
            try add(test, .key(curve.algorithm, .pem(pem)), try Self.isValid(test))
        }
    }

    private mutating func readJWKs(_ group: Fields, _ tests: [Fields]) throws {
        guard let curve = Curve(jwk: try group.text("curve")) else {
            return skip(tests.count, "curve \(try group.text("curve"))")
        }
        for test in tests {
            let json = try JSONSerialization.data(withJSONObject: test.fields("public").all)
            try add(test, .jwk(curve.algorithm, [UInt8](json)), try Self.isValid(test))
        }
    }
}
