import ArgumentParser
import FastVerify
import Foundation

/// `gate`: whether a token takes no more instructions and memory than it may.
struct Gate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Count instructions, mallocs and bytes per token and hold them against thresholds.",
        discussion: """
            Counts are the same on a busy machine, so this gate is exact where `compare` is statistical. valgrind has no \
            AVX-512: the rows that need it are held by `compare`. A row that valgrind's processor cannot run is skipped.

            Exit status: 0 all hold, 2 a threshold is exceeded, 1 an error.
            """)

    @Option(help: "The thresholds.") var thresholds = "Benchmarks/thresholds/counts.json"
    @Flag(help: "Write the counts found into the file of thresholds.") var update = false

    /// One line of the file.
    struct Threshold: Codable {
        let algorithm: String
        let kernel: String
        let batch: Int
        /// What a token may take. Instructions may exceed this by the file's tolerance, allocations by nothing.
        var most: Counts
    }

    struct Thresholds: Codable {
        /// Part by which instructions may differ: keys and signatures are random, and compilers and libraries change.
        let tolerance: Double
        let tokens: Int
        var rows: [Threshold]
    }

    struct Row {
        let threshold: Threshold
        /// `nil`: skipped.
        let counts: Counts?

        func excess(tolerance: Double) -> [String] {
            guard let counts else { return [] }
            var excess: [String] = []
            let most = threshold.most
            if counts.instructions > most.instructions * (1 + tolerance) { excess.append("instructions") }
            if counts.mallocs > most.mallocs { excess.append("mallocs") }
            if counts.bytes > most.bytes { excess.append("bytes") }
            return excess
        }

        func verdict(tolerance: Double) -> String {
            guard let counts else { return "skipped" }
            let excess = excess(tolerance: tolerance)
            if !excess.isEmpty { return "TOO MANY " + excess.joined(separator: ", ") }
            return counts.instructions < threshold.most.instructions * (1 - tolerance) ? "holds, lower it" : "holds"
        }
    }

    func run() throws {
        var file = try Record.read(Thresholds.self, Data(Measure.read(thresholds)))
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gate-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let program = try Counts.stripped(into: folder)
        let rows = try file.rows.map {
            Row(threshold: $0, counts: try count($0, tokens: file.tokens, program, folder))
        }
        print(Self.table(rows, tolerance: file.tolerance))
        if update {
            for (place, row) in rows.enumerated() { if let counts = row.counts { file.rows[place].most = counts } }
            return try Measure.write(Record.json(file), to: thresholds)
        }
        if rows.contains(where: { !$0.excess(tolerance: file.tolerance).isEmpty }) { throw ExitCode(2) }
    }

    private func count(_ threshold: Threshold, tokens: Int, _ program: String, _ folder: URL) throws -> Counts? {
        let subjects = try Measure.subjects([threshold.algorithm])
        let workload = try Workload(subjects[0], count: tokens)
        let text = folder.appendingPathComponent("tokens.txt")
        let keys = folder.appendingPathComponent("keys.json")
        try Data(workload.tokens.joined(separator: "\n").utf8).write(to: text)
        try Data("{\"keys\":[\(workload.key.publicJWK)]}".utf8).write(to: keys)
        return try Counts(
            of: [
                program, "pass", "--algorithm", threshold.algorithm, "--kernel", threshold.kernel, "--batch",
                "\(threshold.batch)",
                "--tokens", text.path, "--jwks", keys.path,
            ], tokens: tokens)
    }

    static func table(_ rows: [Row], tolerance: Double) -> String {
        Report.table(
            ["algorithm", "kernel", "batch", "instructions", "may be", "mallocs", "bytes", "verdict"],
            rows.map { row in
                let counts = row.counts
                return [
                    row.threshold.algorithm, row.threshold.kernel, String(row.threshold.batch),
                    counts.map { Report.grouped($0.instructions) } ?? "–",
                    Report.grouped(row.threshold.most.instructions),
                    counts.map { Report.decimal($0.mallocs, 2) } ?? "–",
                    counts.map { Report.decimal($0.bytes, 1) } ?? "–",
                    row.verdict(tolerance: tolerance),
                ]
            }, left: 2)
    }
}
