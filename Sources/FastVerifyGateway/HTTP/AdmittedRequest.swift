/// A request between its head and its answer.
struct AdmittedRequest {
    struct Tenant {
        let authority: String?
        let segment: String?
    }

    let connection: GateConnection
    let rules: GatewayRules
    /// -1: it belongs to none.
    var route = -1
    var policy = -1
    let reader: AnswerBook.Reader
    let hidesBody: Bool
    let bodySize: Int
    var tenant: Tenant?
    /// Where the policy asks for more than a token.
    var presented: PresentedRequest?
    /// For records, where there are any.
    var facts: DecisionRecord.Facts?
}
