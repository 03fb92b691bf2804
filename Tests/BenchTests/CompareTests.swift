import ArgumentParser
import Foundation
import Testing

@testable import Bench

/// Versions of a few lines of shell, which state a rate instead of having one.
@Suite struct CompareTests {
    /// Answers the `slots` protocol. `rate` is shell arithmetic; `$block` is another number in each process.
    private func version(_ rate: String, control: String = "1000000 + block % 7") throws -> HarnessVersion {
        let folder = FileManager.default.temporaryDirectory
        let file = folder.appendingPathComponent("version-\(UUID().uuidString)").path
        let script = """
            #!/bin/bash
            block=$((RANDOM % 4000))
            echo '{"contenders":["ES256 ours","ES256 openssl bare"]}'
            while read -r index seconds; do
                sleep $seconds
                if [ $index = 0 ]; then rate=$((\(rate))); else rate=$((\(control))); fi
                echo $rate $seconds 1
            done
            """
        try Data(script.utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
        return try HarnessVersion(file)
    }

    private func compare(_ base: HarnessVersion, _ new: HarnessVersion) throws -> (rows: [Compare.Row], status: Int32) {
        let command = try Compare.parse(["a", "b", "--blocks", "6", "--rounds", "1", "--slot", "0.1"])
        let rows = try command.compareVersions(base, new)
        return (rows, Compare.status(of: rows))
    }

    /// Processes differ by 0.4 % here, rounds of a process not at all.
    private static let steady = "1000000 + block"

    @Test func aSlowdownIsFound() throws {
        let (rows, status) = try compare(version(Self.steady), version("(\(Self.steady)) * 95 / 100"))
        #expect(status == 2)
        let row = try #require(rows.first { $0.name == "ES256 ours" })
        #expect(row.verdict == .regression && row.second != nil)
        #expect(abs(row.first.change + 0.05) < 0.01)
        #expect(rows.first { $0.name == "ES256 openssl bare" }?.verdict == .same)
    }

    @Test func anImprovementIsFound() throws {
        #expect(try compare(version(Self.steady), version("(\(Self.steady)) * 106 / 100")).status == 4)
    }

    @Test func nothingIsReportedBelowTheThreshold() throws {
        #expect(try compare(version(Self.steady), version("(\(Self.steady)) * 98 / 100")).status == 0)
    }

    /// One process in two is 10 % slower, on both sides.
    @Test func whatProcessesDoIsNoChange() throws {
        let uneven = "1000000 - 100000 * (block % 2)"
        #expect(try compare(version(uneven), version(uneven)).status == 0)
    }

    @Test func aChangedControlIsNoise() throws {
        let slow = try version("(\(Self.steady)) * 90 / 100", control: "900000 + block % 7")
        #expect(try compare(version(Self.steady), slow).status == 3)
    }

    @Test func aVersionThatDoesNotAnswerIsNamed() throws {
        let old = try HarnessVersion("/bin/false")
        #expect { try compare(version(Self.steady), old) } throws: {
            "\($0)".hasPrefix("/bin/false does not measure on demand: ended early, status 1")
        }
    }

    @Test func aVersionWithWrongVerdictsEndsIt() throws {
        let wrong = try version("1)); echo wrong; rate=$((1")
        #expect { try compare(version(Self.steady), wrong) } throws: {
            "\($0)".contains("counted too few valid tokens")
        }
    }
}
