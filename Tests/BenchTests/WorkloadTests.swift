import FastVerify
import Testing

@testable import Bench

@Suite struct WorkloadTests {
    /// Every supported row of every algorithm.
    static let rows: [(Subject, Kernel)] = Subject.all.flatMap { subject in subject.kernels.map { (subject, $0) } }

    @Test(arguments: rows)
    func everyKernelGivesTheExpectedVerdicts(_ row: (subject: Subject, kernel: Kernel)) throws {
        let workload = try Workload(row.subject, count: 24)
        let keys = KeySet(try workload.verificationKeys(), kernels: .named(row.kernel.name))
        let verifier = Verifier(
            Claims.policy(row.subject.header), keys: KeySource(keys), clock: .fixed(Claims.now))
        for result in verifier.verify(batch: workload.tokens) { #expect(throws: Never.self) { try result.get() } }
        try Corpus(workload).check(verifier, kernel: row.kernel.name)
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
