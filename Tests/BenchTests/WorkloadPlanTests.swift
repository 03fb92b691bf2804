import FastVerify
import Foundation
import Testing

@testable import Bench

@Suite struct WorkloadPlanTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Benchmarks/workloads")

    private static func plan(_ json: String) throws -> WorkloadPlan {
        try WorkloadPlan(json: Array(json.utf8), name: "it")
    }

    private static let good = """
        {"description":"d","claims":"small","tokens":100,"keys":{"count":2,"choice":"rotation"},
         "hostile":{"share":0.25,"classes":["expired","alg none"]},"expected":{"valid":75,"refused":25}}
        """

    @Test func everyWorkloadOfTheRepositoryGivesTheVerdictsItStates() throws {
        let files = try FileManager.default.contentsOfDirectory(at: Self.folder, includingPropertiesForKeys: nil)
        #expect(files.count >= 8)
        for file in files {
            let plan = try WorkloadPlan(json: Array(Data(contentsOf: file)), name: file.lastPathComponent)
            let expected = try #require(plan.expected)
            let workload = try Workload(Subject(.hs256), plan)
            let tokens = try plan.hostile?.mixed(into: workload.tokens, Corpus(workload)).tokens ?? workload.tokens
            let verifier = Verifier(
                Claims.policy(.hs256), keys: KeySource(KeySet(try workload.verificationKeys())),
                clock: .fixed(Claims.now))
            let valid = verifier.verify(batch: tokens).count { (try? $0.get()) != nil }
            #expect(valid == expected.valid && tokens.count - valid == expected.refused, "\(file.lastPathComponent)")
        }
    }

    @Test func badTokensAreSpreadEvenly() throws {
        let plan = try Self.plan(Self.good)
        let workload = try Workload(Subject(.hs256), plan)
        let mixed = try #require(plan.hostile).mixed(into: workload.tokens, Corpus(workload))
        for start in stride(from: 0, to: 100, by: 20) {
            #expect(mixed.isValid[start..<start + 20].count { !$0 } == 5)
        }
        #expect(zip(mixed.tokens, workload.tokens).map(==) == mixed.isValid)
    }

    @Test func shapesOfClaims() throws {
        func payload(_ shape: Claims.Shape) throws -> [String: Any] {
            var random = Random(seed: 1)
            let json = Claims(&random, at: .fixed, shape: shape).json
            return try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        }
        #expect(try payload(.idToken).count == 14)
        #expect(try payload(.accessToken).count == 11)
        #expect(try payload(.small).count == 4)
        var plan = WorkloadPlan(description: "")
        plan.claims = .small
        plan.characters = nil
        #expect(try Workload(Subject(.hs256), plan).tokens.allSatisfy { (150...250).contains($0.utf8.count) })
    }

    @Test func theFirstOfManyKeysSignsMost() {
        let signers = WorkloadPlan.Keys(count: 1000, choice: .zipf).signers(of: 100_000, seed: 1)
        var uses = [Int](repeating: 0, count: 1000)
        for signer in signers { uses[signer] += 1 }
        // 1/H(1000) of them, 0.1336, and half as many for the second; six standard deviations of room.
        #expect(abs(uses[0] - 13_359) < 650 && abs(uses[1] - 6_680) < 480 && abs(uses[9] - 1_336) < 220)
        #expect(signers == WorkloadPlan.Keys(count: 1000, choice: .zipf).signers(of: 100_000, seed: 1))
    }

    static let faults: [(find: String, replace: String, said: String)] = [
        ("{\"desc", "[{\"desc", "it: no JSON"),
        ("\"tokens\":100,", "", "it: no tokens"),
        ("\"tokens\":100", "\"tokens\":\"x\"", "it: tokens is not what it must be"),
        ("\"tokens\":100", "\"tokens\":3", "it: from 4 to 1,000,000 tokens"),
        ("\"count\":2", "\"count\":0", "it: from 4 to 1,000,000 tokens, and from 1 to 10,000 keys"),
        ("\"small\"", "\"tall\"", "it: claims is not what it must be"),
        ("rotation", "roulette", "it: keys.choice is not what it must be"),
        ("0.25", "1.25", "it: the hostile share"),
        ("\"valid\":75", "\"valid\":76", "it: 75 tokens will be valid and 25 refused, not 76 and 25"),
        ("\"tokens\"", "\"characters\":[9,8],\"tokens\"", "it: characters is not what it must be"),
    ]

    @Test(arguments: faults)
    func faultsAreNamed(_ fault: (find: String, replace: String, said: String)) throws {
        let text = Self.good.replacingOccurrences(of: fault.find, with: fault.replace)
        let error = #expect(throws: WorkloadPlan.Unusable.self) { try Self.plan(text) }
        #expect(error?.description.hasPrefix(fault.said) == true, "\(error?.description ?? "")")
    }

    @Test func anUnknownClassIsNamed() throws {
        let plan = try Self.plan(Self.good.replacingOccurrences(of: "alg none", with: "alg some"))
        let workload = try Workload(Subject(.hs256), plan)
        let error = #expect(throws: WorkloadPlan.Unusable.self) {
            try plan.hostile?.mixed(into: workload.tokens, Corpus(workload))
        }
        #expect(error?.description == "no class of bad tokens is called alg some")
    }
}
