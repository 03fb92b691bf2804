public import FastVerify

extension Refusal {
    /// What a verifier's error means for a request.
    ///
    /// All tokens that fail get one answer. Only what the RFCs let a client act upon differs: a scope that is absent, something a
    /// good token may not do, and doubt. A token whose revocation cannot be known is not known to be bad: `invalid_token` would
    /// send every client to the authorization server for another one, which would fare no better, so the answer is 503. It tells
    /// apart no tokens that 200 and 401 did not tell apart a minute earlier.
    public init(_ error: VerificationError) {
        let reason = StaticReason(error)
        switch error {
        case .insufficientScope: self.init(.insufficientScope([]), reason)
        case .insufficientRole: self.init(.forbidden, reason)
        case .revocationUnknown: self.init(.unavailable, reason)
        default: self.init(.invalidToken, reason)
        }
    }

    /// As above; what never came to a verdict is answered with 503.
    public init(_ failure: VerifierPool.Failure) {
        switch failure {
        case .refused(let error): self.init(error)
        case .overloaded: self.init(.unavailable, "overloaded")
        case .deadlineExceeded: self.init(.unavailable, "deadline_exceeded")
        case .cancelled: self.init(.unavailable, "cancelled")
        case .shutDown: self.init(.unavailable, "shut_down")
        }
    }
}
