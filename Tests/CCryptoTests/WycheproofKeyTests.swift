import CCrypto
import Testing

@Suite(.vectors("wycheproof")) struct WycheproofKeyTests {
    private struct File<Point: Decodable>: Decodable {
        struct Group: Decodable { let tests: [Row] }
        struct Row: Decodable {
            let tcId: Int
            let flags: [String]
            let result: String
            let `public`: Point
        }
        let testGroups: [Group]
    }

    /// JWK points: those on other curves or on none must fail to import; all others must not.
    @Test func webcryptoPoints() throws {
        let rows = try Vectors.decode(
            File<[String: String]>.self, "wycheproof/ecdh_secp256r1_webcrypto_test.json"
        ).testGroups.flatMap(\.tests)
        let types = ["P-256": FV_KEY_P256, "P-384": FV_KEY_P384, "P-521": FV_KEY_P521]
        var refused = 0
        for row in rows {
            let x = base64url(row.public["x"] ?? "")
            let y = base64url(row.public["y"] ?? "")
            if row.result == "valid" {
                let key = try Key(FV_KEY_P256, x: x, y: y)
                #expect(key.parameter(FV_PARAMETER_X) == x)
                continue
            }
            refused += 1
            #expect(throws: Refused.self, "tcId \(row.tcId)") { try Key(FV_KEY_P256, x: x, y: y) }
            // A key of another curve is a fine key of that curve; with an invalid one nothing helps.
            if row.flags != ["WrongCurve"], let type = types[row.public["crv"] ?? ""] {
                #expect(throws: Refused.self, "tcId \(row.tcId)") { try Key(type, x: x, y: y) }
            }
        }
        #expect(refused == 23)
    }

    /// Encoded points, wrapped into a SubjectPublicKeyInfo: compressed ones are refused by name.
    @Test func encodedPoints() throws {
        let rows = try Vectors.decode(
            File<String>.self, "wycheproof/ecdh_secp256r1_ecpoint_test.json"
        ).testGroups.flatMap(\.tests)
        for row in rows {
            let point = hex(row.public)
            let text = pem("PUBLIC KEY", spki(algorithm: "06072a8648ce3d020106082a8648ce3d030107", key: point))
            if row.result == "valid" {
                #expect(try Key(pem: text).parameter(FV_PARAMETER_Y) == Bytes(point.suffix(32)))
            } else if row.flags.contains("CompressedPoint") {
                #expect(throws: Refused(FV_KEY_POINT_COMPRESSED), "tcId \(row.tcId)") { try Key(pem: text) }
            } else {
                #expect(throws: Refused.self, "tcId \(row.tcId)") { try Key(pem: text) }
            }
        }
    }
}

func der(_ tag: UInt8, _ contents: Bytes) -> Bytes {
    switch contents.count {
    case ..<128: [tag, UInt8(contents.count)] + contents
    case ..<256: [tag, 0x81, UInt8(contents.count)] + contents
    default: [tag, 0x82, UInt8(contents.count >> 8), UInt8(contents.count & 255)] + contents
    }
}

/// SubjectPublicKeyInfo; `algorithm` is the contents of its AlgorithmIdentifier in hexadecimal.
func spki(algorithm: String, key: Bytes) -> Bytes { der(0x30, der(0x30, hex(algorithm)) + der(3, [0] + key)) }
