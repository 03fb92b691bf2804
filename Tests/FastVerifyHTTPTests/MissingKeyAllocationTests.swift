import CAllocations
import FastVerify
import XCTest

@testable import FastVerifyHTTP

/// Contract 3: refusing a batch of tokens with unknown keys allocates nothing, though each is held against the names known to
/// be missing. XCTest here: Swift Testing records a backtrace, on the heap, for every error thrown in its process.
final class MissingKeyAllocationTests: XCTestCase {
    func testFloodAllocatesNothing() throws {
        #if DEBUG
            throw XCTSkip("SKIPPED: allocations are counted in release builds, as unoptimised closures allocate")
        #else
            try XCTSkipUnless(allocations_counted(), "SKIPPED: a sanitizer owns the allocator")
            let keys = RemoteJWKSet.test(ScriptedTransport(Issuer.set(0)), ManualClock())
            let verifier = Issuer.verifier(keys)
            let tokens = (0..<2048).map { Issuer.unknown("ghost-\($0)") }
            var batch = VerificationBatch()
            verifier.verify(batch: tokens, into: &batch)
            let before = allocations_own()
            for _ in 0..<4 { verifier.verify(batch: tokens, into: &batch) }
            XCTAssertEqual(allocations_own(), before)
            XCTAssertEqual(keys.state.unknownKeys, 5 * 2048)
        #endif
    }
}
