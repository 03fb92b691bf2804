import FastVerify
import Foundation
import Testing

@testable import Bench

@Suite struct GateTests {
    private static func row(_ instructions: Double, mallocs: Double = 0, bytes: Double = 0) -> Gate.Row {
        Gate.Row(
            threshold: .init(
                algorithm: "ES256", kernel: "k", batch: 64, most: Counts(instructions: 1000, mallocs: 1, bytes: 20)),
            counts: Counts(instructions: instructions, mallocs: mallocs, bytes: bytes))
    }

    @Test func instructionsMayExceedByTheTolerance() {
        #expect(Self.row(1030).verdict(tolerance: 0.03) == "holds")
        #expect(Self.row(1031).verdict(tolerance: 0.03) == "TOO MANY instructions")
        #expect(Self.row(969).verdict(tolerance: 0.03) == "holds, lower it")
        #expect(Self.row(1031).excess(tolerance: 0.03) == ["instructions"])
    }

    @Test func allocationsMayNot() {
        #expect(Self.row(1000, mallocs: 1, bytes: 20).excess(tolerance: 0.03).isEmpty)
        #expect(Self.row(1000, mallocs: 1.01).verdict(tolerance: 0.03) == "TOO MANY mallocs")
        #expect(Self.row(2000, mallocs: 2, bytes: 21).excess(tolerance: 0.03) == ["instructions", "mallocs", "bytes"])
    }

    @Test func whatCannotRunIsSkipped() {
        let row = Gate.Row(threshold: Self.row(1).threshold, counts: nil)
        #expect(row.verdict(tolerance: 0) == "skipped" && row.excess(tolerance: 0).isEmpty)
    }

    @Test func numbersOfValgrind() {
        let text =
            "==1== I   refs:      36,080,493\n==1==   total heap usage: 1,234 allocs, 7 frees, 56,789 bytes allocated\n"
        #expect(Counts.number(text, #"I\s+refs:\s+([\d,]+)"#) == 36_080_493)
        #expect(Counts.number(text, #"total heap usage: ([\d,]+) allocs"#) == 1234)
        #expect(Counts.number(text, #"frees, ([\d,]+) bytes allocated"#) == 56_789)
        #expect(Counts.number(text, "no ([0-9])") == nil)
    }

    @Test func theFileOfThresholdsNamesRows() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Benchmarks/thresholds/counts.json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let thresholds = try decoder.decode(Gate.Thresholds.self, from: Data(contentsOf: file))
        #expect(thresholds.tolerance < 0.1 && thresholds.tokens > 3)
        for row in thresholds.rows {
            let subject = try #require(try Measure.subjects([row.algorithm]).first)
            #expect(Kernel.all(for: subject.scheme).contains { $0.name == row.kernel }, "\(row)")
            #expect(row.most.instructions > 1000)
        }
    }
}
