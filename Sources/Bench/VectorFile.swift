import CCrypto
import FastVerify
import Foundation

/// One row of a file of published vectors: what is given, and what a JWS verifier must say.
struct VectorRow {
    enum Test {
        /// A signature under a key.
        case signature(Algorithm, KeyMaterial, message: [UInt8], signature: [UInt8])
        /// A key for an algorithm; the verdict is whether it can be imported.
        case key(Algorithm, KeyMaterial)
        /// A JWK for an algorithm.
        case jwk(Algorithm, [UInt8])
    }

    let id: Int
    let comment: String
    let test: Test
    var isAccepted: Bool
}

/// The rows of one file, and those left out with the reason.
struct VectorFile {
    let name: String
    /// What the file is about, in Wycheproof's words.
    private(set) var algorithm = ""
    var rows: [VectorRow] = []
    private(set) var skipped: [String: Int] = [:]

    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    init(path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Unreadable(description: "\(path): cannot be read")
        }
        try self.init(name: URL(fileURLWithPath: path).lastPathComponent, data)
    }

    /// A Wycheproof file, or the cases of ed25519-speccheck.
    init(name: String, _ data: Data) throws {
        self.name = name
        switch try? JSONSerialization.jsonObject(with: data) {
        case let file as [String: Any]:
            guard let groups = file["testGroups"] as? [[String: Any]] else {
                throw Unreadable(description: "\(name): no test groups")
            }
            algorithm = file["algorithm"] as? String ?? ""
            for group in groups { try read(Fields(group, name)) }
        case let cases as [[String: Any]]:
            for (position, fields) in cases.enumerated() { try readSpeccheck(position, Fields(fields, name)) }
        default: throw Unreadable(description: "\(name): not JSON of a known form")
        }
        if rows.isEmpty && skipped.isEmpty { throw Unreadable(description: "\(name): no rows") }
    }

    /// Members of a JSON object, each required where it is asked for.
    struct Fields {
        let all: [String: Any]
        let file: String

        init(_ all: [String: Any], _ file: String) {
            self.all = all
            self.file = file
        }

        func text(_ name: String) throws -> String { try value(name) }
        func number(_ name: String) throws -> Int { try value(name) }
        func fields(_ name: String) throws -> Fields { Fields(try value(name), file) }
        func list(_ name: String) throws -> [Fields] { try (value(name) as [[String: Any]]).map { Fields($0, file) } }

        func hex(_ name: String) throws -> [UInt8] {
            let digits = Array(try text(name).utf8)
            let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
                UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
            }
            guard bytes.count * 2 == digits.count else { throw Unreadable(description: "\(file): \(name) is not hex") }
            return bytes
        }

        private func value<T>(_ name: String) throws -> T {
            guard let value = all[name] as? T else { throw Unreadable(description: "\(file): \(name) is missing") }
            return value
        }
    }

    /// ed25519-speccheck: under the STRICT rule case 3 alone is valid.
    private mutating func readSpeccheck(_ position: Int, _ fields: Fields) throws {
        let test = VectorRow.Test.signature(
            .ed25519, .edwards(FV_KEY_ED25519, try fields.hex("pub_key")), message: try fields.hex("message"),
            signature: try fields.hex("signature"))
        rows.append(VectorRow(id: position, comment: "speccheck", test: test, isAccepted: position == 3))
    }

    mutating func skip(_ count: Int, _ reason: String) { skipped[reason, default: 0] += count }
}
