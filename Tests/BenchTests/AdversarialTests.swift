import ArgumentParser
import FastVerify
import Foundation
import Testing

@testable import Bench

@Suite struct AdversarialTests {
    private func cost(_ ratios: [Double], budget: Double) -> AdversarialCost {
        AdversarialCost(
            algorithm: "HS256", kernel: "any", mode: .batch, kind: .oversize, variant: "4 KiB",
            charactersPerToken: 4096,
            nsPerToken: Statistics([1]), nsPerCharacter: 1, ratio: Statistics(ratios), budget: budget, noise: [])
    }

    private func rounds(_ own: [Double], _ valid: [Double], _ bare: [Double]? = nil) -> AdversarialCost.Rounds {
        AdversarialCost.Rounds(own: own, valid: valid, bare: bare)
    }

    @Test func aHostileTokenOfAMixIsWhatValidOnesLeave() {
        // Eight tokens of 100 ns each, seven of them valid ones of 20 and 30 ns.
        #expect(AdversarialCost.hostile(rounds([100, 100], [20, 30]), share: 8) == [660, 590])
        #expect(AdversarialCost.hostile(rounds([100], [20]), share: 1) == [100])
    }

    @Test func longTokensAreHeldToBytesAndShortOnesToTokens() {
        let some = rounds([1, 1], [100, 200], [5000, 6000])
        #expect(AdversarialCost.reference(some, .oversize, lengths: 10) == [1000, 2000])
        #expect(AdversarialCost.reference(some, .oversize, lengths: 0.5) == [100, 200])
        #expect(AdversarialCost.reference(some, .exceptionalECDSA, lengths: 1) == [5100, 6200])
    }

    @Test func aBudgetIsExceededWhenTheWholeIntervalIsAbove() {
        #expect(!cost([1.4, 1.5, 1.5], budget: 1.5).isExceeded)
        #expect(cost([1.51, 1.52, 1.53], budget: 1.5).isExceeded)
        #expect(!cost([1.2, 1.6, 1.7], budget: 1.5).isExceeded, "the interval reaches below")
        #expect(cost([0.8, 0.8], budget: 0.75).isExceeded)
    }

    @Test func theVerdictOnAllCosts() throws {
        try Adversarial.judge([], isSilent: true)
        try Adversarial.judge([cost([1], budget: 1.5)], isSilent: true)
        #expect(throws: ExitCode(2)) {
            try Adversarial.judge([cost([1], budget: 1.5), cost([2], budget: 1.5)], isSilent: true)
        }
    }

    @Test func aWrongVerdictIsStatus1() {
        #expect(throws: ExitCode(1)) { try WrongVerdict.ends { throw WrongVerdict(description: "of a test") } }
    }

    @Test func budgetsByKind() throws {
        let budgets = try AdversarialBudgets(json: Array(#"{"oversize": 2, "deep JSON": 0.5}"#.utf8))
        #expect(budgets[.oversize] == 2 && budgets[.deepJSON] == 0.5)
        #expect(budgets[.expired] == AdversarialBudgets.standard)
    }

    static let badBudgets = [
        "", "[]", "7", #"{"oversize": "2"}"#, #"{"oversize": 0}"#, #"{"oversize": -1}"#, #"{"over size": 2}"#,
        #"{"oversize": null}"#,
    ]

    @Test(arguments: badBudgets)
    func badBudgetsAreRefused(_ json: String) {
        #expect(throws: AdversarialBudgets.Unusable.self) { try AdversarialBudgets(json: Array(json.utf8)) }
    }

    /// The file that is committed names every kind.
    @Test func committedBudgets() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Benchmarks/thresholds/adversarial.json")
        _ = try AdversarialBudgets(json: Measure.read(file.path))
        let members = try JSONDecoder().decode([String: Double].self, from: Data(contentsOf: file))
        #expect(Set(members.keys) == Set(HostileKind.allCases.map(\.rawValue)))
    }

    @Test func exitStatus() throws {
        let folder = FileManager.default.temporaryDirectory
        let file = folder.appendingPathComponent("fastverify-bench-\(UUID()).json")
        let record = folder.appendingPathComponent("fastverify-bench-\(UUID()).json")
        defer { for url in [file, record] { try? FileManager.default.removeItem(at: url) } }
        func status(_ budget: String) throws -> ExitCode {
            let others = HostileKind.allCases.filter { $0 != .expired }.map { "\"\($0.rawValue)\": 1e9" }
            try Data("{\(others.joined(separator: ",")), \"expired\": \(budget)}".utf8).write(to: file)
            let arguments = [
                "--algorithms", "ES256", "--batch", "8", "--seconds", "0.004", "--rounds", "2", "--thresholds",
                file.path, "--json", record.path,
            ]
            do {
                try Adversarial.parse(arguments).run()
                return .success
            } catch {
                return Adversarial.exitCode(for: error)
            }
        }
        #expect(try status("1e9") == .success)
        #expect(try status("1e-9") == ExitCode(2))
        #expect(try status("-1") == .validationFailure)
        let json = try #require(JSONSerialization.jsonObject(with: Data(Measure.read(record.path))) as? [String: Any])
        let costs = try #require(json["costs"] as? [[String: Any]])
        #expect(costs.count { $0["kind"] == nil } == 2, "valid tokens, one by one and in batches")
        #expect(Set(costs.compactMap { $0["kind"] as? String }) == Set(HostileKind.allCases.map(\.rawValue)))
        #expect(costs.allSatisfy { ($0["ns_per_character"] as? Double ?? 0) != 0 })
    }

    static let badOptions: [[String]] = [
        ["--batch", "3"], ["--seconds", "0"], ["--rounds", "0"], ["--mode", "pool"],
    ]

    @Test(arguments: badOptions)
    func badOptionsAreRefused(_ arguments: [String]) {
        #expect(throws: (any Error).self) { try Adversarial.parse(arguments) }
    }

    @Test func missingBudgetsAreAUsageError() throws {
        #expect {
            try Adversarial.parse(["--thresholds", "/nowhere/budgets.json"]).run()
        } throws: { Adversarial.exitCode(for: $0) == .validationFailure }
    }
}
