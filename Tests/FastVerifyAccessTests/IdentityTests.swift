import FastVerify
import FastVerifyAccess
import Testing

struct IdentityTests {
    @Test func anIdentityHasWhatAccessTokensHave() {
        let token = AccessFixture.token(
            #"{"iss":"i","sub":"s","client_id":"c","scope":"a b","roles":["r"],"permissions":["p"],"exp":2000000000,"#
                + #""jti":"j","sid":"x","tenant":"t","cnf":{"jkt":"k","x5t#S256":"z"}}"#)
        #expect(
            AccessIdentity(claims: token.claims)
                == AccessIdentity(
                    issuer: "i", subject: "s", clientID: "c", tenant: "t", scopes: ["a", "b"], roles: ["r"],
                    permissions: ["p"], expiration: 2_000_000_000, tokenID: "j", sessionID: "x",
                    confirmation: KeyConfirmation(keyThumbprint: "k", certificateThumbprint: "z")))
        #expect(AccessIdentity(claims: AccessFixture.token("{}").claims) == AccessIdentity())
    }

    @Test func namesSayWhereThingsStand() {
        let token = AccessFixture.token(#"{"azp":"c","a":{"b":"r"},"org":"t","perms":["p",1]}"#)
        let names = ClaimNames(roles: ["a", "b"], permissions: ["perms"], tenant: ["org"])
        let identity = AccessIdentity(claims: token.claims, names: names)
        #expect(identity.roles == ["r"] && identity.permissions == ["p"] && identity.tenant == "t")
        #expect(identity.clientID == "c")
    }

    private struct User: TokenIdentity, Decodable, Equatable {
        let sub: String
        let level: Int
    }

    @Test func aDecodableTypeIsAnIdentityAndOneThatCannotBeMadeIsABadToken() throws {
        let names = ClaimNames()
        #expect(try User(claims: AccessFixture.token(#"{"sub":"s","level":3}"#).claims, names: names).level == 3)
        #expect(throws: Refusal(.invalidToken, "unusable_identity")) {
            try User(claims: AccessFixture.token(#"{"sub":"s"}"#).claims, names: names)
        }
    }

    @Test func pathsLeadThroughObjectsOnly() {
        let token = AccessFixture.token(#"{"a":{"b":{"c":"x"}},"l":[{"c":"x"}]}"#)
        #expect(token.claims[path: ["a", "b", "c"]]?.string == "x")
        #expect(token.claims[path: ["a", "b"]]?.kind == .object)
        for path in [[], ["a", "c"], ["a", "b", "c", "d"], ["l", "c"], ["b"]] {
            if token.claims[path: path] != nil { Issue.record("\(path) leads somewhere") }
        }
    }

    @Test func verifiersAnswerWithRefusals() async throws {
        let (verifier, good) = (AccessFixture.verifier, AccessFixture.key.token(payload: Array("{}".utf8))!)
        _ = try await verifier.verifiedToken(good)
        await #expect(throws: Refusal(.notCompact)) { try await verifier.verifiedToken("a") }
        let pool = VerifierPool(verifier, options: VerifierPool.Options(workers: 1, capacity: 8))
        _ = try await pool.verifiedToken(good)
        await #expect(throws: Refusal(.badSignature)) { try await pool.verifiedToken(good.dropLast(4) + "AAAA") }
        await pool.shutDown()
        await #expect(throws: Refusal(.unavailable, "shut_down")) { try await pool.verifiedToken(good) }
    }
}
