/// A JWK Set (RFC 7517 §5): the keys that can be used, and a report on those that cannot.
public struct JWKSet: Sendable {
    /// Bounds on what is parsed.
    public struct Limits: Sendable {
        /// Bytes of JSON text.
        public var bytes: Int
        public var keys: Int
        /// Member names over all levels.
        var members: Int { min(max(2, keys), 2_000) * 32 }

        public init(bytes: Int = 1 << 20, keys: Int = 1000) {
            self.bytes = bytes
            self.keys = keys
        }

        public static let standard = Limits()
    }

    /// Whether `oct` keys may stand in the set. A set fetched from a URL must refuse them.
    public enum Secrets: Sendable { case accepted, refused }

    /// A key that was left out.
    public struct Skipped: Sendable {
        /// Position in the set, from 0.
        public let position: Int
        public let keyID: String?
        public let reason: KeyError
    }

    public let keys: [JWK]
    public let skipped: [Skipped]

    /// Parses a set. A key that cannot be used is skipped and reported; text that is no set at all throws.
    ///
    /// Linear in the size of the text, plus the cryptographic checks of each key.
    public init(json: [UInt8], secrets: Secrets = .accepted, limits: Limits = .standard) throws(KeyError) {
        var keys: [JWK] = []
        var skipped: [Skipped] = []
        try withJSONObject(json, limits: limits) { set throws(KeyError) in
            guard let list = set.member(.keys) else { throw .missingMember("keys") }
            guard list.kind == .array else { throw .invalidMember("keys") }
            var arena = Arena()
            let scanner = JSONScanner(maxMembers: limits.members)
            var position = 0
            list.forEach { element in
                arena.reset()
                if position < limits.keys {
                    var keyID: String?
                    do throws(KeyError) {
                        let object = try Self.object(element, scanner, &arena)
                        keyID = object.member(.kid)?.string
                        if secrets == .refused, try JWK.string(object, .kty) == "oct" {
                            throw .secretNotAllowed
                        }
                        keys.append(try JWK(object))
                    } catch {
                        skipped.append(Skipped(position: position, keyID: keyID, reason: error))
                    }
                }
                position += 1
                return position <= limits.keys
            }
            if position > limits.keys { throw .setTooLarge }
        }
        self.keys = keys
        self.skipped = skipped
    }

    private static func object(
        _ element: JSONValue, _ scanner: borrowing JSONScanner, _ arena: inout Arena
    ) throws(KeyError) -> JSONObject {
        let text = UnsafeRawBufferPointer(start: element.bytes, count: element.count)
        do throws(VerificationError) {
            return try scanner.scan(text, into: &arena, malformed: .malformedPayload)
        } catch {
            throw .malformedJSON
        }
    }
}
