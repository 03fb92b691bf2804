import FastVerify
import FastVerifyAccess
import Testing

struct KeyConfirmationTests {
    private func refusal(
        _ claims: String, _ scheme: CredentialScheme = .bearer, key: String? = nil, certificate: String? = nil,
        ignoring: Bool = false
    ) -> Refusal? {
        var policy = AccessPolicy(ProtectionSpace(realm: "r"))
        policy.ignoresKeyConfirmation = ignoring
        let shown = KeyConfirmation(keyThumbprint: key, certificateThumbprint: certificate)
        let token = AccessFixture.token(claims)
        do throws(Refusal) {
            try policy.check(token.claims, AccessRequest(now: 0, scheme: scheme, shownKeys: shown))
            return nil
        } catch {
            return error
        }
    }

    @Test func anUnboundTokenIsABearerTokenAndNothingElse() {
        #expect(refusal("{}") == nil)
        #expect(refusal("{}", certificate: "c") == nil)
        #expect(refusal("{}", .dpop, key: "k") == Refusal(.invalidToken, "unbound_token"))
        #expect(refusal("{}", .dpop) == Refusal(.invalidToken, "unbound_token"))
    }

    @Test func aTokenBoundToAKeyNeedsItsProof() {
        let claims = #"{"cnf":{"jkt":"k"}}"#
        #expect(refusal(claims, .dpop, key: "k") == nil)
        #expect(refusal(claims, .dpop, key: "other")?.answer == .invalidToken)
        #expect(refusal(claims, .dpop)?.answer == .invalidToken)
        // The downgrade: the scheme decides whether a proof was looked at.
        #expect(refusal(claims, .bearer, key: "k")?.answer == .invalidToken)
        #expect(refusal(claims, .bearer)?.answer == .invalidToken)
    }

    @Test func aTokenBoundToACertificateNeedsIt() {
        let claims = #"{"cnf":{"x5t#S256":"c"}}"#
        #expect(refusal(claims, certificate: "c") == nil)
        #expect(refusal(claims, certificate: "other")?.answer == .invalidToken)
        #expect(refusal(claims)?.answer == .invalidToken)
        #expect(refusal(claims, .dpop, key: "k", certificate: "c")?.answer == .invalidToken)
    }

    @Test func bothBindingsMustHold() {
        let claims = #"{"cnf":{"jkt":"k","x5t#S256":"c"}}"#
        #expect(refusal(claims, .dpop, key: "k", certificate: "c") == nil)
        #expect(refusal(claims, .dpop, key: "k") != nil)
        #expect(refusal(claims, .bearer, certificate: "c") != nil)
    }

    @Test(arguments: [
        #"{"cnf":{}}"#, #"{"cnf":null}"#, #"{"cnf":"k"}"#, #"{"cnf":[]}"#, #"{"cnf":{"jwk":{}}}"#,
        #"{"cnf":{"kid":"k"}}"#,
        #"{"cnf":{"jkt":"k","osc":{}}}"#, #"{"cnf":{"jkt":null}}"#, #"{"cnf":{"jkt":["k"]}}"#,
    ])
    func aConfirmationThatIsNotUnderstoodIsNone(claims: String) {
        for scheme in CredentialScheme.allCases {
            #expect(refusal(claims, scheme, key: "k", certificate: "c")?.answer == .invalidToken)
        }
        #expect(refusal(claims, ignoring: true) == nil)
    }
}
