import ArgumentParser
import FastVerify
import Foundation
import Testing

@testable import Bench

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct RunReportTests {
    @Test func valuesLieBetweenTheEnds() {
        let axis = Axis(.logarithmic, [20, 3000, 0, .infinity])
        #expect(axis.low == 20 && axis.high == 3000)
        #expect(axis.place(20) == 0 && axis.place(3000) == 1 && axis.place(0) == 0 && axis.place(1e9) == 1)
        #expect(abs(axis.place(100) - log(5) / log(150)) < 1e-12)
        #expect(axis.ticks == [100, 1000])
        #expect(Axis(.linear, [1, 8]).place(2) == 0.25)
        #expect(Axis(.logarithmic, []).ticks == [1, 10])
    }

    @Test(arguments: [
        (1_523_000.0, "1.5 M"), (640_000, "640 k"), (12_340, "12 k"), (9_900, "9 900"), (27.3, "27"), (3.14, "3.1"),
        (8, "8"), (0.31, "0.31"), (0, "0"), (999_600, "1.0 M"),
    ])
    func shortNumbers(_ value: Double, _ text: String) { #expect(Axis.short(value) == text) }

    /// A reader of XML, and the names and numbers in the text.
    @Test func chartsAreWellFormed() throws {
        let bars = BarChart(
            title: "A < B & \"C\"", axis: .logarithmic,
            groups: [
                .init(
                    name: "ES256",
                    bars: [.init(label: "x<y", value: 1000, isOwn: true), .init(label: "z", value: 0, isOwn: false)])
            ])
        let lines = LineChart(
            title: "t", places: ["1", "8"],
            lines: (0..<10).map { .init(label: "line \($0)", values: [1, $0 == 3 ? nil : 2]) })
        for svg in [bars.svg, lines.svg, LineChart(title: "", places: [], lines: []).svg] {
            let parser = XMLParser(data: Data(svg.utf8))
            #expect(parser.parse(), "\(svg)")
        }
        #expect(bars.svg.contains("x&lt;y") && bars.svg.contains(">1 000<"))
        #expect((0..<10).allSatisfy { lines.svg.contains("line \($0)<") })
    }

    @Test func labelsDoNotTouch() {
        let moved = LineChart.apart((0..<6).map { (y: 100, line: $0) }, 13, within: 0...140)
        for (first, second) in zip(moved, moved.dropFirst()) { #expect(second.y - first.y >= 13) }
        #expect(moved.last!.y <= 140 && moved.map(\.line) == [0, 1, 2, 3, 4, 5])
    }

    @Test func aPageIsWrittenTwice() throws {
        var page = Page(title: "T & T")
        page.blocks = [
            .heading("H"), .paragraph("a < b"), .list(["one"]), .table(["n", "v"], [["x|y", "1"]], left: 1),
            .chart("c", svg: "<svg/>"), .chart("d", svg: "<svg/>"), .code("make"),
        ]
        #expect(page.markdown.contains("| x\\|y | 1 |") && page.markdown.contains("|---|---:|"))
        #expect(page.markdown.contains("![c](c.svg)\n\n![d](d.svg)"))
        #expect(page.html.contains("<p>a &lt; b</p>") && page.html.contains("<td class=\"n\">1</td>"))
        #expect(page.html.contains("<div class=\"charts\">\n<figure><svg/></figure>\n<figure><svg/></figure>\n</div>"))
        for forbidden in ["http:", "https:", "src=", "href="] { #expect(!page.html.contains(forbidden)) }
    }

    /// A folder as `make report` leaves it, from a real measurement, and what is written into it.
    @Test func aFolderOfRecordsBecomesAReport() throws {
        let results = FileManager.default.temporaryDirectory.appendingPathComponent("report-\(UUID().uuidString)")
        let folder = results.appendingPathComponent("2026-01-01-here")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: results) }
        let description = Record.Description(
            source: "generated", seed: 1, keys: 1, layer: "jwt", rounds: 2, secondsPerContender: 0.01, clock: .wall)
        let subject = Subject(.hs256)
        for batch in [1, 512] {
            var record = Record(environment: Machine(), workload: description)
            record.results = try Contest(Workload(subject, count: 20), subject.kernels)
                .run(Rounds(batch: batch, seconds: 0.01, rounds: 2))
            record.environment.finish()
            try Record.json(record).write(to: folder.appendingPathComponent("matrix-\(batch).json"))
            try Record.json(record).write(to: folder.appendingPathComponent("rsa-4096.json"))
        }
        try Data("one\ntwo\n".utf8).write(to: folder.appendingPathComponent("commands.txt"))
        try RunReport.parse([folder.path]).run()
        func text(_ name: String) throws -> String {
            try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        }
        let kernels = subject.kernels.map(\.name)
        let page = try text("README.md")
        #expect(kernels.allSatisfy { page.contains($0) } && page.contains("one\ntwo") && page.contains("## Bias"))
        #expect(page.contains("| RSA of 4096 bits | HS256 |"))
        #expect(try text("report.html").contains("<svg"))
        #expect(try text("batches.svg").contains("HS256"))
        #expect(try text("machine.txt").contains("openssl: "))
        #expect(try text("raw/fastverify-kernels.csv").split(separator: "\n").count == 1 + 2 * 2 * kernels.count)
        #expect(
            FileManager.default.fileExists(atPath: folder.appendingPathComponent("raw/fastverify-kernels.json.gz").path)
        )
        let google = try JSONSerialization.jsonObject(with: Data(text("google-benchmark.json").utf8)) as? [String: Any]
        #expect((google?["benchmarks"] as? [Any])?.count == 2 * 2 * kernels.count && google?["context"] != nil)
        let bencher = try JSONSerialization.jsonObject(with: Data(text("bencher.json").utf8)) as? [String: Any]
        #expect(bencher?["HS256/\(kernels[0])/512"] != nil)
        let overview = try String(contentsOf: results.appendingPathComponent("README.md"), encoding: .utf8)
        #expect(overview.contains("[2026-01-01-here](2026-01-01-here/README.md)"))
    }

    @Test func aFolderWithoutRecordsIsRefused() {
        #expect(throws: (any Error).self) { try RunReport.parse(["/nowhere"]).run() }
    }
}
