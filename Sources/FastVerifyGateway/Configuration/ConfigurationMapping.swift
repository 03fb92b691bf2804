internal import Yams

/// The members of a mapping. Whoever has taken all names there are calls `finish`, which reports the others.
final class ConfigurationMapping {
    let value: ConfigurationValue
    /// In the order of the file.
    private let members: [(name: String, key: ConfigurationValue, value: ConfigurationValue)]
    private var known: [String] = []

    init(_ mapping: Node.Mapping, of value: ConfigurationValue) {
        self.value = value
        members = mapping.compactMap { key, member in
            let place = ConfigurationValue(node: key, path: value.path, problems: value.problems)
            guard let name = key.scalar?.string, !name.isEmpty else {
                place.report("expected a name")
                return nil
            }
            let path = value.path.isEmpty ? name : "\(value.path).\(name)"
            return (name, place, ConfigurationValue(node: member, path: path, problems: value.problems))
        }
    }

    /// `nil` where the file does not say.
    func optional(_ name: String) -> ConfigurationValue? {
        known.append(name)
        return members.first { $0.name == name }?.value
    }

    func required(_ name: String, _ what: String) -> ConfigurationValue? {
        let found = optional(name)
        if found == nil { value.report("\(name) is missing: expected \(what)") }
        return found
    }

    /// Every member, for mappings whose names the file chooses.
    func all() -> [(name: String, value: ConfigurationValue)] {
        known += members.map(\.name)
        return members.map { ($0.name, $0.value) }
    }

    /// Refuses what nobody has asked for: a misspelt rule must not be a rule that does not hold.
    func finish() {
        for member in members where !known.contains(member.name) {
            let near = known.filter { Self.distance($0, member.name) <= 2 }.min()
            let hint =
                near.map { "; did you mean \($0)?" } ?? ": expected one of " + known.sorted().joined(separator: ", ")
            member.key.report("unknown name '\(member.name.prefix(40))'\(hint)")
        }
    }

    /// Insertions, deletions and replacements that turn one name into the other (Levenshtein).
    private static func distance(_ a: String, _ b: String) -> Int {
        guard abs(a.utf8.count - b.utf8.count) <= 2, b.utf8.count < 64 else { return .max }
        var row = Array(0...b.utf8.count)
        for (i, x) in a.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.utf8.enumerated() {
                let cost = min(row[j] + 1, row[j + 1] + 1, diagonal + (x == y ? 0 : 1))
                diagonal = row[j + 1]
                row[j + 1] = cost
            }
        }
        return row[b.utf8.count]
    }
}
