import ArgumentParser
import FastVerify
import Foundation
import Testing

@testable import Bench

@Suite struct PeersTests {
    @Test func aGoodEngineIsMeasured() throws {
        let engines = try FakeEngines()
        try engines.add("good", engines.reply(engines.verdicts()) + "\n" + FakeEngines.works)
        let result = try engines.run()
        #expect(result.failed.isEmpty && result.unsupported.isEmpty)
        #expect(result.rows.map(\.engine) == ["fastverify", "fastverify, single tokens", "openssl bare", "good"])
        let row = try #require(result.rows.last)
        #expect(row.differences == EngineDifferences())
        #expect(row.version == "1")
        #expect(row.tokensPerSSamples == [10_000, 10_000])
        #expect(try #require(row.ratio) > 0)
        let own = try #require(result.rows.first)
        #expect(own.ratio == 1 && own.batch == 8 && own.tokensPerS > 10_000)
    }

    @Test func otherVerdictsAreListed() throws {
        let engines = try FakeEngines()
        let turned: Set = ["critical extension", "another type", "just valid"]
        try engines.add("lax", engines.reply(engines.verdicts(turned: turned)) + "\n" + FakeEngines.works)
        let result = try engines.run()
        let differences = try #require(result.rows.last?.differences)
        #expect(differences.accepts == ["critical extension"])
        #expect(differences.leavesToCaller == ["another type"])
        #expect(differences.refuses == ["just valid"])
        let description = Record.Description(
            source: "generated", seed: 1, keys: 1, layer: "jwt", rounds: 2, secondsPerContender: 0.2, clock: .wall)
        let record = PeerRecord(
            environment: Machine(), workload: description, batch: 8, absent: ["away"], results: [result])
        let notes = record.notes.joined(separator: "\n")
        #expect(notes.contains("ACCEPTS (HS256): critical extension"))
        #expect(notes.contains("REFUSES (HS256): just valid"))
        #expect(notes.contains("not built (make peers): away"))
    }

    @Test func whoRefusesTheWorkloadIsLeftOut() throws {
        let engines = try FakeEngines()
        try engines.add("strict", engines.reply(String(engines.verdicts().dropLast()) + "0") + "\n" + FakeEngines.works)
        #expect(try engines.run().failed == ["strict": "refuses 1 of the workload's 12 tokens, all valid"])
    }

    /// What an engine does, and what is said about it.
    static let faults: [(script: String, failure: String)] = [
        ("read -r job; exit 3", "ended early, status 3"),
        ("exit 4", "ended early, status 4"),
        ("read -r job; kill -SEGV $$", "ended early, signal 11"),
        ("sleep 60", "hangs"),
        ("read -r job; exec sleep 60", "hangs"),
        ("read -r job; echo hello", "answers garbage: hello"),
        ("read -r job; echo '{}'", "answers garbage: {}"),
        ("read -r job; echo '{\"verdicts\":\"\"}'", "0 verdicts on"),
        ("tr '\\000-\\377' x < /dev/zero", "prints without end"),
    ]

    @Test(arguments: faults)
    func faultsOfTheAnswer(_ fault: (script: String, failure: String)) throws {
        let engines = try FakeEngines()
        try engines.add("faulty", fault.script)
        let result = try engines.run()
        #expect(result.failed["faulty"]?.hasPrefix(fault.failure) == true, "\(result.failed)")
        #expect(result.rows.count == 3, "the others are measured all the same")
    }

    static let timedFaults: [(script: String, failure: String)] = [
        ("read -r line; exit 3", "ended early, status 3"),
        ("read -r line; sleep 60", "hangs"),
        ("read -r line; echo wrong; exit 1", "counted too few valid tokens while being timed"),
        ("read -r line; echo 1000 fast", "answers garbage: 1000 fast"),
        ("read -r line; echo 1000 60 60", "claims 60.0 s of"),
        ("read -r line; echo 1000 0.001 0.001", "claims 0.001 s of"),
    ]

    @Test(arguments: timedFaults)
    func faultsWhileTimed(_ fault: (script: String, failure: String)) throws {
        let engines = try FakeEngines()
        try engines.add("faulty", engines.reply(engines.verdicts()) + "\n" + fault.script)
        try engines.add("good", engines.reply(engines.verdicts()) + "\n" + FakeEngines.works)
        let result = try engines.run()
        #expect(result.failed.count == 1)
        #expect(result.failed["faulty"]?.hasPrefix(fault.failure) == true, "\(result.failed)")
        #expect(result.rows.last?.engine == "good")
    }

    @Test func aHangingEngineIsEnded() throws {
        let engines = try FakeEngines()
        let file = engines.folder.appendingPathComponent("id").path
        try engines.add("hanging", "echo $$ > \(file); sleep 60")
        _ = try engines.run()
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let id = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(kill(id, 0) == -1)
    }

    @Test func unsupportedIsNoFailure() throws {
        let engines = try FakeEngines()
        try engines.add("old", "read -r job; echo '{\"unsupported\":\"no HS256\"}'")
        let result = try engines.run()
        #expect(result.unsupported == ["old": "no HS256"])
        #expect(result.failed.isEmpty && result.rows.count == 3)
    }

    @Test func absentEnginesAreNamed() throws {
        let engines = try FakeEngines()
        try engines.add("absent", "exit 9", isBuilt: false)
        try engines.add("built", "exit 9")
        #expect(engines.all.map(\.name) == ["absent", "built"])
        #expect(engines.all.map(\.isBuilt) == [false, true])
        #expect(Engine.all(in: "/nowhere").isEmpty)
        #expect(try PeerOptions.engines(["built"], in: engines.folder.path).map(\.name) == ["built"])
        #expect(throws: (any Error).self) { try PeerOptions.engines(["stranger"], in: engines.folder.path) }
    }

    @Test func aWorkloadIsOneKeyAndAllValid() throws {
        func plan(_ json: String) throws -> WorkloadPlan {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("workload-\(UUID()).json")
            defer { try? FileManager.default.removeItem(at: file) }
            try json.write(to: file, atomically: true, encoding: .utf8)
            return try PeerOptions.parse(["--workload", file.path]).plan()
        }
        func json(keys: Int, _ more: String) -> String {
            """
            { "description": "d", "claims": "small", "tokens": 40,
              "keys": { "count": \(keys), "choice": "rotation" }, \(more) }
            """
        }
        let whole = #""expected": { "valid": 40, "refused": 0 }"#
        #expect(try plan(json(keys: 1, whole)).tokens == 40)
        #expect(throws: (any Error).self) { try plan(json(keys: 2, whole)) }
        let bad = #""hostile": { "share": 0.5, "classes": [] }, "expected": { "valid": 20, "refused": 20 }"#
        #expect(throws: (any Error).self) { try plan(json(keys: 1, bad)) }
        #expect(throws: (any Error).self) { try PeerOptions.parse(["--workload", "w.json", "--count", "9"]) }
    }
}
