import FastVerify
import FastVerifyAccess
import Foundation
import HTTPTypes
import Testing

struct RefusalResponseTests {
    private let space = ProtectionSpace(realm: "orders")

    private func challenges(
        _ answer: Refusal.Answer, _ space: ProtectionSpace, presenting scheme: CredentialScheme? = nil
    ) -> [String] { space.response(to: Refusal(answer, "r"), presenting: scheme).fields[values: .wwwAuthenticate] }

    @Test func eachAnswerHasTheStatusAndChallengeOfItsRFC() {
        let expected: [(Refusal.Answer, Int, [String])] = [
            (.noCredentials, 401, [#"Bearer realm="orders""#]),
            (.invalidRequest, 400, [#"Bearer realm="orders", error="invalid_request""#]),
            (.invalidToken, 401, [#"Bearer realm="orders", error="invalid_token""#]),
            (
                .insufficientScope(["read:a", "b"]), 403,
                [#"Bearer realm="orders", error="insufficient_scope", scope="read:a b""#]
            ),
            (.insufficientScope([]), 403, [#"Bearer realm="orders", error="insufficient_scope""#]),
            (
                .insufficientAuthentication(contexts: ["urn:x", "gold"], maxAge: 5), 401,
                [
                    #"Bearer realm="orders", error="insufficient_user_authentication", acr_values="urn:x gold", max_age="5""#
                ]
            ),
            (.forbidden, 403, []), (.tooManyRequests(retryAfter: 7), 429, []), (.unavailable, 503, []),
            (.invalidProof, 401, [#"DPoP realm="orders", error="invalid_dpop_proof", algs="ES256 EdDSA""#]),
            (.nonceRequired("n"), 401, [#"DPoP realm="orders", error="use_dpop_nonce", algs="ES256 EdDSA""#]),
        ]
        for (answer, status, challenge) in expected {
            let response = space.response(to: Refusal(answer, "r"))
            #expect(response.status.code == status && answer.status.code == status)
            #expect(response.fields[values: .wwwAuthenticate] == challenge)
            #expect(response.fields[.cacheControl] == "no-store")
            #expect(response.fields[.contentType] == "application/problem+json")
        }
    }

    @Test func bodiesAreProblemDetailsThatNameNothing() throws {
        let answers: [Refusal.Answer] = [
            .noCredentials, .invalidRequest, .invalidToken, .insufficientScope(["secret"]), .forbidden, .unavailable,
            .insufficientAuthentication(contexts: ["secret"], maxAge: 1), .invalidProof, .nonceRequired("secret"),
            .tooManyRequests(retryAfter: 1),
        ]
        for answer in answers {
            let response = space.response(to: Refusal(answer, "private_reason"))
            let body = try #require(
                JSONSerialization.jsonObject(with: Data(response.body.utf8)) as? [String: any Sendable])
            #expect(body["status"] as? Int == response.status.code)
            #expect(body["type"] as? String == "about:blank")
            #expect(body["title"] as? String == response.status.reasonPhrase)
            #expect(Set(body.keys).isSubset(of: ["type", "title", "status", "error", "detail"]))
            for word in ["private_reason", "secret", "FastVerify", "kid", "expired", "signature", "issuer"] {
                #expect(!response.body.contains(word))
            }
        }
    }

    @Test func everyBadTokenGetsTheSameBytes() {
        var answers: Set<RefusalResponse> = []
        var others: [VerificationError] = []
        for error in VerificationError.allCases {
            let refusal = Refusal(error)
            #expect("\(refusal.reason)" == error.name)
            if refusal.answer == .invalidToken {
                answers.insert(space.response(to: refusal))
            } else {
                others.append(error)
            }
        }
        #expect(answers.count == 1)
        #expect(others == [.insufficientScope, .insufficientRole, .revocationUnknown])
    }

    @Test func whatIsUndecidedIsUnavailable() {
        #expect(Refusal(.revocationUnknown).answer == .unavailable)
        #expect(Refusal(.insufficientRole).answer == .forbidden)
        #expect(Refusal(.insufficientScope).answer == .insufficientScope([]))
        for failure: VerifierPool.Failure in [.overloaded, .deadlineExceeded, .cancelled, .shutDown] {
            #expect(Refusal(failure).answer == .unavailable)
        }
        #expect(Refusal(VerifierPool.Failure.refused(.expired)) == Refusal(.expired))
    }

    @Test func severalSchemesAreOfferedAndTheUsedOneHasTheError() {
        let space = ProtectionSpace(realm: "r", schemes: [.dpop, .bearer], proofAlgorithms: [.es256])
        let (dpop, bearer) = (#"DPoP realm="r", algs="ES256""#, #"Bearer realm="r""#)
        #expect(challenges(.noCredentials, space) == [dpop, bearer])
        #expect(
            challenges(.invalidToken, space, presenting: .dpop)
                == [#"DPoP realm="r", error="invalid_token", algs="ES256""#, bearer])
        #expect(challenges(.invalidToken, space, presenting: .bearer) == [dpop, bearer + #", error="invalid_token""#])
        #expect(
            challenges(.insufficientScope(["a"]), space, presenting: .dpop)
                == [#"DPoP realm="r", error="insufficient_scope", scope="a", algs="ES256""#])
        #expect(challenges(.invalidRequest, ProtectionSpace(realm: "r", schemes: [.dpop])).count == 1)
    }

    @Test func fieldsOfTheAnswer() {
        #expect(space.response(to: Refusal(.tooManyRequests(retryAfter: 7), "r")).fields[.retryAfter] == "7")
        #expect(space.response(to: Refusal(.tooManyRequests(retryAfter: -7), "r")).fields[.retryAfter] == "0")
        #expect(space.response(to: Refusal(.unavailable, "r")).fields[.retryAfter] == "1")
        #expect(space.response(to: Refusal(.nonceRequired("abc"), "r")).fields[.dpopNonce] == "abc")
        #expect(space.response(to: Refusal(.invalidToken, "r")).fields[.retryAfter] == nil)
    }

    @Test(arguments: [
        (#"a"b"#, #""a\"b""#), (#"a\b"#, #""a\\b""#), ("a\r\nSet-Cookie: x", #""a??Set-Cookie: x""#),
        ("\u{0}", #""?""#),
        ("é", #""?""#), ("", #""""#), ("\", error=\"x", #""\", error=\"x""#),
    ])
    func aRealmCannotLeaveItsQuotes(realm: String, quoted: String) {
        #expect(challenges(.noCredentials, ProtectionSpace(realm: realm)) == ["Bearer realm=\(quoted)"])
    }

    @Test func scopesThatAreNoneAreLeftOut() {
        let answer = Refusal.Answer.insufficientScope(["a", "b\"", "c\\", "d e", "", "\r\n", "é", "f"])
        #expect(challenges(answer, space) == [#"Bearer realm="orders", error="insufficient_scope", scope="a f""#])
    }

    @Test func challengesNameTheMetadata() {
        let space = ProtectionSpace(
            realm: "r", resourceMetadata: "https://a.example/.well-known/oauth-protected-resource")
        #expect(
            challenges(.noCredentials, space)
                == [#"Bearer realm="r", resource_metadata="https://a.example/.well-known/oauth-protected-resource""#])
    }
}
