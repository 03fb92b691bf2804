public import HTTPTypes

/// The pairs of `Cookie` fields (RFC 6265 §4.2.1), of which HTTP/2 may send several (RFC 9113 §8.2.3).
public enum CookiePairs {
    /// The values of all cookies with exactly this name, quotes included, in the order of the request. Linear.
    public static func values(of name: String, in fields: HTTPFields) -> [Substring.UTF8View] {
        fields[values: .cookie].flatMap { field in
            field.utf8.split(separator: UInt8(ascii: ";")).compactMap { pair -> Substring.UTF8View? in
                let pair = pair.trimmed
                let written = pair.prefix { $0 != UInt8(ascii: "=") }
                guard written.endIndex < pair.endIndex, written.trimmed.elementsEqual(name.utf8) else { return nil }
                return pair[written.endIndex...].dropFirst().trimmed
            }
        }
    }
}
