import ArgumentParser
import Foundation

/// `report`: what a folder of records says, as pages, charts and the formats of other tools.
struct RunReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write the report of a folder of records: pages, charts, CSV and other tools' formats.",
        discussion: """
            Reads matrix-N.json, keys-N.json, peers.json, backends.json, stages.json, latency.json, latency-pool.json, pool.json, \
            adversarial.json and commands.txt, as far as they are there; `make report` makes them all. Writes README.md, report.html, a chart \
            each as SVG, raw samples for each engine, machine.txt, google-benchmark.json and bencher.json into the same \
            folder, and the table of the current results into the README.md of the folder above.
            """)

    @Argument(help: "The folder, such as results/2026-11-21-xeon.") var folder: String

    func run() throws {
        let folder = URL(fileURLWithPath: folder, isDirectory: true)
        let records: RunRecords
        do { records = try RunRecords(folder: folder) } catch let error as RunRecords.Unusable {
            throw ValidationError(error.description)
        }
        func write(_ text: String, _ name: String) throws {
            try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        }
        let page = RunPage(records: records).page
        try write(page.markdown, "README.md")
        try write(page.html, "report.html")
        for case .chart(let name, let svg) in page.blocks { try write(svg, "\(name).svg") }
        let exports = RunExports(records: records)
        try write(exports.machineText, "machine.txt")
        try exports.googleBenchmark().write(to: folder.appendingPathComponent("google-benchmark.json"))
        try exports.bencher().write(to: folder.appendingPathComponent("bencher.json"))
        let raw = folder.appendingPathComponent("raw", isDirectory: true)
        try FileManager.default.createDirectory(at: raw, withIntermediateDirectories: true)
        for (engine, series) in exports.series {
            try Data(RunExports.csv(series).utf8).write(to: raw.appendingPathComponent("\(engine).csv"))
            let json = raw.appendingPathComponent("\(engine).json")
            try Record.json(series).write(to: json)
            try Self.compress(json)
        }
        try Self.overview(records, of: folder)
        print("\(folder.path)/report.html")
    }

    /// gzip without a name and a time in it, so that the same samples make the same file.
    private static func compress(_ file: URL) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-9nf", file.path]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw RunRecords.Unusable(description: "gzip failed") }
    }

    /// The README of all results: the current table, and the folders with the newest first.
    private static func overview(_ records: RunRecords, of folder: URL) throws {
        let parent = folder.deletingLastPathComponent()
        let folders = try FileManager.default.contentsOfDirectory(atPath: parent.path).filter {
            FileManager.default.fileExists(atPath: parent.appendingPathComponent("\($0)/README.md").path)
        }
        let name = folder.lastPathComponent
        var page = Page(title: "Results")
        page.blocks = [
            .paragraph(
                "Written by `fastverify-bench report`; `make report` measures everything anew. The commands stand at the end of each "
                    + "report. Compare ratios, not rates: machines differ, and some are shared."),
            .heading("Current: \(name)"),
            .paragraph(
                "Whole tokens per second on one core of \(records.machine.cpu), everybody on the same tokens in the same rounds. "
                    + "[The report](\(name)/README.md) has intervals, verdicts and what is biased."),
        ]
        if let peers = records.peers { page.blocks.append(.table(peers.pivot.header, peers.pivot.rows, left: 1)) }
        page.blocks += [
            .heading("All"),
            .list(folders.sorted(by: >).map { "[\($0)](\($0)/README.md)" }),
        ]
        try Data(page.markdown.utf8).write(to: parent.appendingPathComponent("README.md"))
    }
}
