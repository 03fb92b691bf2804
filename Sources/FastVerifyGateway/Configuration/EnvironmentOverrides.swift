internal import Configuration
internal import Yams

/// What the environment says instead of the file, read with swift-configuration: `limits.head_time` is `FASTVERIFY_LIMITS_HEAD_TIME`.
/// Addresses and limits only; who is trusted stands in one place.
///
/// The file itself is not read through that package. Its view of a file is a flat table of values without places, so that no
/// message could say which line is meant; its ReloadingFileProvider puts a snapshot in force when it parses, while ours must
/// not be before its key files are read and its issuers have sent keys; and it tells nobody why a file was not taken.
public struct EnvironmentOverrides: Sendable {
    private let reader: ConfigReader

    public init() { self.init(EnvironmentVariablesProvider()) }

    /// For tests.
    public init(variables: [String: String]) {
        self.init(EnvironmentVariablesProvider(environmentVariables: variables))
    }

    private init(_ provider: EnvironmentVariablesProvider) {
        reader = ConfigReader(provider: provider).scoped(to: "fastverify")
    }

    func text(_ path: String) -> String? { reader.string(forKey: ConfigKey(path)) }

    func value(_ path: String, _ problems: ProblemList) -> ConfigurationValue? {
        text(path).map {
            ConfigurationValue(node: Node($0), path: "environment, \(path)", problems: problems)
        }
    }
}
