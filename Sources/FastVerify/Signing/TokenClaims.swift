/// What an access token says besides what its signer adds.
public struct TokenClaims: Sendable, Hashable {
    public var subject: String?
    /// One becomes a string, several an array, none no claim (RFC 7519 §4.1.3).
    public var audience: [String]
    /// RFC 8693 §4.3; none, no claim.
    public var clientID: String?
    /// Written with spaces between (RFC 8693 §4.2); none, no claim.
    public var scopes: [String]
    /// Further claims by name; not `iss`, `sub`, `aud`, `exp`, `nbf`, `iat`, `jti`, `client_id`, `scope`.
    public var others: [String: Value]

    public init(
        subject: String? = nil, audience: [String] = [], clientID: String? = nil, scopes: [String] = [],
        others: [String: Value] = [:]
    ) {
        self.subject = subject
        self.audience = audience
        self.clientID = clientID
        self.scopes = scopes
        self.others = others
    }

    /// A JSON value for a claim that is signed (RFC 8259 §3). Numbers are written so that they read back as the same `Double`.
    public enum Value: Sendable, Hashable {
        case null
        case boolean(Bool)
        case integer(Int64)
        /// Finite; anything else has no JSON form and is refused when it is signed.
        case number(Double)
        case string(String)
        case array([Value])
        case object([String: Value])

        /// The value as JSON, members in the order of their names. `nil` for a number that JSON cannot say.
        package var json: String? {
            switch self {
            case .null: return "null"
            case .boolean(let value): return value ? "true" : "false"
            case .integer(let value): return String(value)
            case .number(let value): return value.isFinite ? "\(value)" : nil
            case .string(let value): return JSONText.quoted(value)
            case .array(let values):
                let items = values.compactMap(\.json)
                return items.count == values.count ? "[" + items.joined(separator: ",") + "]" : nil
            case .object(let members):
                let texts = members.sorted { $0.key < $1.key }.map { name, value in
                    value.json.map { "\(JSONText.quoted(name)):\($0)" }
                }
                let known = texts.compactMap { $0 }
                return known.count == texts.count ? "{" + known.joined(separator: ",") + "}" : nil
            }
        }
    }
}

extension TokenClaims.Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(arrayLiteral values: TokenClaims.Value...) { self = .array(values) }
    /// The last of a name counts.
    public init(dictionaryLiteral members: (String, TokenClaims.Value)...) {
        self = .object(Dictionary(members) { _, last in last })
    }
}
