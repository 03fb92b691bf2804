/// Something a configuration file says that cannot be done as it says it.
public struct ConfigurationProblem: Sendable, Hashable, CustomStringConvertible {
    public let file: String
    /// From 1; 0 where no place in the file is to blame.
    public let line: Int
    public let column: Int
    /// Names from the top inwards, `routes[2].scopes`; empty for the whole file.
    public let path: String
    /// What is wrong and what is expected. Never quotes a secret.
    public let message: String

    /// `gateway.yaml:12:5: routes[2].scopes: expected a list of texts`.
    public var description: String {
        let place = line > 0 ? "\(file):\(line):\(column)" : file
        return path.isEmpty ? "\(place): \(message)" : "\(place): \(path): \(message)"
    }
}

/// A configuration that is not put in force, with everything that is wrong with it.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    public let problems: [ConfigurationProblem]

    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Collects problems, so that an operator sees all of them at once and not the first of each attempt.
final class ProblemList {
    private(set) var problems: [ConfigurationProblem] = []
    let file: String
    /// More are not shown: whoever has made a hundred mistakes has given us the wrong file.
    private static let limit = 100

    init(file: String) { self.file = file }

    func report(_ message: String, at path: String, line: Int = 0, column: Int = 0) {
        guard problems.count < Self.limit else { return }
        problems.append(
            ConfigurationProblem(file: file, line: line, column: column, path: path, message: message))
    }
}
