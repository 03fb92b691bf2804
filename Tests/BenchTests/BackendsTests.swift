import CCrypto
import FastVerify
import Foundation
import Testing

@testable import Bench

@Suite struct BackendsTests {
    private func run(_ fakes: FakeEngines, _ kernels: [Kernel], batch: Int = 8) throws -> PeerRecord.Result {
        var contest = try PeerContest(
            signaturesOf: fakes.workload, kernels, fakes.all, batch: batch, patience: FakeEngines.patience)
        return try contest.run(seconds: 0.2, rounds: 2, clock: .wall)
    }

    private func rows(_ algorithm: Algorithm, _ names: String...) -> [Kernel] {
        Measure.rows(of: Subject(algorithm), names)
    }

    @Test func aBackendIsMeasuredAgainstOpenSSL() throws {
        let fakes = try FakeEngines(.es256)
        try fakes.add("good", fakes.reply(fakes.verdicts(on: fakes.corpus.signatureCases)) + "\n" + FakeEngines.works)
        let result = try run(fakes, rows(.es256, "multibuffer-scalar", "openssl"))
        #expect(result.failed.isEmpty && result.unsupported.isEmpty)
        #expect(
            result.rows.map(\.engine) == [
                "openssl bare", "fastverify multibuffer-scalar", "fastverify multibuffer-scalar", "fastverify openssl",
                "good",
            ])
        #expect(result.rows.map(\.batch) == [8, 1, 8, 1, 1])
        let bare = result.rows[0]
        #expect(bare.ratio == 1)
        let good = result.rows[4]
        #expect(good.tokensPerSSamples == [10_000, 10_000] && good.differences == EngineDifferences())
        let ratios = bare.tokensPerSSamples.map { 10_000 / $0 }
        #expect(good.ratioDetail == Statistics(ratios))
        let table = result.signatureTable.split(separator: "\n")
        #expect(table.count == 7)
        #expect(table.contains { $0.hasPrefix("good ") && $0.contains(" 10 000 ") })
    }

    @Test func aBatchOfOneIsOneRow() throws {
        let result = try run(FakeEngines(.hs256), rows(.hs256, "multibuffer-scalar"), batch: 1)
        #expect(result.rows.map(\.batch) == [1, 1])
    }

    @Test func otherVerdictsAreListed() throws {
        let fakes = try FakeEngines(.edDSA)
        let verdicts = fakes.verdicts(on: fakes.corpus.signatureCases, turned: ["signature plus the order"])
        try fakes.add("lax", fakes.reply(verdicts) + "\n" + FakeEngines.works)
        let result = try run(fakes, [])
        #expect(result.rows.last?.differences?.accepts == ["signature plus the order"])
    }

    @Test func whoRefusesGoodSignaturesIsLeftOut() throws {
        let fakes = try FakeEngines(.hs256)
        let cases = fakes.corpus.signatureCases
        let verdicts = fakes.verdicts(on: cases).dropLast() + "0"
        try fakes.add("strict", fakes.reply(String(verdicts)) + "\n" + FakeEngines.works)
        try fakes.add(
            "moody", fakes.reply(fakes.verdicts(on: cases, turned: ["just valid"])) + "\n" + FakeEngines.works)
        let result = try run(fakes, [])
        #expect(
            result.failed == [
                "strict": "refuses 1 of the workload's 12 tokens, all valid",
                "moody": "refuses good signatures: just valid",
            ])
        #expect(result.rows.map(\.engine) == ["openssl bare"])
    }

    @Test func algorithmsThatALibraryLacksAreOneLine() throws {
        let description = Record.Description(
            source: "generated", seed: 1, keys: 1, layer: "signature", rounds: 1, secondsPerContender: 1, clock: .wall)
        var record = PeerRecord(environment: Machine(), workload: description, batch: 8, absent: [])
        record.results = ["ES256", "EdDSA"].map {
            PeerRecord.Result(algorithm: $0, kernel: "any", unsupported: ["old": "no \($0)"])
        }
        #expect(record.notes == ["old", "  unsupported (ES256 EdDSA): not in the library"])
    }

    /// A kernel that accepts one bad signature must not be measured.
    @Test func aWrongVerdictOfAKernelEndsTheContest() throws {
        let row = UnsafeMutablePointer<fv_kernel>.allocate(capacity: 1)
        defer { row.deallocate() }
        row.initialize(to: fv_kernel_named(FV_HS256, "openssl").pointee)
        row.pointee.verify = {
            fv_kernel_named(FV_HS256, "openssl").pointee.verify($0, $1, $2)
            if $1 == 1 && $0![0].signature_count == 31 { $2![0] = 1 }
        }
        let fakes = try FakeEngines(.hs256)
        #expect(throws: WrongVerdict.self) { try run(fakes, [Kernel(row)]) }
    }
}

@Suite struct CorpusSignaturesTests {
    /// The lists agree with the sound implementations at hand: FastVerify's rows of every algorithm.
    @Test func signatureCasesAreJudgedByTheSignatureAlone() throws {
        for subject in Subject.all {
            let cases = try Corpus(Workload(subject, count: 12)).signatureCases
            #expect(cases.count { $0.expected == nil } >= 8, "\(subject.name)")
            let names = Set(cases.filter { $0.expected != nil }.map(\.name))
            #expect(names.isSuperset(of: ["signature of another key", "short signature", "no signature"]))
            #expect(!names.contains("expired") && !names.contains("alg none"))
        }
    }

    @Test func ordersAreAddedInTheNumbersOwnByteOrder() {
        let scalar = [UInt8](repeating: 0, count: 32)
        let zero25519 = Corpus.unreduced(scalar + scalar, .edwards(FV_KEY_ED25519, []))
        #expect(zero25519?[32...].first == 0xed && zero25519?.last == 0x10)
        let one: [UInt8] = [1] + [UInt8](repeating: 0, count: 56)
        let one448 = Corpus.unreduced([UInt8](repeating: 0, count: 57) + one, .edwards(FV_KEY_ED448, []))
        #expect(one448?[57] == 0xf4 && one448?[112] == 0x3f && one448?[113] == 0)
        #expect(Corpus.unreduced([0, 0xff, 2], .rsa(n: [1, 0xff], e: [3])) == [1, 1, 1])
        #expect(Corpus.unreduced([0xff, 2], .rsa(n: [1, 0xff], e: [3])) == nil, "no room")
        #expect(Corpus.unreduced(scalar + scalar, .secret([])) == nil)
    }
}
