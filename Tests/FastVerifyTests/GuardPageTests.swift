import FastVerify
import Foundation
import Testing

/// Attack catalogue, row 52: no byte beyond the token is read, wherever it ends, and claims do not depend on the
/// caller's bytes once the call is over.
@Suite struct GuardPageTests {
    /// Two pages, the second of which may not be touched.
    final class Page {
        static let size = Int(sysconf(Int32(_SC_PAGESIZE)))
        private let start: UnsafeMutableRawPointer

        init() {
            start = mmap(nil, 32 * Self.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            precondition(start != MAP_FAILED)
            mprotect(start + 31 * Self.size, Self.size, PROT_NONE)
        }
        deinit { munmap(start, 32 * Self.size) }

        /// The bytes, ending where the forbidden page begins.
        func place(_ bytes: some Collection<UInt8>) -> UnsafeMutableRawBufferPointer {
            let place = UnsafeMutableRawBufferPointer(
                start: start + 31 * Self.size - bytes.count, count: bytes.count)
            place.copyBytes(from: bytes)
            return place
        }
    }

    @Test func tokensAtTheEndOfAPage() {
        let page = Page()
        let verifier = Fixture.verifier()
        var batch = VerificationBatch()
        for padding in 0..<70 {
            let payload = Fixture.claims("p", "\"\(String(repeating: "x", count: padding))\"")
            let token = Array(Fixture.token(payload: payload, padding % 2 == 0 ? .hs256 : .ed25519).utf8)
            verifier.verify(batch: [UnsafeRawBufferPointer(page.place(token))], into: &batch)
            #expect(batch.error(at: 0) == nil)
        }
        let token = Array(Fixture.token().utf8)
        for count in 0..<token.count {
            verifier.verify(batch: [UnsafeRawBufferPointer(page.place(token.prefix(count)))], into: &batch)
            #expect(batch.error(at: 0) != nil)
            verifier.verify(batch: [UnsafeRawBufferPointer(page.place(token.suffix(count)))], into: &batch)
            #expect(batch.error(at: 0) != nil)
        }
    }

    @Test func claimsOutliveTheCallersBytes() throws {
        let verifier = Fixture.verifier()
        var bytes = Array(Fixture.token().utf8)
        var batch = VerificationBatch()
        bytes.withUnsafeMutableBytes { bytes in
            verifier.verify(batch: [UnsafeRawBufferPointer(bytes)], into: &batch)
            bytes.initializeMemory(as: UInt8.self, repeating: 0)
        }
        #expect(batch.claims(at: 0)?.subject == "user-1")
        #expect(try batch.token(at: 0).subject == "user-1")
    }

    /// Row 26: what a client is told says nothing about which check failed.
    @Test func clientsLearnOneOfTwoThings() {
        for error in VerificationError.allCases {
            let expected: OAuthError =
                [.insufficientScope, .insufficientRole].contains(error) ? .insufficientScope : .invalidToken
            #expect(error.oauthError == expected)
        }
        #expect(Set(VerificationError.allCases.map(\.name)).count == VerificationError.allCases.count)
    }
}
