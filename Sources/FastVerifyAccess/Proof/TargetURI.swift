internal import FastVerify

/// The URI of a request without query and fragment, in the one spelling that all equivalent ones share, as `htu` is compared
/// (RFC 9449 §4.3): scheme and host in small letters, no default port, no escape that need not be one, no dot segments
/// (RFC 3986 §6.2.2, §6.2.3).
///
/// A path with an empty segment, `/a//b`, is another than `/a/b`, as it is to HTTP.
public struct TargetURI: Sendable, Hashable {
    /// Characters of the longest URI that is looked at.
    public static let longest = 8192

    /// The normal spelling, all ASCII. Normal text is its own normal form.
    let text: String

    /// An absolute `http` or `https` URI; `nil` for any other text, one with user information, and one with bytes that no
    /// URI has. Linear in the text.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.longest else { return nil }
        let bytes = Array(text.utf8)
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8) else {
            return nil
        }
        let rest = bytes[(colon + 3)...]
        let end = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        self.init(scheme: bytes[..<colon], authority: rest[..<end], path: rest[end...])
    }

    /// The parts of a request as they arrived: `https`, `api.example:8443` and `/orders?page=2`.
    public init?(scheme: String, authority: String, path: String) {
        guard scheme.utf8.count + authority.utf8.count + path.utf8.count <= Self.longest else { return nil }
        self.init(scheme: Array(scheme.utf8)[...], authority: Array(authority.utf8)[...], path: Array(path.utf8)[...])
    }

    private init?(scheme: ArraySlice<UInt8>, authority: ArraySlice<UInt8>, path: ArraySlice<UInt8>) {
        let scheme = scheme.map(Self.lowercase)
        let isSecure = scheme.elementsEqual("https".utf8)
        guard isSecure || scheme.elementsEqual("http".utf8) else { return nil }
        guard let authority = Self.authority(authority, defaultPort: isSecure ? "443" : "80") else { return nil }
        let path = path.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        guard path.first.map({ $0 == UInt8(ascii: "/") }) ?? true, let decoded = Self.unescaped(path) else {
            return nil
        }
        let normal = scheme + Array("://".utf8) + authority + Self.withoutDotSegments(decoded)
        text = String(decoding: normal, as: UTF8.self)
    }

    // MARK: Parts

    /// `host` or `host:port`. User information has no place in the URI of a request (RFC 9110 §4.2.4).
    private static func authority(_ bytes: ArraySlice<UInt8>, defaultPort: String) -> [UInt8]? {
        var host = bytes
        var port = bytes.suffix(0)
        // The last colon outside of an IPv6 address in brackets.
        let end = bytes.first == UInt8(ascii: "[") ? bytes.firstIndex(of: UInt8(ascii: "]")) : bytes.startIndex
        guard let end else { return nil }
        if let colon = bytes[end...].firstIndex(of: UInt8(ascii: ":")) {
            host = bytes[..<colon]
            port = bytes[(colon + 1)...]
        }
        let isLiteral = host.first == UInt8(ascii: "[")
        guard !host.isEmpty, isLiteral ? host.last == UInt8(ascii: "]") : true,
            port.count <= 5, port.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            let decoded = unescaped(host),
            decoded.enumerated().allSatisfy({
                isHost($1, inLiteral: isLiteral, isEdge: $0 == 0 || $0 == decoded.count - 1)
            })
        else { return nil }
        let number = port.drop { $0 == UInt8(ascii: "0") }
        let isDefault = port.isEmpty || number.elementsEqual(defaultPort.utf8)
        // Escapes of a host stay in capitals, as in a path.
        return lowercased(decoded)
            + (isDefault ? [] : [UInt8(ascii: ":")] + (number.isEmpty ? [UInt8(ascii: "0")] : Array(number)))
    }

    private static func isHost(_ byte: UInt8, inLiteral: Bool, isEdge: Bool) -> Bool {
        if inLiteral {
            return isEdge
                ? byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]")
                : hexValue(byte) != nil || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
        }
        return isUnreserved(byte) || "!$&'()*+,;=%".utf8.contains(byte)
    }

    /// Escapes of unreserved characters undone, others with capital digits (RFC 3986 §6.2.2.1, §6.2.2.2). `nil` for a broken
    /// escape and for bytes outside of visible ASCII.
    private static func unescaped(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var position = bytes.startIndex
        while position < bytes.endIndex {
            let byte = bytes[position]
            position += 1
            guard 0x21...0x7e ~= byte, !"\"<>\\^`{|}".utf8.contains(byte) else { return nil }
            guard byte == UInt8(ascii: "%") else {
                out.append(byte)
                continue
            }
            guard position + 2 <= bytes.endIndex, let high = hexValue(bytes[position]),
                let low = hexValue(bytes[position + 1])
            else { return nil }
            position += 2
            let value = high << 4 | low
            if isUnreserved(value) {
                out.append(value)
            } else {
                out += [byte, hexDigit(high), hexDigit(low)]
            }
        }
        return out
    }

    /// RFC 3986 §5.2.4, for a path that is empty or begins with a slash. Linear.
    private static func withoutDotSegments(_ path: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(path.count + 1)
        var segments = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)[...]
        while let segment = segments.popFirst() {
            switch segment {
            case _ where segment.elementsEqual(".".utf8), _ where segment.elementsEqual("..".utf8):
                if segment.count == 2, let slash = out.lastIndex(of: UInt8(ascii: "/")) { out.removeSubrange(slash...) }
                // A dot segment at the end leaves the slash before it.
                if segments.isEmpty { out.append(UInt8(ascii: "/")) }
            default:
                out.append(UInt8(ascii: "/"))
                out += segment
            }
        }
        return out.isEmpty ? [UInt8(ascii: "/")] : out
    }

    // MARK: Characters

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
    }

    private static func lowercased(_ host: [UInt8]) -> [UInt8] {
        var escape = 0
        return host.map { byte in
            if byte == UInt8(ascii: "%") { escape = 3 }
            defer { escape = max(0, escape - 1) }
            return escape > 0 ? byte : lowercase(byte)
        }
    }

    /// RFC 3986 §2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~".utf8.contains(byte)
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension TargetURI: CustomStringConvertible {
    public var description: String { text }
}

extension TargetURI {
    /// Whether a claim is a spelling of this URI. Most clients write the normal one, which costs a comparison.
    func isSame(as claim: ClaimValue) -> Bool {
        if claim.equals(text) { return true }
        guard let other = claim.string else { return false }
        return TargetURI(other) == self
    }
}
