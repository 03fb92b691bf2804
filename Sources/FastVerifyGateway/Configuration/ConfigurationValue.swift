internal import Yams

/// A value in a configuration file, with its place. Readers report what is wrong and return `nil`; the file is refused as a whole
/// when everything has been read.
struct ConfigurationValue {
    let node: Node
    let path: String
    let problems: ProblemList

    func report(_ message: String) {
        problems.report(message, at: path, line: node.mark?.line ?? 0, column: node.mark?.column ?? 0)
    }

    private func expected(_ what: String) {
        report("expected \(what), found \(found)")
    }

    /// Where it stands; 0 where nobody knows.
    var line: Int { node.mark?.line ?? 0 }

    var isScalar: Bool { node.scalar != nil }
    var isMapping: Bool { node.mapping != nil }

    func isText(_ text: String) -> Bool { node.scalar?.string == text }

    private var found: String {
        switch node {
        case .scalar(let scalar):
            scalar.string.isEmpty ? "nothing" : "'\(scalar.string.prefix(40).filter { $0 >= " " })'"
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .alias: "an alias"
        }
    }

    // MARK: Scalars

    func text(_ what: String = "a text") -> String? {
        guard case .scalar(let scalar) = node, !scalar.string.isEmpty else {
            expected(what)
            return nil
        }
        // 1.0, yes and null are not texts unless somebody writes quotes around them.
        guard node.tag == Tag(.str) else {
            report("expected \(what): write it in quotes, \"\(scalar.string)\"")
            return nil
        }
        guard scalar.string.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            report("expected \(what) without control characters")
            return nil
        }
        return scalar.string
    }

    /// A text, or one of the words that YAML takes for something else: `off` is false there.
    func text(orWord words: [String], _ what: String) -> String? {
        if let word = node.scalar?.string, words.contains(word) { return word }
        return text(what)
    }

    func flag() -> Bool? {
        switch node.scalar?.string {
        case "true": return true
        case "false": return false
        default:
            expected("true or false")
            return nil
        }
    }

    func number(_ range: ClosedRange<Int>) -> Int? {
        guard let text = node.scalar?.string, let value = Int(text), range.contains(value) else {
            expected("a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    /// Bytes: a number, or one with `KiB`, `MiB` or `GiB`.
    func size(_ range: ClosedRange<Int>) -> Int? {
        let text = node.scalar?.string ?? ""
        let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)]
        let unit = units.first { text.hasSuffix($0.0) }
        let digits = unit == nil ? text : String(text.dropLast(3))
        let (value, overflow) = (Int(digits) ?? -1).multipliedReportingOverflow(by: 1 << (unit?.1 ?? 0))
        guard !overflow, range.contains(value) else {
            expected("bytes from \(range.lowerBound) to \(range.upperBound), e.g. 64KiB")
            return nil
        }
        return value
    }

    /// `250ms`, `30s`, `5m`, `1h`.
    func duration(_ range: ClosedRange<Duration>) -> Duration? {
        let text = node.scalar?.string ?? ""
        let units: [(String, Int)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
        let value = units.first { text.hasSuffix($0.0) }.flatMap { unit -> Duration? in
            guard let count = Int(text.dropLast(unit.0.count)), count >= 0, count <= 1_000_000_000 else { return nil }
            return .milliseconds(count * unit.1)
        }
        guard let value, range.contains(value) else {
            expected("a duration from \(range.lowerBound) to \(range.upperBound), e.g. 250ms, 30s, 5m, 1h")
            return nil
        }
        return value
    }

    /// One of the names of an enumeration.
    func choice<T: CaseIterable & RawRepresentable>(_ type: T.Type) -> T? where T.RawValue == String {
        guard let text = node.scalar?.string, let value = T(rawValue: text) else {
            expected("one of " + T.allCases.map(\.rawValue).joined(separator: ", "))
            return nil
        }
        return value
    }

    // MARK: Collections

    /// A list, or one value that stands for a list of one.
    func list() -> [ConfigurationValue] {
        switch node {
        case .sequence(let sequence):
            sequence.enumerated().map {
                ConfigurationValue(node: $0.element, path: "\(path)[\($0.offset)]", problems: problems)
            }
        default: [self]
        }
    }

    /// Not empty; no text twice.
    func texts(_ what: String = "a text") -> [String] {
        let values = list().compactMap { value in value.text(what).map { (value, $0) } }
        if case .sequence(let sequence) = node, sequence.isEmpty { report("expected at least \(what)") }
        var seen: Set<String> = []
        for (value, text) in values where !seen.insert(text).inserted { value.report("'\(text)' stands twice") }
        return values.map(\.1)
    }

    func mapping(_ what: String = "a mapping") -> ConfigurationMapping? {
        guard case .mapping(let mapping) = node else {
            expected(what)
            return nil
        }
        return ConfigurationMapping(mapping, of: self)
    }
}
