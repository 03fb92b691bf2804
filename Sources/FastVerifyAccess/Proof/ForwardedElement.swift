/// One element of `X-Forwarded-Client-Cert`: pairs separated by semicolons, each value plain or in double quotes, in which a
/// backslash takes the meaning from the next character. Keys are compared without case.
struct ForwardedElement {
    /// Keys in small letters, in the order of the text. A key may stand several times: `DNS` and `URI` do.
    var pairs: [(key: String, value: [UInt8])] = []

    private static let mostElements = 16
    private static let mostPairs = 64

    /// The elements, separated by commas outside of quotes; `nil` for text that breaks the rules. Linear.
    static func list(_ text: String) -> [ForwardedElement]? {
        let bytes = Array(text.utf8)
        var elements = [ForwardedElement()]
        var position = 0
        while true {
            while position < bytes.count, ClientCertificate.isSpace(bytes[position]) { position += 1 }
            guard let (key, value) = pair(bytes, &position), elements[elements.count - 1].pairs.count < mostPairs else {
                return nil
            }
            elements[elements.count - 1].pairs.append((key, value))
            while position < bytes.count, ClientCertificate.isSpace(bytes[position]) { position += 1 }
            guard position < bytes.count else { return elements }
            position += 1
            switch bytes[position - 1] {
            case UInt8(ascii: ";"): continue
            case UInt8(ascii: ","):
                guard elements.count < mostElements else { return nil }
                elements.append(ForwardedElement())
            default: return nil
            }
        }
    }

    private static func pair(_ bytes: [UInt8], _ position: inout Int) -> (key: String, value: [UInt8])? {
        guard let sign = bytes[position...].firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let name = bytes[position..<sign]
        guard !name.isEmpty, name.count <= 32, name.allSatisfy({ isLetter($0) }) else { return nil }
        let key = String(decoding: name, as: UTF8.self).lowercased()
        position = sign + 1
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            let end = bytes[position...].firstIndex { ",; \t\"".utf8.contains($0) } ?? bytes.count
            defer { position = end }
            return (key, Array(bytes[position..<end]))
        }
        position += 1
        var value: [UInt8] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            if bytes[position] == UInt8(ascii: "\\") {
                position += 1
                guard position < bytes.count else { return nil }
            }
            value.append(bytes[position])
            position += 1
        }
        guard position < bytes.count else { return nil }
        position += 1
        return (key, value)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
    }
}
