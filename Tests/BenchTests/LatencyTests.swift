import ArgumentParser
import FastVerify
import Foundation
import Testing

@testable import Bench

@Suite struct LatencyTests {
    private func result(knee: Double?, beyond: Double?) -> LatencyRecord.Result {
        LatencyRecord.Result(
            algorithm: "ES256", kernel: "any", mode: .batch, batch: 512, saturatedPerS: 5000, kneePerS: knee,
            beyondKneePerS: beyond)
    }

    @Test func recordHasItsKeys() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("fastverify-bench-\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: file) }
        let arguments = ["--rate", "200", "1000", "--seconds", "0.1", "--algorithms", "HS256", "--count", "12"]
        try Latency.parse(arguments + ["--json", file.path]).run()
        let json = try #require(JSONSerialization.jsonObject(with: Data(Measure.read(file.path))) as? [String: Any])
        #expect(json["arrivals"] as? String == "poisson" && json["p99_limit"] == nil)
        let results = try #require(json["results"] as? [[String: Any]])
        #expect(results.map { $0["mode"] as? String } == ["single", "batch"])
        #expect(results.map { $0["batch"] as? Int } == [1, 512])
        for result in results {
            let loads = try #require(result["loads"] as? [[String: Any]])
            #expect(loads.map { $0["requests"] as? Int } == [20, 100])
            for load in loads {
                let latency = try #require(load["latency"] as? [String: Any])
                #expect(Set(latency.keys) == ["p50_ns", "p90_ns", "p99_ns", "max_ns"], "too few requests for more")
            }
        }
    }

    @Test func aPoolIsAskedForAlone() throws {
        let arguments = ["--rate", "500", "--seconds", "0.1", "--algorithms", "HS256", "--count", "12", "--mode"]
        #expect(throws: (any Error).self) { try Latency.parse(arguments + ["pool", "single"]) }
        try Latency.parse(arguments + ["pool", "--json", "/dev/null"]).run()
    }

    @Test func theKneeInWords() {
        let found = result(knee: 1234.4, beyond: 1300).knee(p99Limit: 10)
        #expect(found?.contains("knee at 1 234/s; 1 300/s is too much") == true)
        #expect(result(knee: 99, beyond: nil).knee(p99Limit: 10)?.contains("no knee up to 99/s") == true)
        #expect(result(knee: nil, beyond: 5).knee(p99Limit: 10)?.contains("the lowest rate is too much") == true)
        #expect(result(knee: 1, beyond: 2).knee(p99Limit: nil) == nil)
    }

    static let badOptions: [[String]] = [
        [], ["--rate", "5", "--knee"], ["--rate", "0"], ["--rate", "-5"], ["--rate", "nan"], ["--rate", "1e12"],
        ["--knee", "--seconds", "0"], ["--knee", "--batch", "0"], ["--knee", "--p99-limit", "1"],
        ["--knee", "--mode", "crowd"], ["--knee", "--arrivals", "bursts"], ["--knee", "--waiting", "never"],
    ]

    @Test(arguments: badOptions)
    func badOptionsAreRefused(_ arguments: [String]) {
        do {
            _ = try Latency.parse(arguments)
            Issue.record("accepted")
        } catch {
            #expect(Latency.exitCode(for: error) == .validationFailure)
        }
    }
}
