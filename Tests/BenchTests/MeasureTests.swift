import FastVerify
import Foundation
import Testing

@testable import Bench

@Suite struct MeasureTests {
    private static let plan = Rounds(batch: 8, seconds: 0.02, rounds: 3)

    private func contest(_ header: Algorithm = .hs256) throws -> Contest {
        let subject = Subject(header)
        return try Contest(Workload(subject, count: 20), subject.kernels)
    }

    @Test func aChangedExpectationStopsTheMeasurement() throws {
        let workload = try Workload(Subject(.hs256), count: 12)
        let verifier = Verifier(
            Claims.policy(.hs256), keys: KeySource(KeySet(try workload.verificationKeys())), clock: .fixed(Claims.now))
        let corpus = try Corpus(workload)
        for place in corpus.cases.indices {
            var corrupted = corpus
            corrupted.cases[place].expected = corpus.cases[place].expected == nil ? .badSignature : nil
            #expect(throws: WrongVerdict.self, "\(corpus.cases[place].name)") {
                try corrupted.check(verifier, kernel: "any")
            }
        }
    }

    @Test func anotherReasonIsAWrongVerdict() throws {
        let workload = try Workload(Subject(.es256), count: 12)
        let verifier = Verifier(
            Claims.policy(.es256), keys: KeySource(KeySet(try workload.verificationKeys())), clock: .fixed(Claims.now))
        var corpus = try Corpus(workload)
        let expired = try #require(corpus.cases.firstIndex { $0.expected == .expired })
        corpus.cases[expired].expected = .badSignature
        #expect(throws: WrongVerdict.self) { try corpus.check(verifier, kernel: "any") }
    }

    @Test func aWrongVerdictOnTheCorpusStopsTheMeasurement() throws {
        let workload = try Workload(Subject(.hs256), count: 12)
        var corpus = try Corpus(workload)
        let first = try #require(corpus.cases.firstIndex { $0.expected != nil })
        corpus.cases[first].expected = nil
        let contest = try Contest(
            workload.subject, workload.subject.kernels, TokenText(workload.tokens),
            isValid: workload.tokens.map { _ in true }, keys: workload.verificationKeys(), baseline: nil, corpus: corpus
        ) { Verifier(Claims.policy(.hs256), keys: $0, clock: .fixed(Claims.now)) }
        #expect(throws: WrongVerdict.self) { try contest.run(Self.plan) }
    }

    @Test func aTokenThatMustFailButPassesStopsTheMeasurement() throws {
        let workload = try Workload(Subject(.hs256), count: 12)
        var isValid = workload.tokens.map { _ in true }
        isValid[5] = false
        let contest = try Contest(
            workload.subject, workload.subject.kernels, TokenText(workload.tokens), isValid: isValid,
            keys: workload.verificationKeys(), baseline: nil, corpus: nil
        ) { Verifier(signaturesOnly: .hs256, keys: $0) }
        #expect(throws: WrongVerdict.self) { try contest.run(Self.plan) }
    }

    /// Right at first, wrong once after a few passes.
    private final class Unsteady: Contender {
        let name = "unsteady"
        let count = 20
        let validBefore = Array(0...20)
        private var passes = 0

        func check(_ range: Range<Int>) -> Int {
            passes += 1
            return passes == 40 ? range.count - 1 : range.count
        }
    }

    @Test func aWrongCountInAnyTimedPassStopsTheMeasurement() {
        #expect(throws: WrongVerdict.self) { try Self.plan.run([Unsteady()]) }
    }

    @Test func clocksAreNotReadAfterEveryToken() throws {
        let workload = try Workload(Subject(.hs256), count: 20)
        let bare = try #require(Baseline("HS256", workload.signaturesByKey))
        var position = 0
        let sample = try Rounds(batch: 3, seconds: 1, rounds: 1).slot(bare, from: &position, seconds: 1e-9)
        #expect(sample.tokens == 9 && position == 9)
    }

    @Test func baselineRefusesWhatItShould() throws {
        for subject in Subject.all {
            let workload = try Workload(subject, count: 4)
            let wrong = workload.signatures.map { input, signature in (input + [0], signature) }
            let key = workload.key.verificationKey
            let good = try #require(Baseline(subject.schemeName, [(key, workload.signatures)]), "\(subject.name)")
            #expect(good.check(0..<4) == 4, "\(subject.name)")
            #expect(try #require(Baseline(subject.schemeName, [(key, wrong)])).check(0..<4) == 0, "\(subject.name)")
        }
    }

    @Test func baselineCountsOverSeveralKeys() throws {
        let first = try Workload(Subject(.es256), count: 5, seed: 1)
        let second = try Workload(Subject(.es256), count: 4, seed: 2)
        let both = try #require(
            Baseline(
                "ES256",
                [(first.key.verificationKey, first.signatures), (second.key.verificationKey, second.signatures)]))
        #expect(both.count == 9)
        #expect(both.check(0..<9) == 9)
        #expect(both.check(4..<6) == 2)
        let mixed = try #require(Baseline("ES256", [(first.key.verificationKey, first.signatures + second.signatures)]))
        #expect(mixed.check(0..<9) == 5)
    }

    @Test func recordHasItsKeys() throws {
        let description = Record.Description(
            source: "generated", seed: 1, keys: 1, layer: "jwt", rounds: 3, secondsPerContender: 0.02, clock: .wall)
        var record = Record(environment: Machine(), workload: description)
        record.results = try contest().run(Self.plan)
        record.environment.finish()
        let json = try #require(JSONSerialization.jsonObject(with: Record.json(record)) as? [String: Any])
        #expect(Set(json.keys) == ["environment", "workload", "results"])
        let environment = try #require(json["environment"] as? [String: Any])
        let needed: Set = [
            "cpu", "features", "os", "kernel", "swift_compiler", "c_compiler", "openssl", "sodium", "load_before",
            "load_after", "date", "build",
        ]
        #expect(needed.isSubset(of: environment.keys))
        let results = try #require(json["results"] as? [[String: Any]])
        #expect(results.count == Subject(.hs256).kernels.count)
        for result in results {
            #expect(result["algorithm"] as? String == "HS256")
            #expect(result["batch"] as? Int == 8)
            #expect(result["valid"] as? Int == 20)
            for name in ["tokens_per_s", "openssl_per_s", "ratio"] {
                #expect((result[name] as? Double ?? 0) > 0, "\(name)")
                let detail = result[name + "_detail"] as? [String: Any] ?? [:]
                #expect(Set(detail.keys) == ["median", "lower_quartile", "upper_quartile", "low", "high", "count"])
            }
        }
    }

    @Test func processesAreSamples() throws {
        let results = try contest().run(Self.plan)
        let json = try Record.json(results)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let read = try decoder.decode([Record.Result].self, from: json)
        let other = try contest().run(Self.plan)
        let merged = Record.Result(processes: [read[0], other[0], results[0]])
        #expect(merged.tokensPerSSamples == [read[0].tokensPerS, other[0].tokensPerS, results[0].tokensPerS])
        #expect(merged.ratio == Statistics([read[0].ratio!, other[0].ratio!, results[0].ratio!]).median)
        #expect(merged.tokensPerSDetail.count == 3 && merged.valid == 20 && merged.kernel == results[0].kernel)
    }

    @Test func ownTokensAreJudgedOneByOne() throws {
        let workload = try Workload(Subject(.es256), count: 10)
        var lines = workload.tokens
        lines[3] = String(lines[3].dropLast(8) + "AAAAAAAA")
        lines.append("no token")
        let own = try OwnTokens(
            tokens: Array(lines.joined(separator: "\n").utf8),
            jwks: Array("{\"keys\":[\(workload.key.publicJWK)]}".utf8))
        #expect(own.unreadable == 1)
        let contests = try own.contests { $0.kernels }
        let results = try #require(contests.first).run(Self.plan)
        #expect(results.map(\.valid) == Subject(.es256).kernels.map { _ in 9 })
        #expect(results[0].tokens == 10)
        #expect(results[0].ratio != nil)
    }

    @Test func stagesAddUpToTheWhole() {
        var samples: [Rounds.Samples] = []
        for ns in [10.0, 30, 60, 100, 150, 210, 1210, 1250, 1260, 990] {
            var sample = Rounds.Samples()
            sample.rates = [1e9 / ns, 1e9 / ns, 1e9 / ns]
            samples.append(sample)
        }
        let split = StageSplit(algorithm: "ES256", kernel: "any", batch: 1, characters: 500, samples: samples)
        let rounded = split.stages.map { Int($0.ns.median.rounded()) }
        #expect(rounded == [10, 20, 30, 40, 50, 60, 1000, 40])
        #expect(Int(split.remainderNs.median.rounded()) == 10)
        #expect(Int(split.parsingNs.median.rounded()) == 120)
        #expect(Int(split.aroundSignatureNs.median.rounded()) == 260)
    }
}
