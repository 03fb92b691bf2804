import FastVerifyAccess
import Testing

struct RefusalTests {
    @Test func twoReasonsAreTwoRefusalsWithOneAnswer() {
        let (expired, forged) = (Refusal(.invalidToken, "expired"), Refusal(.invalidToken, "bad_signature"))
        #expect(expired != forged && expired.answer == forged.answer)
        #expect("\(expired.reason)" == "expired")
    }
}
