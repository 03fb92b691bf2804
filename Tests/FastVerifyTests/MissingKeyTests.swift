// Which tokens a key source hears of: those that would verify if only their key were there, as far as one can tell.
import CAllocations
import FastVerify
import Synchronization
import Testing
import XCTest

private final class Ears: Sendable {
    let kids = Mutex<[[UInt8]]>([])

    func verifier(_ keys: [JWK], _ algorithms: AlgorithmSet = [.es256, .hs256]) -> Verifier {
        let source = KeySource(KeySet(keys)) { kid in self.kids.withLock { $0.append(Array(kid)) } }
        return Verifier(Fixture.policy(algorithms), keys: source, clock: .fixed(Fixture.now))
    }

    var heard: [String] {
        kids.withLock { kids in
            defer { kids.removeAll() }
            return kids.map { String(decoding: $0, as: UTF8.self) }
        }
    }
}

@Suite struct MissingKeyTests {
    private let keys = [try! JWK(Fixture.key(.es256).verificationKey, keyID: "key-ES256", algorithm: .es256)]

    @Test func onlyMissingKeysAreTold() {
        let ears = Ears()
        let verifier = ears.verifier(keys)
        for (token, error) in AllocationTests.refused {
            let found = Fixture.error(token, verifier)
            #expect(ears.heard.isEmpty == (found != .keyNotFound), "\(error)")
        }
        _ = Fixture.error(Fixture.token(.es256), verifier)
        #expect(ears.heard.isEmpty)
    }

    /// The name as it means, not as it is written; nothing of other issuers, algorithms or types.
    @Test func names() {
        let ears = Ears()
        let verifier = ears.verifier(keys)
        func told(_ header: String, _ payload: String = Fixture.claims) -> [String] {
            _ = Fixture.error(Fixture.token(header: header, payload: payload), verifier)
            return ears.heard
        }
        #expect(told(#"{"alg":"ES256","kid":"new"}"#) == ["new"])
        #expect(told(#"{"alg":"ES256","kid":"\u006eew\u0000"}"#) == ["new\0"])
        #expect(told(#"{"alg":"ES256","kid":""}"#) == [""])
        #expect(told(#"{"alg":"HS256","kid":"new"}"#) == ["new"])
        #expect(told(#"{"alg":"RS256","kid":"new"}"#) == [])
        #expect(told(#"{"alg":"none","kid":"new"}"#) == [])
        #expect(told(#"{"alg":"ES256","kid":"new","typ":"at+jwt"}"#) == [])
        #expect(told(#"{"alg":"ES256","kid":"new"}"#, Fixture.claims("iss", "\"x\"")) == [])
        #expect(told(#"{"alg":"HS256","kid":"key-ES256"}"#) == [])
        // A set without names takes any; only an empty one lacks a key for a token without name.
        let empty = ears.verifier([])
        _ = Fixture.error(Fixture.token(header: #"{"alg":"ES256"}"#), empty)
        #expect(ears.heard == [""])
    }

    @Test func everyTokenOfABatch() {
        let ears = Ears()
        let token = Fixture.token(header: #"{"alg":"ES256","kid":"new"}"#)
        var batch = VerificationBatch()
        ears.verifier(keys).verify(batch: [token, Fixture.token(), token], into: &batch)
        #expect(ears.heard == ["new", "new"] && batch.validCount == 1)
    }
}

/// Contract 3 with somebody listening.
final class MissingKeyAllocationTests: XCTestCase {
    func testListeningAllocatesNothing() throws {
        #if DEBUG
            throw XCTSkip("SKIPPED: allocations are counted in release builds, as unoptimised closures allocate")
        #else
            try XCTSkipUnless(allocations_counted(), "SKIPPED: a sanitizer owns the allocator")
            let calls = Atomic<Int>(0)
            let source = KeySource(Fixture.keySet) { _ in calls.add(1, ordering: .relaxed) }
            let verifier = Verifier(Fixture.policy(), keys: source, clock: .fixed(Fixture.now))
            let tokens = Array(repeating: Fixture.token(header: #"{"alg":"ES256","kid":"new"}"#), count: 64)
            var batch = VerificationBatch()
            for _ in 0..<3 { verifier.verify(batch: tokens, into: &batch) }
            let before = allocations_own()
            verifier.verify(batch: tokens, into: &batch)
            XCTAssertEqual(allocations_own(), before)
            XCTAssertEqual(calls.load(ordering: .relaxed), 256)
        #endif
    }
}
