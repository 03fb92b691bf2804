public import HTTPTypes

/// Why a cookie cannot be written as asked.
public enum CookieError: Error, Sendable, Hashable {
    /// Not a token of RFC 9110 §5.6.2, or one that begins with a prefix that its scope does not have.
    case name
    /// A character that no cookie value may have (RFC 6265bis §4.1.1): white space, quotes, comma, semicolon, backslash, or
    /// anything outside of ASCII.
    case value
    /// Not a domain, or not a path.
    case attribute
    /// `SameSite=None` or `Partitioned` without `Secure`, which browsers ignore.
    case insecure
    /// Name and value together have more than 4,096 bytes, or an attribute more than 1,024 (RFC 6265bis §5.6).
    case tooLarge
}

/// A cookie for an answer (RFC 6265bis §4.1): by default out of reach of scripts, over TLS only, and not sent along by other
/// sites' forms.
///
///     let cookie = try SetCookie("session", token, sameSite: .strict, maximumAge: 900)
///     response.headerFields.append(cookie.field)  // __Host-session=…; Path=/; Max-Age=900; HttpOnly; Secure; SameSite=Strict
///
/// What the prefixes demand (§4.1.3), the scopes enforce: a cookie of `.host` has no domain, no path but `/` and is always
/// secure, because there is no way to say otherwise.
public struct SetCookie: Sendable, Hashable {
    /// Which requests get the cookie, and what its name promises about it.
    public enum Scope: Sendable, Hashable {
        /// `__Host-`: this host alone, all paths, over TLS. Neither subdomains nor unencrypted answers can overwrite it.
        case host
        /// `__Secure-`: over TLS.
        case secure(domain: String? = nil, path: String = "/")
        /// Without a prefix.
        case plain(domain: String? = nil, path: String = "/", isSecure: Bool = true)

        /// The beginning of the name.
        public var prefix: String {
            switch self {
            case .host: "__Host-"
            case .secure: "__Secure-"
            case .plain: ""
            }
        }

        var isSecure: Bool { if case .plain(_, _, false) = self { false } else { true } }
        var domain: String? {
            switch self {
            case .host: nil
            case .secure(let domain, _), .plain(let domain, _, _): domain
            }
        }
        var path: String {
            switch self {
            case .host: "/"
            case .secure(_, let path), .plain(_, let path, _): path
            }
        }
    }

    /// Whether requests that other sites cause carry the cookie (§5.6.7).
    public enum SameSite: String, Sendable, Hashable {
        case strict = "Strict"
        /// Only when the user goes to this site by a link.
        case lax = "Lax"
        case none = "None"
    }

    /// With its prefix.
    public let name: String
    public let value: String
    public let scope: Scope
    public let sameSite: SameSite
    /// Whether scripts cannot read it.
    public let isHTTPOnly: Bool
    /// Seconds; `nil` until the browser ends, 0 and less to delete it.
    public let maximumAge: Int64?
    /// `Partitioned`: one for each top-level site (CHIPS).
    public let isPartitioned: Bool

    /// - Parameter name: without the prefix, which the scope adds.
    public init(
        _ name: String, _ value: String, scope: Scope = .host, sameSite: SameSite = .lax, isHTTPOnly: Bool = true,
        maximumAge: Int64? = nil, isPartitioned: Bool = false
    ) throws(CookieError) {
        let prefixes = ["__host-", "__secure-", "__http-", "__hosthttp-"]
        guard !name.isEmpty, name.utf8.allSatisfy(Self.isToken),
            !prefixes.contains(where: { name.lowercased().hasPrefix($0) })
        else { throw .name }
        guard value.utf8.allSatisfy(Self.isOctet) else { throw .value }
        guard scope.path.hasPrefix("/"), scope.path.utf8.allSatisfy({ 0x20..<0x7f ~= $0 && $0 != UInt8(ascii: ";") }),
            scope.domain.map(Self.isDomain) ?? true
        else { throw .attribute }
        guard scope.isSecure || (sameSite != .none && !isPartitioned) else { throw .insecure }
        self.name = scope.prefix + name
        guard self.name.utf8.count + value.utf8.count <= 4096, scope.path.utf8.count <= 1024,
            scope.domain?.utf8.count ?? 0 <= 1024
        else { throw .tooLarge }
        self.value = value
        self.scope = scope
        self.sameSite = sameSite
        self.isHTTPOnly = isHTTPOnly
        self.maximumAge = maximumAge
        self.isPartitioned = isPartitioned
    }

    private init(deleting cookie: SetCookie) {
        name = cookie.name
        value = ""
        scope = cookie.scope
        sameSite = cookie.sameSite
        isHTTPOnly = cookie.isHTTPOnly
        maximumAge = 0
        isPartitioned = cookie.isPartitioned
    }

    /// What makes a browser forget this cookie: the same name and scope, no value, no time to live.
    public var deletion: SetCookie { SetCookie(deleting: self) }

    /// The value of `Set-Cookie`.
    public var text: String {
        var text = "\(name)=\(value)"
        if let domain = scope.domain { text += "; Domain=\(domain)" }
        text += "; Path=\(scope.path)"
        if let maximumAge { text += "; Max-Age=\(max(0, maximumAge))" }
        if isHTTPOnly { text += "; HttpOnly" }
        if scope.isSecure { text += "; Secure" }
        text += "; SameSite=\(sameSite.rawValue)"
        if isPartitioned { text += "; Partitioned" }
        return text
    }

    /// To be appended, not set: each cookie has a field of its own (RFC 9110 §5.3).
    public var field: HTTPField { HTTPField(name: .setCookie, value: text) }

    /// tchar (RFC 9110 §5.6.2).
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// cookie-octet (RFC 6265bis §4.1.1).
    private static func isOctet(_ byte: UInt8) -> Bool {
        0x21...0x7e ~= byte && !"\",;\\".utf8.contains(byte)
    }

    private static func isDomain(_ text: String) -> Bool {
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            1...63 ~= label.count
                && label.allSatisfy { isToken($0) && ($0 == UInt8(ascii: "-") || !"!#$%&'*+.^_`|~".utf8.contains($0)) }
        }
    }
}
