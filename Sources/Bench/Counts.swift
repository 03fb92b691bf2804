import Foundation

/// What verifying one token takes, counted and not timed: the same on a busy machine as on an idle one.
struct Counts: Codable, Equatable {
    /// Executed instructions.
    var instructions: Double
    /// Calls of malloc and its relatives, those of OpenSSL included.
    var mallocs: Double
    /// Bytes asked for by them.
    var bytes: Double

    struct Uncountable: Error, CustomStringConvertible { let description: String }

    /// Counts what `program` does with valgrind, as the difference between two passes over the tokens and ten; what the start of
    /// a process, the first use of a key and the first sight of a payload's shape take is in both. `nil` where the kernel does
    /// not run on valgrind's processor.
    init?(of program: [String], tokens: Int) throws {
        func differences(_ tool: [String], _ patterns: [String]) throws -> [Double]? {
            guard let fewer = try Self.counts(tool, program + ["--passes", "2"], patterns),
                let more = try Self.counts(tool, program + ["--passes", "10"], patterns)
            else { return nil }
            return zip(fewer, more).map { ($1 - $0) / Double(8 * tokens) }
        }
        guard
            let executed = try differences(
                ["--tool=callgrind", "--callgrind-out-file=/dev/null"], [#"I\s+refs:\s+([\d,]+)"#]),
            let allocated = try differences(
                ["--tool=memcheck", "--undef-value-errors=no", "--leak-check=no"],
                [#"total heap usage: ([\d,]+) allocs"#, #"frees, ([\d,]+) bytes allocated"#])
        else { return nil }
        self.init(instructions: executed[0], mallocs: allocated[0], bytes: allocated[1])
    }

    init(instructions: Double, mallocs: Double, bytes: Double) {
        self.instructions = instructions
        self.mallocs = mallocs
        self.bytes = bytes
    }

    private static func counts(_ tool: [String], _ arguments: [String], _ patterns: [String]) throws -> [Double]? {
        // A key earns its table at once, in the first pass, on the same thread; dictionaries are laid out alike in every process.
        let settings = ProcessInfo.processInfo.environment.merging([
            "FASTVERIFY_TABLES": "sync,eager", "SWIFT_DETERMINISTIC_HASHING": "1",
        ]) { $1 }
        let (status, text) = try errors(of: ["valgrind"] + tool + arguments, settings)
        if status == Pass.unsupported { return nil }
        let counts = patterns.compactMap { number(text, $0) }
        guard status == 0, counts.count == patterns.count else {
            throw Uncountable(description: "valgrind, status \(status): \(text.suffix(400)). Is valgrind installed?")
        }
        return counts
    }

    /// This program without what debuggers need, which valgrind cannot read.
    static func stripped(into folder: URL) throws -> String {
        let copy = folder.appendingPathComponent("stripped").path
        let own = Bundle.main.executablePath ?? CommandLine.arguments[0]
        let (status, text) = try errors(of: ["strip", "-g", "-o", copy, own], ProcessInfo.processInfo.environment)
        guard status == 0 else { throw Uncountable(description: "strip: \(text)") }
        return copy
    }

    private static func errors(of command: [String], _ settings: [String: String]) throws -> (Int32, String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.environment = settings
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    /// The number, with commas, that the pattern's group matches.
    static func number(_ text: String, _ pattern: String) -> Double? {
        guard let expression = try? NSRegularExpression(pattern: pattern),
            let match = expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)),
            let range = Range(match.range(at: 1), in: text)
        else { return nil }
        return Double(text[range].filter { $0 != "," })
    }
}
