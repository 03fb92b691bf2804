import Foundation

/// A version of this harness that can be run: an executable, or a commit that is built first.
struct HarnessVersion {
    let name: String
    let executable: URL

    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    /// `name` is the path of an executable or what git calls a revision of the repository in the working directory.
    init(_ name: String) throws {
        self.name = name
        if FileManager.default.isExecutableFile(atPath: name) {
            executable = URL(fileURLWithPath: name)
        } else {
            executable = try Self.build(name)
        }
    }

    /// Builds a commit in a work tree of its own, once: what is there already is used again.
    private static func build(_ revision: String) throws -> URL {
        let commit = try output(of: "git", "rev-parse", "--verify", "--quiet", "\(revision)^{commit}")
            .trimmingCharacters(
                in: .whitespacesAndNewlines)
        guard !commit.isEmpty else { throw Unusable(description: "\(revision): no executable and no commit") }
        let tree = ".build-compare/\(commit)"
        let executable = URL(fileURLWithPath: "\(tree)/.build/release/fastverify-bench")
        if FileManager.default.isExecutableFile(atPath: executable.path) { return executable }
        FileHandle.standardError.write(Data("building \(revision), \(commit.prefix(12)) …\n".utf8))
        if !FileManager.default.fileExists(atPath: tree) {
            _ = try output(of: "git", "worktree", "prune")
            _ = try output(of: "git", "worktree", "add", "--detach", tree, commit)
        }
        _ = try output(
            of: "swift", "build", "-c", "release", "--package-path", tree, "--scratch-path", "\(tree)/.build",
            "--product", "fastverify-bench")
        return executable
    }

    /// The record of one process, as JSON.
    func record(_ arguments: [String]) throws -> Data {
        Data(try Self.output(of: executable.path, arguments: ["measure", "--json", "-"] + arguments).utf8)
    }

    private static func output(of command: String...) throws -> String {
        try output(of: "/usr/bin/env", arguments: command)
    }

    private static func output(of path: String, arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Unusable(
                description: "\(path) \(arguments.joined(separator: " ")): status \(process.terminationStatus)")
        }
        return String(decoding: data, as: UTF8.self)
    }
}

/// What `compare` needs of a record of `measure`.
struct MeasuredRates: Decodable {
    private struct Result: Decodable {
        let algorithm: String
        let kernel: String
        let batch: Int
        let tokensPerS: Double
        let tokensPerSSamples: [Double]?
    }
    private let results: [Result]

    /// The rounds of each contender. They are of one process and not independent of each other: a record alone cannot be
    /// confirmed.
    var samples: [String: [Double]] {
        results.reduce(into: [:]) {
            $0["\($1.algorithm) \($1.kernel) \($1.batch)"] = $1.tokensPerSSamples ?? [$1.tokensPerS]
        }
    }
}
