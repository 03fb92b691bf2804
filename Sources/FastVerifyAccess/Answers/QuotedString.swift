/// Values inside fields.
enum QuotedString {
    /// A quoted-string (RFC 9110 §5.6.4). What is not printable ASCII becomes a question mark: a realm may come from a
    /// configuration, and a line break in it must not begin a field.
    static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": out += "\\\(scalar)"
            case " "..."~": out.unicodeScalars.append(scalar)
            default: out += "?"
            }
        }
        return out + "\""
    }

    /// Words separated by spaces. A scope cannot contain what is left out (scope-token, RFC 6749 §3.3).
    static func words(_ words: [String]) -> String {
        words.filter { word in
            !word.isEmpty && word.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
        }.joined(separator: " ")
    }
}
