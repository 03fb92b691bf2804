/// One way to attack a server that takes bearer tokens, as far as a request can carry it.
public struct Attack: Sendable, CustomStringConvertible {
    public enum Outcome: Sendable {
        /// It is no attack: what looks odd is legal.
        case accepted
        /// 401 `invalid_token`, with the bytes that all bad tokens get.
        case badToken
        /// 400 `invalid_request`: the credentials are not written as RFC 6750 §2.1 says.
        case malformed
    }

    /// Row of the catalogue of attacks.
    public let row: Int
    public let name: String
    /// What follows `Bearer `.
    public let token: String
    public let outcome: Outcome

    public var description: String { "row \(row), \(name)" }

    init(_ row: Int, _ name: String, _ token: String, _ outcome: Outcome = .badToken) {
        self.row = row
        self.name = name
        self.token = token
        self.outcome = outcome
    }

    /// All of them; the same in every run but for keys and signatures.
    public static let catalogue = keySelection + headers + signatures + encodings + texts + claims
}
