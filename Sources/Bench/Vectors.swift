import ArgumentParser
import FastVerify
import Foundation

/// `vectors`: published test vectors through every kernel.
struct Vectors: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs Wycheproof files and ed25519-speccheck's cases.json through every supported kernel.",
        discussion: """
            Each row stands in every lane between good and bad neighbours, then all rows in one batch. Expected is what \
            JWS asks for: DER signatures, other hashes, other salts and truncated tags are refused even where the file \
            calls them valid. The exit status is 1 after any disagreement, 2 where a file could not be read.
            """)

    @Argument(help: "Files of vectors.")
    var files: [String]

    @Option(help: "`all`, or the name of registry rows.")
    var kernel = "all"

    @Flag(help: "Name every disagreement, not only the first ten of a file.")
    var verbose = false

    func validate() throws {
        let names = Algorithm.allCases.flatMap { Kernel.all(for: $0) }.map(\.name)
        guard kernel == "all" || names.contains(kernel) else { throw ValidationError("No kernel is named \(kernel).") }
    }

    func run() throws {
        var unreadable = false
        var disagreements = 0
        var rows: [[String]] = []
        var details: [String] = []
        for path in files {
            let file: VectorFile
            do { file = try VectorFile(path: path) } catch let error as VectorFile.Unreadable {
                unreadable = true
                details.append("unreadable: \(error)")
                continue
            }
            let run = try VectorRun(file, kernel: kernel)
            disagreements += run.disagreements.count
            rows.append(Self.row(run))
            details += run.skipped.sorted { $0.key < $1.key }.map { "\(run.file): skipped \($0.value) rows, \($0.key)" }
            details += run.disagreements.prefix(verbose ? .max : 10).map { "\(run.file): DISAGREEMENT in row \($0)" }
        }
        print(Report.table(["file", "kernels", "rows", "agreements", "disagreements", "skipped"], rows, left: 2))
        for line in details { print(line) }
        print("\(rows.count) files, \(disagreements) disagreements")
        if unreadable { throw ExitCode(2) }
        if disagreements > 0 { throw ExitCode(1) }
    }

    /// Agreements are counted for each kernel.
    private static func row(_ run: VectorRun) -> [String] {
        let kernels =
            run.kernels.isEmpty
            ? (run.agreements > 0 ? "key import" : "–") : run.kernels.sorted().joined(separator: ", ")
        let skipped = run.skipped.values.reduce(0, +)
        return [
            run.file, kernels, String(run.rows), String(run.agreements), String(run.disagreements.count),
            String(skipped),
        ]
    }
}
