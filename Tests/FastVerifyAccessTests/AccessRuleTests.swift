import FastVerify
import FastVerifyAccess
import HTTPTypes
import Testing

struct AccessRuleTests {
    private func refusal(_ rule: AccessRule, _ claims: String) -> Refusal? { AccessFixture.refusal(rule, claims) }

    @Test(arguments: [
        #"{"scope":"a b"}"#, #"{"scp":["b","a"]}"#, #"{"scp":"b a"}"#, #"{"scope":"a","scp":["b"]}"#,
        #"{"scope":"\u0061 b"}"#, #"{"scope":["a","b"]}"#,
    ])
    func scopesAreWordsOfScopeAndScp(claims: String) {
        #expect(refusal(.scopes("a", "b"), claims) == nil)
        #expect(refusal(.anyScope("z", "b"), claims) == nil)
        #expect(refusal(.scopes("a", "c"), claims)?.answer == .insufficientScope(["a", "c"]))
        #expect(refusal(.anyScope("y", "z"), claims)?.answer == .insufficientScope(["y"]))
    }

    @Test(arguments: [
        "{}", #"{"scope":"ab"}"#, #"{"scope":"A"}"#, #"{"scope":null}"#, #"{"scope":1}"#, #"{"scope":{"a":"a"}}"#,
        #"{"scope":""}"#, #"{"scope":"a\u0000"}"#, #"{"scp":[["a"]]}"#, #"{"scope":"b\ta"}"#, #"{"Scope":"a"}"#,
    ])
    func nearlyAScopeIsNone(claims: String) {
        #expect(refusal(.scopes("a"), claims)?.answer == .insufficientScope(["a"]))
        #expect(refusal(.anyScope("a"), claims)?.answer == .insufficientScope(["a"]))
    }

    @Test func rolesAndPermissionsAreAllOrAny() {
        let claims = #"{"roles":["reader","writer"],"permissions":"orders:read"}"#
        #expect(refusal(.roles("reader", "writer"), claims) == nil)
        #expect(refusal(.roles("reader", "admin"), claims) == Refusal(.forbidden, "insufficient_role"))
        #expect(refusal(.anyRole("admin", "writer"), claims) == nil)
        #expect(refusal(.anyRole("admin", "Reader"), claims)?.answer == .forbidden)
        #expect(refusal(.permissions("orders:read"), claims) == nil)
        #expect(refusal(.permissions("orders"), claims)?.reason == "insufficient_permission")
        #expect(refusal(.anyPermission("x", "orders:read"), claims) == nil)
        for absent in ["{}", #"{"roles":{"admin":true}}"#, #"{"roles":null}"#, #"{"roles":[["admin"]]}"#] {
            #expect(refusal(.roles("admin"), absent)?.answer == .forbidden)
            #expect(refusal(.anyRole("admin"), absent)?.answer == .forbidden)
        }
    }

    @Test func rolesStandWhereTheNamesOrTheRuleSay() {
        let claims = #"{"realm_access":{"roles":["admin"]},"resource_access":{"orders":{"roles":["clerk"]}}}"#
        let names = ClaimNames(roles: ["realm_access", "roles"])
        #expect(AccessFixture.refusal(.roles("admin"), claims, names: names) == nil)
        #expect(AccessFixture.refusal(.roles("clerk"), claims, names: names) != nil)
        #expect(refusal(.roles("clerk", at: ["resource_access", "orders", "roles"]), claims) == nil)
        #expect(refusal(.roles("admin"), claims) != nil)
        #expect(refusal(.roles("admin", at: []), claims) != nil)
        #expect(refusal(.roles("admin", at: ["realm_access", "roles", "admin"]), claims) != nil)
    }

    @Test func emptyListsMeanAllAndNone() {
        for rule: AccessRule in [.scopes(), .roles(), .permissions(), .all(), .authenticated] {
            #expect(refusal(rule, "{}") == nil)
        }
        for rule: AccessRule in [.anyScope(), .anyRole(), .anyPermission(), .any()] {
            #expect(refusal(rule, #"{"scope":"a","roles":["a"],"permissions":["a"]}"#) != nil)
        }
    }

