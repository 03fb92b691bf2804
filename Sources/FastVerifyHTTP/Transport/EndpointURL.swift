internal import FastVerifyAccess

/// An absolute `https` or `http` URL in the one spelling that no two parsers read differently (RFC 3986, narrowed).
///
/// Refused: user information, fragments, percent-encoded or non-ASCII hosts, numbers that some parsers take for IPv4
/// addresses (`127.1`, `0x7f000001`, `2130706433`), zone identifiers, back-slashes, spaces and control characters.
struct EndpointURL: Sendable, Hashable {
    enum Scheme: String, Sendable { case https, http }

    static let maximumLength = 2048

    let scheme: Scheme
    /// Lower case, without brackets around an IPv6 address and without a final dot.
    let host: String
    let port: Int
    /// The address, where the host is one.
    let address: IPAddress?
    /// Path and query; begins with `/`.
    let target: String

    init?(_ text: String) {
        guard text.utf8.count <= Self.maximumLength, let mark = text.firstRange(of: "://") else { return nil }
        guard let scheme = Scheme(rawValue: text[..<mark.lowerBound].lowercased()) else { return nil }
        let rest = text[mark.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard let authority = Self.authority(rest[..<end], scheme) else { return nil }
        let target = rest[end...].first == "/" ? String(rest[end...]) : "/" + rest[end...]
        guard Self.isTarget(target) else { return nil }
        self.init(scheme, authority, target)
    }

    private init(_ scheme: Scheme, _ authority: (host: String, port: Int, address: IPAddress?), _ target: String) {
        self.scheme = scheme
        (host, port, address) = authority
        self.target = target
    }

    /// Scheme, host and port (RFC 6454 §4).
    func hasOrigin(of other: EndpointURL) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    /// What a `Location` names: an absolute URL or an absolute path; other relative references are refused.
    func resolving(_ location: String) -> EndpointURL? {
        guard location.first == "/", location.utf8.count <= Self.maximumLength else { return EndpointURL(location) }
        guard !location.hasPrefix("//"), Self.isTarget(location) else { return nil }
        return replacing(target: location)
    }

    /// The same origin with another path.
    func replacing(target: String) -> EndpointURL { EndpointURL(scheme, (host, port, address), target) }

    /// As a `Host` header or an authority shows it: brackets around IPv6, no default port.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (scheme == .https ? 443 : 80) ? name : "\(name):\(port)"
    }

    var text: String { "\(scheme.rawValue)://\(authority)\(target)" }

    private static func authority(_ text: Substring, _ scheme: Scheme) -> (String, Int, IPAddress?)? {
        var name = text
        var port = scheme == .https ? 443 : 80
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
            let digits = text[text.index(after: colon)...]
            guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy(isDigit), let value = Int(digits),
                (1...65_535).contains(value)
            else { return nil }
            name = text[..<colon]
            port = value
        }
        if name.first == "[" {
            guard name.last == "]", let address = IPAddress(String(name.dropFirst().dropLast())), address.isIPv6
            else { return nil }
            return (address.description, port, address)
        }
        if let address = IPAddress(String(name)), !address.isIPv6 { return (address.description, port, address) }
        // Some letters outside ASCII have a lower case within.
        guard name.utf8.allSatisfy({ $0 < 0x80 }), let host = hostName(name.lowercased()) else { return nil }
        return (host, port, nil)
    }

    /// A name of letters, digits, hyphens and underscores between dots (RFC 1123 §2.1). The last label must not look like a
    /// number, or the whole would be an address to somebody.
    private static func hostName(_ text: String) -> String? {
        let name = text.last == "." ? String(text.dropLast()) : text
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...253).contains(name.utf8.count),
            labels.allSatisfy({ (1...63).contains($0.count) && $0.allSatisfy(isHostByte) }),
            let last = labels.last, let first = last.first, !isDigit(first)
        else { return nil }
        return name
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }

    private static let targetBytes = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/?%".utf8)

    private static func isTarget(_ text: String) -> Bool { text.utf8.allSatisfy(targetBytes.contains) }
}
