internal import FastVerify

/// The fields that tell the service behind a proxy who is asking.
///
/// **Each of them stands in every answer that lets a request pass, empty where there is nothing to say**, so that a proxy that copies
/// them always overwrites what a client may have sent under the same names.
struct IdentityFields: Sendable {
    struct Field: Sendable, Hashable {
        let name: String
        /// Names of members from the top inwards.
        let claim: [String]
        /// The name with its colon, as it is written.
        fileprivate let start: [UInt8]

        init(name: String, claim: [String]) {
            self.name = name
            self.claim = claim
            start = Array("\(name): ".utf8)
        }
    }

    static let standard = [
        Field(name: "X-Auth-Subject", claim: ["sub"]), Field(name: "X-Auth-Scope", claim: ["scope"]),
        Field(name: "X-Auth-Client", claim: ["client_id"]), Field(name: "X-Auth-Issuer", claim: ["iss"]),
    ]

    let fields: [Field]
    /// All of them, empty.
    let anonymous: [UInt8]

    init(_ fields: [Field]) {
        self.fields = fields
        anonymous = fields.flatMap { $0.start + [0x0D, 0x0A] }
    }

    /// Adds the lines for an accepted token.
    func write(_ claims: borrowing ClaimSet, to line: inout [UInt8]) {
        for field in fields {
            line.append(contentsOf: field.start)
            Self.write(field.claim, claims, to: &line)
            line.append(0x0D)
            line.append(0x0A)
        }
    }

    /// What a field says, for other protocols than HTTP/1.1.
    func values(_ claims: borrowing ClaimSet) -> [(name: String, value: String)] {
        var values: [(String, String)] = []
        for field in fields {
            var text: [UInt8] = []
            Self.write(field.claim, claims, to: &text)
            values.append((field.name, String(decoding: text, as: UTF8.self)))
        }
        return values
    }

    private static func write(_ path: [String], _ claims: borrowing ClaimSet, to line: inout [UInt8]) {
        if path.count == 1, path[0] == "scope", !isPlainScope(claims) {
            return write(claims.scopes.joined(separator: " "), to: &line)
        }
        guard let value = claims[path[0]] else { return }
        write(value, path.dropFirst(), to: &line)
    }

    /// Whether the scopes are one string, as nearly always: then it is written as it is.
    private static func isPlainScope(_ claims: borrowing ClaimSet) -> Bool {
        claims["scope"]?.kind == .string && claims["scp"] == nil
    }

    private static func write(_ value: borrowing ClaimValue, _ path: ArraySlice<String>, to line: inout [UInt8]) {
        if let name = path.first {
            guard let inner = value[name] else { return }
            return write(inner, path.dropFirst(), to: &line)
        }
        switch value.kind {
        case .string: write(value.string ?? "", to: &line)
        case .array: write(value.strings.joined(separator: ","), to: &line)
        case .number, .boolean: write(value.text, to: &line)
        // Not something to hand on as text.
        case .null, .object: break
        }
    }

    /// Bytes that are not printable ASCII, and the percent sign, as `%XX`: a claim can be any text, line breaks included.
    private static func write(_ text: String, to line: inout [UInt8]) {
        var text = text
        text.withUTF8 { text in
            for byte in text {
                if ByteClass.identity.contains(byte) {
                    line.append(byte)
                } else {
                    let digits = StaticString("0123456789ABCDEF").utf8Start
                    line.append(UInt8(ascii: "%"))
                    line.append(digits[Int(byte >> 4)])
                    line.append(digits[Int(byte & 15)])
                }
            }
        }
    }
}
