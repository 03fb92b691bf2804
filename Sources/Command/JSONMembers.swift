import FastVerify

/// The members of a JSON object in order, each value as JSON text: enough to read, change and write objects without
/// ever converting a value.
struct JSONMembers {
    private(set) var list: [(name: String, value: String)] = []

    init() {}

    init(_ json: [UInt8]) throws(VerificationError) {
        list = try withUnverifiedClaims(json) { object in
            var list: [(String, String)] = []
            object.forEach { list.append(($0, Self.text($1))) }
            return list
        }
    }

    /// A value as it stood in its text, strings with their quotes.
    static func text(_ value: borrowing ClaimValue) -> String {
        value.kind == .string ? "\"\(value.text)\"" : value.text
    }

    subscript(name: String) -> String? {
        get { list.first { $0.name == name }?.value }
        set {
            let position = list.firstIndex { $0.name == name }
            switch (position, newValue) {
            case (let position?, let value?): list[position].value = value
            case (let position?, nil): list.remove(at: position)
            case (nil, let value?): list.append((name, value))
            case (nil, nil): break
            }
        }
    }

    /// The characters of a member that is a string.
    func string(_ name: String) -> String? {
        guard let value = self[name] else { return nil }
        return try? withUnverifiedClaims(Array("{\"v\":\(value)}".utf8)) { $0["v"]?.string } ?? nil
    }

    /// The whole seconds of a member that is a number.
    func seconds(_ name: String) -> Int64? {
        guard let value = self[name] else { return nil }
        return try? withUnverifiedClaims(Array("{\"exp\":\(value)}".utf8)) { $0.expiration } ?? nil
    }

    var json: String { "{" + list.map { "\(JSONText.quoted($0.name)):\($0.value)" }.joined(separator: ",") + "}" }

    /// An array of strings.
    static func array(_ strings: [String]) -> String { "[" + strings.map(JSONText.quoted).joined(separator: ",") + "]" }

    /// The names in a text that may be no object at all.
    static func names(of json: [UInt8]) -> Set<String> {
        guard let members = try? JSONMembers(json) else { return [] }
        return Set(members.list.map(\.name))
    }

    /// Whether a file is JSON rather than PEM, by its first character.
    static func looksLikeJSON(_ bytes: [UInt8]) -> Bool {
        bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "{")
    }

    /// `text` as a JSON value: what it says where it is JSON, else a string of its characters.
    static func value(_ text: String) -> String {
        if let members = try? JSONMembers(Array("{\"v\":\(text)}".utf8)), members.list.count == 1 {
            return members.list[0].value
        }
        return JSONText.quoted(text)
    }
}
