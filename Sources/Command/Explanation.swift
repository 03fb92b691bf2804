import FastVerify

extension VerificationError {
    /// What the error means, for whoever holds the token in hand.
    var explanation: String {
        switch self {
        case .tokenTooLarge: "it is longer than the limit"
        case .notCompact: "it is not three segments with two dots between them"
        case .invalidEncoding: "a segment is not strict base64url"
        case .malformedHeader: "the header is not a JSON object, or a parameter has the wrong type"
        case .unsupportedAlgorithm: "alg is missing, none, or unknown here"
        case .algorithmNotAllowed: "alg is not among the algorithms to trust"
        case .criticalHeader: "crit demands an extension that is not understood"
        case .unsupportedHeader: "b64, zip or enc, or a nested token: not a plain JWT"
        case .wrongType: "typ is not one that is accepted"
        case .malformedPayload: "the payload is not a JSON object"
        case .duplicateMember: "a name stands twice in one JSON object"
        case .tooComplex: "the JSON has too many members or is nested too deeply"
        case .untrustedIssuer: "iss is not an issuer to trust"
        case .keyNotFound: "no key goes by its kid"
        case .ambiguousKey: "several keys fit, and kid does not say which"
        case .keyMismatch: "the key is not for this algorithm"
        case .signatureLength: "the signature has a length that is not possible"
        case .badSignature: "the signature is not valid under the key"
        case .invalidClaim: "a registered claim has the wrong type or range"
        case .wrongAudience: "aud does not contain the audience"
        case .missingClaim: "a claim that must be present is absent"
        case .expired: "exp has passed"
        case .notYetValid: "nbf is still to come"
        case .issuedInFuture: "iat is still to come"
        case .tooOld: "iat is further back than allowed"
        case .insufficientScope: "a required scope is absent"
        case .insufficientRole: "a required role is absent"
        case .refusedByPolicy: "the policy refuses it"
        case .revoked: "it has been revoked"
        case .revocationUnknown: "whether it has been revoked is not known"
        }
    }
}
