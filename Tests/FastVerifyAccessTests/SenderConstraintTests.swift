import FastVerify
import HTTPTypes
import Testing

@testable import FastVerifyAccess

struct SenderConstraintTests {
    private let proofs = Proofs()
    private static let certificate = ClientCertificate(der: [0x30, 0x03, 0x02, 0x01, 0x07])!
    private static let other = ClientCertificate(der: [0x30, 0x03, 0x02, 0x01, 0x08])!

    private func check(
        _ confirmation: String?, _ scheme: CredentialScheme, proof: Bool = false,
        certificate: ClientCertificate? = nil, constraint: SenderConstraint? = nil
    ) throws -> String? {
        let token = Proofs.token(confirmation: confirmation)
        let ath = SHA256Digest(of: Array(token.utf8)).base64URL
        let evidence = SenderConstraint.Evidence(
            scheme: scheme, proofs: proof ? [proofs.proof(claims: ["ath": "\"\(ath)\""])] : [], target: Proofs.target,
            certificate: certificate)
        let constraint = constraint ?? SenderConstraint(proofs: Proofs.verifier())
        do {
            let verified = try Proofs.verified(token)
            let outcome = try constraint.check(verified, text: token, evidence: evidence)
            try KeyConfirmation.check(verified.claims, shown: outcome.shownKeys, scheme: scheme)
            return nil
        } catch let refusal as Refusal {
            let answers: [Refusal.Answer] = [.invalidToken, .invalidProof]
            #expect(answers.contains(refusal.answer))
            return refusal.reason.description
        }
    }

    private var jkt: String { "\"jkt\":\"\(proofs.thumbprint.base64URL)\"" }
    private static let x5t = "\"x5t#S256\":\"\(certificate.thumbprint.base64URL)\""

    /// Every combination of what a token asks for and what comes with it.
    @Test func matrix() throws {
        for scheme in [CredentialScheme.bearer, .dpop] {
            for hasProof in [false, true] {
                for certificate in [nil, Self.certificate, Self.other] {
                    func reason(_ confirmation: String?) throws -> String? {
                        try check(confirmation, scheme, proof: hasProof, certificate: certificate)
                    }
                    let proofReason =
                        scheme == .bearer ? "bound_token_as_bearer" : hasProof ? nil : "proof_missing"
                    let schemeReason = scheme == .dpop ? "token_not_bound_to_key" : nil
                    let certificateReason =
                        certificate == nil
                        ? "certificate_missing" : certificate == Self.certificate ? nil : "certificate_of_other_client"
                    #expect(try reason(nil) == schemeReason)
                    #expect(try reason("{\(jkt)}") == proofReason)
                    #expect(try reason("{\(Self.x5t)}") == certificateReason ?? schemeReason)
                    #expect(try reason("{\(jkt),\(Self.x5t)}") == certificateReason ?? proofReason)
                }
            }
        }
    }

    @Test func confirmationsThatAreNone() throws {
        for text in [
            "null", "true", "\"\(proofs.thumbprint.base64URL)\"", "[]", "{\"jkt\":null}", "{\"jkt\":17}",
            "{\"jkt\":\"\"}",
            "{\(jkt.dropLast(2))\"}", "{\(jkt.dropLast())=\"}", "{\(jkt),\"x5t#S256\":[]}", "{\"x5t#S256\":\"AAAA\"}",
        ] {
            #expect(
                try check(text, .dpop, proof: true, certificate: Self.certificate) == "malformed_confirmation",
                "\(text)")
        }
        for text in ["{}", "{\"kid\":\"a\"}", "{\"jwk\":{}}", "{\"x5t\":\"AAAA\"}", "{\"kid\":\"a\",\(jkt)}"] {
            #expect(try check(text, .dpop, proof: true) == "unknown_confirmation", "\(text)")
        }
    }

    @Test func whatIsNotConfiguredIsRefused() throws {
        let without = SenderConstraint()
        #expect(try check("{\(jkt)}", .dpop, proof: true, constraint: without) == "proofs_not_accepted")
        #expect(try check(nil, .bearer, constraint: without) == nil)
        let required = SenderConstraint(proofs: Proofs.verifier(), isRequired: true)
        #expect(try check(nil, .bearer, constraint: required) == "token_not_bound")
        #expect(try check("{\(jkt)}", .dpop, proof: true, constraint: required) == nil)
        let evidence = SenderConstraint.Evidence(scheme: .dpop, proofs: [proofs.proof()], target: nil)
        #expect(throws: Refusal(.invalidProof, "request_without_uri")) {
            try required.check(Proofs.verified(proofs.token), text: proofs.token, evidence: evidence)
        }
    }

    /// The three steps of a request, with everything taken from its fields.
    @Test func wholeRequest() throws {
        var request = HTTPRequest(method: .post, scheme: "http", authority: "inner:8080", path: "/v2/orders?a=b")
        request.headerFields[.authorization] = "DPoP \(proofs.token)"
        request.headerFields[.dpop] = proofs.proof()
        var policy = AccessPolicy(ProtectionSpace(realm: "a"))
        policy.sources.schemes = [.bearer, .dpop]
        let constraint = SenderConstraint(proofs: Proofs.verifier())
        func serve(_ external: RequestTarget.External) throws {
            let credential = try #require(try policy.credential(of: request))
            let token = try Proofs.verified(credential.token)
            let evidence = SenderConstraint.Evidence(of: request, credential, external: external)
            let sender = try constraint.check(token, text: credential.token, evidence: evidence)
            let access = AccessRequest(
                request, now: Proofs.now, scheme: credential.scheme, shownKeys: sender.shownKeys)
            try policy.check(token.claims, access)
        }
        let external = RequestTarget.External(scheme: "https", authority: "api.example", path: "/orders")
        #expect(throws: Refusal(.invalidProof, "proof_of_other_uri")) { try serve(.init()) }
        #expect(throws: Never.self) { try serve(external) }
        #expect(throws: Refusal(.invalidProof, "proof_replayed")) { try serve(external) }
        request.headerFields.append(HTTPField(name: .dpop, value: proofs.proof()))
        #expect(throws: Refusal(.invalidProof, "proof_repeated")) { try serve(external) }
    }
}
