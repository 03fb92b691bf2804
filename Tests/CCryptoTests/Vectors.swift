// Published test vectors: the folder FASTVERIFY_VECTORS names, or ../shared/vectors beside the package.
import Foundation
import Testing

enum Vectors {
    static let root: URL =
        ProcessInfo.processInfo.environment["FASTVERIFY_VECTORS"].map { URL(fileURLWithPath: $0) }
        ?? URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("../shared/vectors").standardizedFileURL

    static func contains(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
    }
    static func decode<T: Decodable>(_ type: T.Type, _ path: String) throws -> T {
        try JSONDecoder().decode(type, from: Data(contentsOf: root.appendingPathComponent(path)))
    }
    static func wycheproof(_ name: String) throws -> Wycheproof {
        try decode(Wycheproof.self, "wycheproof/\(name)_test.json")
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips, and says so, where the files are absent.
    static func vectors(_ folder: String) -> Self {
        .enabled(if: Vectors.contains(folder), "SKIPPED: no vectors at \(Vectors.root.path)/\(folder)")
    }
}

struct Wycheproof: Decodable {
    let testGroups: [Group]

    struct Group: Decodable {
        let tests: [Row]
        let publicKey: PublicKey?
        let publicKeyPem: String?
        let publicKeyJwk: [String: String]?
        let keySize, tagSize: Int?
    }
    struct PublicKey: Decodable {
        let uncompressed, pk, modulus, publicExponent: String?
    }
    struct Row: Decodable {
        let tcId: Int
        let comment, result: String
        let flags: [String]
        let msg, sig, key, tag: String?

        var input: Bytes { hex(msg!) }
        var signature: Bytes { hex(sig ?? tag!) }
        var label: String { "tcId \(tcId) \(comment)" }
        /// "acceptable" rows are those JWS has no use for: a PKCS #1 encoding without NULL, keys of small order.
        var isValid: Bool { result == "valid" }
    }
}

func hex(_ text: String) -> Bytes {
    let digits = text.utf8.map { UInt8($0 <= 57 ? $0 - 48 : ($0 | 32) - 87) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

func base64url(_ text: String) -> Bytes {
    var padded = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
    while padded.utf8.count % 4 != 0 { padded += "=" }
    return Bytes(Data(base64Encoded: padded)!)
}

func pem(_ label: String, _ der: Bytes) -> String {
    let body = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    return "-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----\n"
}
