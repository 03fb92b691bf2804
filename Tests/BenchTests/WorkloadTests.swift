import FastVerify
import Testing

@testable import Bench

@Suite struct WorkloadTests {
    /// One workload for all rows of an algorithm: an RSA key takes longer than its tokens.
    @Test(arguments: Subject.all) func everyKernelGivesTheExpectedVerdicts(_ subject: Subject) throws {
        let workload = try Workload(subject, count: 24)
        let corpus = try Corpus(workload)
        for kernel in subject.kernels {
            let keys = KeySet(try workload.verificationKeys(), kernels: .named(kernel.name))
            let verifier = Verifier(
                Claims.policy(subject.header), keys: KeySource(keys), clock: .fixed(Claims.now))
            for result in verifier.verify(batch: workload.tokens) {
                #expect(throws: Never.self, "\(kernel.name)") { try result.get() }
            }
            try corpus.check(verifier, kernel: kernel.name)
        }
    }

    @Test func tokensAreDistinctAndOfUsualLength() throws {
        for header in [Algorithm.hs256, .rs256, .es256, .edDSA] {
            let tokens = try Workload(Subject(header), count: 64).tokens
            #expect(Set(tokens).count == 64)
            let lengths = tokens.map(\.utf8.count)
            #expect(
                Workload.usualLength.contains(lengths.min()!) && Workload.usualLength.contains(lengths.max()!),
                "\(header)")
        }
    }

    @Test func aSeedNamesAWorkload() throws {
        let subject = Subject(.hs256)
        let tokens = try Workload(subject, count: 8, seed: 7).tokens
        #expect(try Workload(subject, count: 8, seed: 7).tokens == tokens)
        #expect(try Workload(subject, count: 8, seed: 8).tokens != tokens)
        // A longer workload begins with the shorter one.
        #expect(try Array(Workload(subject, count: 16, seed: 7).tokens.prefix(8)) == tokens)
    }

    @Test func corpusHasManyClasses() throws {
        let corpus = try Corpus(Workload(Subject(.es256), count: 12))
        #expect(corpus.cases.count { $0.expected == nil } >= 12)
        #expect(Set(corpus.cases.compactMap(\.expected)).count >= 15)
    }
}
