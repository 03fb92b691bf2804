import FastVerify
import FastVerifyAccess
import HTTPTypes

/// Tokens with any claims at all, and requests around them.
enum AccessFixture {
    static let now: Int64 = 1_800_000_000
    static let key = try! SigningKey(
        secret: Array("a secret of thirty-two bytes, so".utf8), keyID: "k", algorithm: .hs256)

    /// Trusts whatever the key has signed, so that tests are about rules.
    static let verifier: Verifier = {
        var policy = ClaimPolicy(issuer: .dangerouslyAny, audience: .dangerouslyAny, algorithms: [.hs256])
        policy.requiresExpiration = false
        let keys = KeySet([try! JWK(key.verificationKey, keyID: "k", algorithm: .hs256)])
        return Verifier(policy, keys: KeySource(keys), clock: .fixed(now))
    }()

    static func token(_ claims: String) -> VerifiedToken {
        try! verifier.verify(key.token(payload: Array(claims.utf8))!)
    }

    /// Why a rule refuses these claims; `nil` when it does not.
    static func refusal(
        _ rule: AccessRule, _ claims: String, _ request: AccessRequest = AccessRequest(now: now),
        names: ClaimNames = ClaimNames()
    ) -> Refusal? {
        do throws(Refusal) {
            try rule.check(token(claims), request, names: names)
            return nil
        } catch {
            return error
        }
    }

    static func request(
        _ method: HTTPRequest.Method = .get, path: String = "/", _ fields: [(HTTPField.Name, String)] = []
    ) -> HTTPRequest {
        var request = HTTPRequest(method: method, scheme: "https", authority: "api.example", path: path)
        for (name, value) in fields { request.headerFields.append(HTTPField(name: name, value: value)) }
        return request
    }
}
