import FastVerify
import Foundation
import Testing

@testable import Bench

@Suite struct EngineJobTests {
    @Test func aJobIsOneLineWithTheKeyInEachForm() throws {
        for subject in Subject.all {
            let workload = try Workload(subject, count: 4)
            let line = try EngineJob(workload, Corpus(workload)).line()
            #expect(line.count { $0 == UInt8(ascii: "\n") } == 1 && line.last == UInt8(ascii: "\n"))
            let job = try #require(JSONSerialization.jsonObject(with: line) as? [String: Any])
            #expect(job["algorithm"] as? String == subject.name)
            #expect(job["tokens"] as? [String] == workload.tokens)
            let members = workload.key.verificationKey.publicMembers.map { "\($0)" }
            let jwk = try #require(job["jwk"] as? [String: String])
            #expect(jwk["kid"] == Workload.keyID)
            let again = try JWK(json: Array(JSONSerialization.data(withJSONObject: jwk)))
            #expect(again.key.publicMembers.map { "\($0)" } == members, "\(subject.name)")
            if let secret = job["secret"] as? String {
                #expect(secret == jwk["k"] && job["pem"] == nil)
            } else {
                let pem = try #require(job["pem"] as? String)
                let key = try VerificationKey(pem: Array(pem.utf8))
                #expect(key.publicMembers.map { "\($0)" } == members, "\(subject.name)")
            }
        }
    }

    @Test func aBackendsJobHasTheSignaturesOfTheSameTokens() throws {
        let workload = try Workload(Subject(.es256), count: 4)
        let cases = try Corpus(workload).signatureCases
        let line = try EngineJob(workload, signaturesOf: cases).line()
        let job = try #require(JSONSerialization.jsonObject(with: line) as? [String: Any])
        #expect(Set(job.keys) == ["algorithm", "jwk", "pem", "signatures", "corpus"])
        let pairs = try #require(job["signatures"] as? [[String]])
        let corpus = try #require(job["corpus"] as? [[String]])
        #expect(corpus.count == cases.count && pairs.count == 4)
        for (pair, token) in zip(pairs, workload.tokens) {
            let input = try #require(pair[0].utf8.withContiguousStorageIfAvailable { Base64URL.decode(.init($0)) })
            #expect(String(decoding: try #require(input), as: UTF8.self) + "." + pair[1] == token)
        }
    }

    /// An engine that knows the true time only must find the same verdicts half an hour later.
    @Test func verdictsOutliveTheMeasurement() throws {
        let workload = try Workload(Subject(.hs256), count: 12, at: PeerContest.moment)
        let keys = KeySource(KeySet(try workload.verificationKeys()))
        for later: Int64 in [0, 1800] {
            let clock = UnixClock.fixed(workload.moment.now + later)
            let verifier = Verifier(Claims.policy(.hs256), keys: keys, clock: clock)
            try Corpus(workload).check(verifier, kernel: "any")
            for result in verifier.verify(batch: workload.tokens) { #expect(throws: Never.self) { try result.get() } }
        }
    }
}
