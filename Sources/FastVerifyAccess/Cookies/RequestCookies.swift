public import HTTPTypes

/// The cookies of a request, within bounds. `CookiePairs` says how they are read.
public struct RequestCookies: Sendable {
    /// Bytes of all `Cookie` fields together, and pairs in them. RFC 6265bis §6.1 asks for 50 cookies of 4 KiB a domain at
    /// least; servers take far less in fields.
    public struct Limits: Sendable, Hashable {
        public var bytes: Int
        public var pairs: Int

        public init(bytes: Int = 16 << 10, pairs: Int = 180) {
            self.bytes = bytes
            self.pairs = pairs
        }
    }

    private let fields: HTTPFields

    /// - Throws: `invalidRequest` for more than the limits allow, before any of it is read.
    public init(_ fields: HTTPFields, limits: Limits = Limits()) throws(Refusal) {
        let values = fields[values: .cookie]
        guard values.reduce(0, { $0 + $1.utf8.count }) <= limits.bytes else {
            throw Refusal(.invalidRequest, "cookies_too_large")
        }
        let pairs = values.reduce(0) { $0 + 1 + $1.utf8.count { $0 == UInt8(ascii: ";") } }
        guard pairs <= limits.pairs else { throw Refusal(.invalidRequest, "too_many_cookies") }
        self.fields = fields
    }

    /// The value of the cookie with exactly this name; `nil` where there is none.
    ///
    /// - Throws: `invalidRequest` where it stands twice. Which of two is this site's and which somebody planted, from a subdomain
    ///   or an unencrypted connection, nothing in the request tells.
    public func value(of name: String) throws(Refusal) -> String? {
        let values = CookiePairs.values(of: name, in: fields)
        guard values.count <= 1 else { throw Refusal(.invalidRequest, "cookie_repeated") }
        return values.first.map { String(decoding: $0, as: UTF8.self) }
    }
}
