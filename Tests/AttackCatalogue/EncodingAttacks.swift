private typealias Issuer = CatalogueIssuer

/// Rows 31 to 33: what a token is written with.
extension Attack {
    static var encodings: [Attack] { dots + alphabets + endings }

    private static var dots: [Attack] {
        let parts = Issuer.token().split(separator: ".").map(String.init)
        let whole = parts.joined(separator: ".")
        return [
            Attack(31, "no dot", parts.joined()), Attack(31, "one dot", "\(parts[0]).\(parts[1])"),
            Attack(31, "a fourth segment", "\(whole).\(parts[2])"), Attack(31, "a dot before", ".\(whole)"),
            Attack(31, "a dot after", "\(whole)."), Attack(31, "two dots", "..", .badToken),
            Attack(31, "a single dot", "."), Attack(31, "an empty header", ".\(parts[1]).\(parts[2])"),
            Attack(31, "16,000 dots", String(repeating: ".", count: 16_000)),
            Attack(31, "70,000 dots", String(repeating: ".", count: 70_000)),
            Attack(31, "100,000 letters", String(repeating: "A", count: 100_000)),
            Attack(31, "1,000,000 letters", String(repeating: "A", count: 1_000_000)),
            Attack(33, "a single letter", "A"),
        ]
    }

    private static var alphabets: [Attack] {
        let parts = Issuer.token().split(separator: ".").map(String.init)
        func inside(_ text: String) -> String { "\(parts[0]).\(parts[1].dropLast(4))\(text).\(parts[2])" }
        let legal = ["+AAA", "/AAA", "A", "~AAA"].map { Attack(32, "payload with \($0)", inside($0)) }
        let illegal = [" ", "\t", "\\", "!", "@", "é", "\u{FF0E}", "A=A", "AAA=", "%2E", ",", "\"", "<", "\u{7F}"].map {
            Attack(32, "payload with '\($0)'", inside($0), .malformed)
        }
        // Only one of sixteen last letters of a signature of 64 bytes is canonical.
        let last = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let written = last.firstIndex(of: parts[2].last!)!
        let loose = (1..<16).map { bits in
            let letter = last[written & ~15 | (written & 15 ^ bits)]
            return Attack(32, "trailing bits \(bits)", "\(parts[0]).\(parts[1]).\(parts[2].dropLast())\(letter)")
        }
        return legal + illegal + loose
    }

    private static var endings: [Attack] {
        let token = Issuer.token()
        return [
            Attack(33, "padding after it", token + "="), Attack(33, "a letter after it", token + "A"),
            Attack(33, "another after it", token + " " + token, .malformed),
            Attack(33, "a list", token + "," + token, .malformed),
            Attack(33, "a parameter", token + "; a=b", .malformed),
            Attack(33, "Bearer twice", "Bearer " + token, .malformed), Attack(33, "quotes", "\"\(token)\"", .malformed),
            Attack(33, "angle brackets", "<\(token)>", .malformed), Attack(33, "nothing", "", .malformed),
        ]
    }
}