    @Test func claimsAreTested() {
        let claims = #"{"dept":"sales","level":7,"on":true,"amr":["pwd","mfa"],"nil":null,"in":{"ner":"x"},"half":7.5}"#
        let passing: [(String, ClaimTest)] = [
            ("dept", .equal("sales")), ("dept", .oneOf(["it", "sales"])), ("dept", .present), ("level", .number(7)),
            ("level", .atLeast(7)), ("level", .atMost(7)), ("on", .boolean(true)), ("amr", .containing("mfa")),
        ]
        for (name, test) in passing { #expect(refusal(.claim(name, is: test), claims) == nil, "\(name) \(test)") }
        let failing: [(String, ClaimTest)] = [
            ("dept", .equal("Sales")), ("dept", .oneOf([])), ("none", .present), ("nil", .present),
            ("level", .number(8)), ("level", .atLeast(8)), ("level", .atMost(6)), ("level", .equal("7")),
            ("on", .boolean(false)), ("amr", .containing("otp")), ("amr", .equal("mfa")), ("half", .atLeast(1)),
            ("dept", .number(0)), ("none", .atMost(0)),
        ]
        for (name, test) in failing {
            #expect(refusal(.claim(name, is: test), claims)?.answer == .forbidden, "\(name) \(test)")
        }
        #expect(refusal(.claim("in", "ner", is: .equal("x")), claims) == nil)
    }

    @Test func predicatesSeeTheClaims() {
        let rule = AccessRule.satisfying("not_even") { ($0["level"]?.integer ?? 1) % 2 == 0 }
        #expect(refusal(rule, #"{"level":2}"#) == nil)
        #expect(refusal(rule, #"{"level":3}"#) == Refusal(.forbidden, "not_even"))
    }

    @Test func allNamesTheScopesTogetherAndStopsAtTheFirst() {
        let rule = AccessRule.all(.scopes("a"), .roles("r"), .scopes("b", "a"))
        #expect(refusal(rule, #"{"roles":["r"]}"#)?.answer == .insufficientScope(["a", "b"]))
        #expect(refusal(rule, #"{"roles":["r"],"scope":"a"}"#)?.answer == .insufficientScope(["b", "a"]))
        #expect(refusal(rule, #"{"scope":"a"}"#)?.answer == .forbidden)
        #expect(refusal(rule, #"{"scope":"a b","roles":["r"]}"#) == nil)
        #expect(rule.requiredScopes == ["a", "b"])
    }

    @Test func anyPassesWithOneAndPrefersAnAnswerThatHelps() {
        let rule = AccessRule.any(.roles("admin"), .scopes("a"), .stepUp(contexts: ["gold"]))
        #expect(refusal(rule, #"{"roles":["admin"]}"#) == nil && refusal(rule, #"{"acr":"gold"}"#) == nil)
        #expect(refusal(rule, "{}")?.answer == .insufficientScope(["a"]))
        #expect(refusal(.any(.roles("x"), .permissions("y")), "{}")?.reason == "insufficient_role")
    }

    @Test func rulesNest() {
        let rule = AccessRule.all(
            .any(.roles("admin"), .all(.scopes("a"), .roles("clerk"))), .claim("on", is: .boolean(true)))
        #expect(refusal(rule, #"{"roles":"admin","on":true}"#) == nil)
        #expect(refusal(rule, #"{"roles":"clerk","scope":"a","on":true}"#) == nil)
        #expect(refusal(rule, #"{"roles":"clerk","on":true}"#)?.answer == .insufficientScope(["a"]))
        #expect(refusal(rule, #"{"roles":"admin","on":false}"#)?.answer == .forbidden)
    }

    @Test func rulesAnswerTheSameForViewsInABatch() {
        var batch = VerificationBatch()
        let texts = [#"{"scope":"a"}"#, #"{"scope":"b"}"#]
        AccessFixture.verifier.verify(
            batch: texts.map { AccessFixture.key.token(payload: Array($0.utf8))! }, into: &batch)
        var verdicts: [Bool] = []
        for position in 0..<batch.count {
            guard let claims = batch.claims(at: position) else { continue }
            let refusal: Refusal?
            do throws(Refusal) {
                try AccessRule.scopes("a").check(claims, AccessRequest(now: 0))
                refusal = nil
            } catch { refusal = error }
            verdicts.append(refusal == nil)
        }
        #expect(verdicts == [true, false])
    }
}
