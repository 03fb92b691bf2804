import FastVerify
import Testing

@testable import FastVerifyAccess

/// The examples of RFC 9449.
struct PublishedProofTests {
    private static let header =
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo"
        + "RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
    /// Figures 2 and 4.
    private static let atTokenEndpoint =
        header + ".eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rv"
        + "a2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37x"
        + "RZT3Lg"
    /// Figures 12 and 13.
    private static let atResource =
        header + ".eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9w"
        + "cm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFF"
        + "byJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
    private static let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
    private static let thumbprint = SHA256Digest(base64URL: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")!

    @Test func tokenRequest() throws {
        let verifier = Proofs.verifier(clock: .fixed(1_562_262_616))
        let target = RequestTarget(method: "POST", uri: TargetURI("https://server.example.com/token")!)
        #expect(try verifier.verify([Self.atTokenEndpoint], for: target).thumbprint == Self.thumbprint)
        #expect(throws: Refusal(.invalidProof, "proof_replayed")) {
            try verifier.verify([Self.atTokenEndpoint], for: target)
        }
    }

    @Test func resourceRequest() throws {
        let target = RequestTarget(method: "GET", uri: TargetURI("https://resource.example.org/protectedresource")!)
        func verify(_ token: String) throws(Refusal) {
            let verifier = Proofs.verifier(clock: .fixed(1_562_262_619))
            _ = try verifier.verify([Self.atResource], for: target, token: token, boundTo: Self.thumbprint)
        }
        try verify(Self.token)
        #expect(throws: Refusal(.invalidProof, "proof_of_other_token")) { try verify(Self.token + "0") }
    }
}
