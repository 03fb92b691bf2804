import CBaseline
import CCrypto
import FastVerify
import Testing

@testable import Bench

@Suite struct HostileTokensTests {
    static let subjects = Subject.all.filter { [.hs256, .rs256, .edDSA].contains($0.header) || Curve.isCurve($0) }

    private func verifier(_ workload: Workload) throws -> Verifier {
        let keys = KeySource(KeySet(try workload.verificationKeys()))
        return Verifier(Claims.policy(workload.subject.header), keys: keys, clock: .fixed(Claims.now))
    }

    @Test(arguments: subjects)
    func everyClassIsRefusedForItsReason(_ subject: Subject) throws {
        let workload = try Workload(subject, count: 8)
        let verifier = try verifier(workload)
        let classes = try HostileTokens(workload).classes()
        let kinds = HostileKind.allCases.filter { $0 != .exceptionalECDSA || Curve.isCurve(subject) }
        #expect(Set(classes.map(\.kind)) == Set(kinds))
        #expect(Set(classes.map(\.name)).count == classes.count)
        for hostile in classes {
            let text = TokenText(hostile.tokens)
            #expect(Set(hostile.tokens).count == 8 || hostile.variant == "64 KiB of dots", "\(hostile.name)")
            for mode in CallMode.allCases {
                let contender = VerdictContender(hostile.name, verifier, text, hostile.expected, mode)
                #expect(contender.check(0..<8) == 8, "\(subject.name) \(hostile.name) \(mode)")
                #expect(contender.check(3..<5) == 2, "\(subject.name) \(hostile.name) \(mode)")
            }
        }
    }

    @Test func expectedReasons() throws {
        let classes = try HostileTokens(Workload(Subject(.es256), count: 8)).classes()
        func reasons(_ kind: HostileKind) -> Set<VerificationError> {
            Set(classes.filter { $0.kind == kind }.flatMap { $0.expected.compactMap(\.self) })
        }
        #expect(reasons(.unknownKid) == [.keyNotFound])
        #expect(reasons(.badSignature) == [.badSignature])
        #expect(reasons(.oversize) == [.badSignature, .tokenTooLarge])
        #expect(reasons(.deepJSON) == [.tooComplex, .tokenTooLarge])
        #expect(reasons(.dotFlood) == [.notCompact, .tokenTooLarge])
        #expect(reasons(.wrongAlg) == [.algorithmNotAllowed])
        #expect(reasons(.expired) == [.expired])
        #expect(reasons(.duplicateMembers) == [.duplicateMember])
        #expect(reasons(.denseJSON) == [.badSignature, .duplicateMember])
        #expect(reasons(.exceptionalECDSA) == [.badSignature])
    }

    @Test func sizesAreThoseOfTheirNames() throws {
        let limit = Verifier.Limits.standard.tokenBytes
        for hostile in try HostileTokens(Workload(Subject(.rs256), count: 4)).classes() {
            let name = hostile.variant
            let bound = name.hasPrefix("4 KiB") ? 4096 : name.hasPrefix("16 KiB") ? 16384 : limit
            if name.contains("above") {
                #expect((limit + 1...limit + 4).contains(Int(hostile.characters)), "\(hostile.name)")
            } else if name.contains("KiB") {
                #expect((bound - 4...bound).contains(Int(hostile.characters)), "\(hostile.name)")
            }
        }
    }

    @Test func mixesKeepTheirPlaces() throws {
        let valid = (0..<16).map { "v\($0)" }
        let bad = HostileClass(.oversize, (0..<16).map { "bad token \($0)" }, .badSignature, "large")
        let mix = HostileClass(bad, oneIn: 8, of: valid)
        #expect(mix.tokens.enumerated().filter { $0.element.hasPrefix("bad") }.map(\.offset) == [0, 8])
        #expect(mix.expected == (0..<16).map { $0 % 8 == 0 ? .badSignature : nil })
        #expect(mix.name == "oversize, large, one in 8" && mix.share == 8 && mix.characters == 11)
    }

    @Test func anotherReasonOrNoneIsCountedAsWrong() throws {
        let workload = try Workload(Subject(.hs256), count: 8)
        let verifier = try verifier(workload)
        let late = try #require(try HostileTokens(workload).classes().first { $0.kind == .expired })
        for mode in CallMode.allCases {
            for expected in [VerificationError.badSignature, nil] {
                var changed = late.expected
                changed[5] = expected
                let contender = VerdictContender("changed", verifier, TokenText(late.tokens), changed, mode)
                #expect(contender.check(0..<8) == 7)
                #expect(throws: WrongVerdict.self) {
                    try Rounds(batch: 8, seconds: 0.01, rounds: 2).run([contender])
                }
            }
        }
    }

    /// r = e / d for equal points and -e / d for opposite ones: d = 1 shows e itself, d = 2 its half.
    @Test func exceptionalSignaturesMeetTheirEquation() {
        let order: [UInt8] = [
            0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
            0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
        ]
        func sum(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
            var carry = 0
            return zip(a, b).reversed().map { pair -> UInt8 in
                carry += Int(pair.0) + Int(pair.1)
                defer { carry >>= 8 }
                return UInt8(carry & 255)
            }.reversed()
        }
        let message = Array("a signing input".utf8)
        var e = [UInt8](repeating: 0, count: 32)
        fv_sha256(message, message.count, &e)
        func r(_ d: UInt8, opposite: Int32, _ algorithm: String = "ES256") -> [UInt8]? {
            var r = [UInt8](repeating: 0, count: 32)
            let secret = [UInt8](repeating: 0, count: 31) + [d]
            let made = baseline_exceptional_r(algorithm, secret, 32, message, message.count, opposite, &r)
            return made == 1 ? r : nil
        }
        #expect(r(1, opposite: 0) == e)
        #expect(r(1, opposite: 1).map { sum($0, e) } == order)
        // Twice the half is e, or e + n where e is odd; modulo 2^256 for the carry of the doubling.
        let half = r(2, opposite: 0)!
        #expect(sum(half, half) == e || sum(half, half) == sum(e, order))
        #expect(r(0, opposite: 0) == nil && r(1, opposite: 0, "RS256") == nil && r(1, opposite: 0, "none") == nil)
    }
}

extension Curve {
    fileprivate static func isCurve(_ subject: Subject) -> Bool {
        [.es256, .es384, .es512, .es256k].contains(subject.header)
    }
}
