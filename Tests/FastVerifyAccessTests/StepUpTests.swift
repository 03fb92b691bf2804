import FastVerifyAccess
import Testing

struct StepUpTests {
    private let now = AccessFixture.now

    private func refusal(_ rule: AccessRule, _ claims: String) -> Refusal? { AccessFixture.refusal(rule, claims) }

    @Test func theContextMustBeOneOfThese() {
        let rule = AccessRule.stepUp(contexts: ["silver", "gold"])
        #expect(refusal(rule, #"{"acr":"gold"}"#) == nil && refusal(rule, #"{"acr":"silver"}"#) == nil)
        for claims in ["{}", #"{"acr":"bronze"}"#, #"{"acr":["gold"]}"#, #"{"acr":"gold silver"}"#, #"{"acr":null}"#] {
            #expect(
                refusal(rule, claims)?.answer
                    == .insufficientAuthentication(contexts: ["silver", "gold"], maxAge: nil))
        }
    }

    @Test func theLoginMustBeRecent() {
        let rule = AccessRule.stepUp(maxAge: 300)
        for time in ["\(now)", "\(now - 300)", "\(now - 300).9", "\(Double(now))"] {
            #expect(refusal(rule, "{\"auth_time\":\(time)}") == nil, "\(time)")
        }
        for time in [
            "\(now - 301)", "\(now + 1)", "0", "-1", "\(Int64.min)", "\(Int64.max)", "1e400", "\"\(now)\"", "null",
            "true",
        ] {
            let refused = refusal(rule, "{\"auth_time\":\(time)}")
            #expect(refused?.answer == .insufficientAuthentication(contexts: [], maxAge: 300), "\(time)")
        }
        #expect(refusal(rule, "{\"iat\":\(now)}") != nil)
    }

    @Test func leewayGoesBothWaysAndNothingOverflows() {
        let rule = AccessRule.stepUp(maxAge: 300, leeway: 5)
        #expect(
            refusal(rule, "{\"auth_time\":\(now - 305)}") == nil && refusal(rule, "{\"auth_time\":\(now + 5)}") == nil)
        #expect(
            refusal(rule, "{\"auth_time\":\(now - 306)}") != nil && refusal(rule, "{\"auth_time\":\(now + 6)}") != nil)
        let limitless = AccessRule.stepUp(maxAge: .max, leeway: .max)
        #expect(refusal(limitless, "{\"auth_time\":0}") == nil)
        #expect(refusal(limitless, "{\"auth_time\":\(Int64.min)}") != nil)
        #expect(refusal(.stepUp(maxAge: -1), "{\"auth_time\":\(now - 1)}") != nil)
        #expect(refusal(.stepUp(maxAge: .min, leeway: .min), "{\"auth_time\":\(now)}") == nil)
    }

    @Test func bothAreAskedForTogether() {
        let rule = AccessRule.stepUp(contexts: ["gold"], maxAge: 60)
        let wanted = Refusal.Answer.insufficientAuthentication(contexts: ["gold"], maxAge: 60)
        #expect(refusal(rule, #"{"acr":"gold"}"#)?.answer == wanted)
        #expect(refusal(rule, "{\"auth_time\":\(now)}")?.answer == wanted)
        #expect(refusal(rule, "{\"auth_time\":\(now),\"acr\":\"gold\"}") == nil)
    }
}
