import FastVerify
import Foundation
import Testing

@testable import Bench

/// Engines and backends of a few lines of shell, in a folder of their own that goes away with this.
final class FakeEngines {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("engines-\(UUID().uuidString)")
    let workload: Workload
    let corpus: Corpus

    init(_ algorithm: Algorithm = .hs256) throws {
        workload = try Workload(Subject(algorithm), count: 12, at: PeerContest.moment)
        corpus = try Corpus(workload)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func add(_ name: String, _ script: String, isBuilt: Bool = true) throws {
        let own = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: own.appendingPathComponent(".build"), withIntermediateDirectories: true)
        let program = own.appendingPathComponent("run").path
        try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(fileURLWithPath: program))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        if isBuilt { try Data().write(to: own.appendingPathComponent(".build/built")) }
    }

    var all: [Engine] { Engine.all(in: folder.path) }

    /// What a faultless engine answers, with the verdicts on some classes turned round.
    func verdicts(turned classes: Set<String> = []) -> String { verdicts(on: corpus.cases, turned: classes) }

    func verdicts(on cases: [Corpus.Case], turned classes: Set<String> = []) -> String {
        cases.map { ($0.expected == nil) != classes.contains($0.name) ? "1" : "0" }.joined()
            + String(repeating: "1", count: workload.tokens.count)
    }

    func reply(_ verdicts: String) -> String { "read -r job; echo '{\"version\":\"1\",\"verdicts\":\"\(verdicts)\"}'" }

    static let works = "while read -r word seconds; do sleep $seconds; echo 1000 $seconds 0.01; done"

    /// Hangs are found after seconds, not minutes.
    static let patience = EngineEntrant.Patience(preparation: 5, answer: 2)

    func run() throws -> PeerRecord.Result {
        var contest = try PeerContest(workload, all, batch: 8, patience: Self.patience)
        return try contest.run(seconds: 0.2, rounds: 2, clock: .wall)
    }
}
