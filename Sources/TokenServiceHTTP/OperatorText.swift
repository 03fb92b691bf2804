/// What operators may name things, in the same bounds as the OpenAPI document has. Lengths are in code points.
enum OperatorText {
    static let longestName = 200
    static let longestWord = 64
    /// A user's roles and permissions go into every token.
    static let mostWords = 64
    static let passwordLength = 8...256

    /// Whether a text is some words with one space between each: no control character, no other white space, nothing invisible.
    static func isName(_ text: String, upTo longest: Int = longestName) -> Bool {
        let scalars = text.unicodeScalars
        guard (1...longest).contains(scalars.count), scalars.first != " ", scalars.last != " " else { return false }
        var before: Unicode.Scalar = "x"
        for scalar in scalars {
            guard scalar == " " ? before != " " : !isInvisible(scalar) else { return false }
            before = scalar
        }
        return true
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x20, 0x7F...0xA0, 0xAD, 0x1680, 0x2000...0x200F, 0x2028...0x202F, 0x205F...0x206F, 0x3000, 0xFEFF:
            true
        default: false
        }
    }

    static func checkName(_ text: String?, _ member: StaticString) throws(AuthProblem) {
        guard let text, !isName(text) else { return }
        throw .unprocessable(
            "\"\(member)\" has 1 to \(longestName) characters, no control characters, and single spaces inside only.")
    }

    /// Printable ASCII without quotes and backslashes, as a scope (RFC 6749 §3.3).
    static func checkWords(
        _ words: [String]?, _ member: StaticString, longest: Int = longestWord
    ) throws(AuthProblem) {
        guard let words else { return }
        let areValid = words.allSatisfy { word in
            (1...longest).contains(word.utf8.count)
                && word.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
        }
        guard words.count <= mostWords, areValid else {
            throw .unprocessable(
                "\"\(member)\" has at most \(mostWords) words of 1 to \(longest) characters: ASCII without space, quote and backslash."
            )
        }
    }

    static func checkPassword(_ text: String) throws(AuthProblem) {
        guard passwordLength.contains(text.unicodeScalars.count) else {
            throw .unprocessable(
                "A password has \(passwordLength.lowerBound) to \(passwordLength.upperBound) characters.")
        }
    }
}
