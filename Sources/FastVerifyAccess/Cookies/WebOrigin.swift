/// Scheme, host and port of a site (RFC 6454 §4), compared in their normal spelling.
public struct WebOrigin: Sendable, Hashable, CustomStringConvertible {
    private let text: String

    /// `https://app.example` or with a port; `nil` for `null`, for anything with a path, and for other schemes.
    public init?(_ text: String) {
        guard text.utf8.count <= 512, let start = text.utf8.firstIndex(of: UInt8(ascii: ":")),
            !text.utf8[start...].dropFirst(3).contains(where: { "/?#".utf8.contains($0) })
        else { return nil }
        self.init(of: text)
    }

    /// The origin of a URI, as that of `Referer`.
    init?(of uri: String) {
        guard let target = TargetURI(uri) else { return nil }
        // The path of a normal URI begins at its third slash.
        var slashes = 0
        text = String(
            target.text.prefix { byte in
                if byte == "/" { slashes += 1 }
                return slashes < 3
            })
    }

    var scheme: String { String(text.prefix { $0 != ":" }) }
    /// Host, and port where it is not the default one.
    var authority: String { String(text.dropFirst(scheme.utf8.count + 3)) }

    public var description: String { text }
}
