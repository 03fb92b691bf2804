import FastVerify

/// Kinds of hostile tokens, by the rows of the attack catalogue that a verifier with keys can meet.
enum HostileKind: String, CaseIterable {
    case algNone, algUnknown, algForeign, algOfAnotherKey, hmacUnderPublicKey, unknownKid, kidOfAnotherIssuer
    case criticalHeader, unencodedPayload, wrongType, headerTwice, headerNoObject
    case badSignature, zeroSignature, shortSignature, noSignature, signatureNotBase64
    case payloadNoObject, payloadTwice, payloadDeep, payloadNotBase64
    case dots, twoParts, tooLarge, padded, empty
    case foreignIssuer, otherAudience, expirationText, noExpiration, longExpired

    /// A sound token, to be spoilt.
    struct Draft {
        let header: String
        let payload: String
        let key: IssuerKey
        /// A key of another issuer.
        let stranger: IssuerKey

        var signed: String { Compact.sign(header, payload, key.signing) }
        var parts: [Substring] { signed.split(separator: ".") }

        func header(_ part: String, _ replacement: String) -> String {
            Compact.sign(header.replacing(part, with: replacement), payload, key.signing)
        }

        func payload(_ part: String, _ replacement: String) -> String {
            Compact.sign(header, payload.replacing(part, with: replacement), key.signing)
        }

        func signature(_ text: (Substring) -> String) -> String {
            let parts = parts
            return "\(parts[0]).\(parts[1]).\(text(parts[2]))"
        }
    }

    var defect: Defect { Defect(error: error, needsKey: needsKey, name: rawValue) }

    private var needsKey: Bool {
        switch self {
        case .algOfAnotherKey, .hmacUnderPublicKey, .badSignature, .zeroSignature, .shortSignature, .noSignature,
            .signatureNotBase64, .otherAudience, .expirationText, .noExpiration, .longExpired:
            true
        default: false
        }
    }

    private var error: VerificationError {
        switch self {
        case .algNone, .algUnknown: .unsupportedAlgorithm
        case .algForeign: .algorithmNotAllowed
        case .algOfAnotherKey, .hmacUnderPublicKey: .keyMismatch
        case .unknownKid, .kidOfAnotherIssuer: .keyNotFound
        case .criticalHeader: .criticalHeader
        case .unencodedPayload: .unsupportedHeader
        case .wrongType: .wrongType
        case .headerTwice, .payloadTwice: .duplicateMember
        case .headerNoObject: .malformedHeader
        case .badSignature, .zeroSignature: .badSignature
        case .shortSignature, .noSignature: .signatureLength
        case .signatureNotBase64, .payloadNotBase64, .padded: .invalidEncoding
        case .payloadNoObject: .malformedPayload
        case .payloadDeep: .tooComplex
        case .dots, .twoParts, .empty: .notCompact
        case .tooLarge: .tokenTooLarge
        case .foreignIssuer: .untrustedIssuer
        case .otherAudience: .wrongAudience
        case .expirationText: .invalidClaim
        case .noExpiration: .missingClaim
        case .longExpired: .expired
        }
    }

    func text(_ draft: Draft) -> String {
        let algorithm = draft.key.signing.algorithm
        let other: Algorithm = algorithm == .hs256 ? .es256 : .hs256
        switch self {
        case .algNone: return draft.header(algorithm.name, "none")
        case .algUnknown: return draft.header(algorithm.name, "HS257")
        case .algForeign: return draft.header(algorithm.name, "ES512")
        case .algOfAnotherKey: return draft.header("\"\(algorithm.name)\"", "\"\(other.name)\"")
        case .hmacUnderPublicKey:
            // The text of the public key as a secret; of a secret, another algorithm's name.
            guard let key = try? SigningKey(secret: Array(draft.key.signing.publicJWK.utf8), algorithm: .hs256),
                algorithm != .hs256
            else { return draft.header("\"\(algorithm.name)\"", "\"\(other.name)\"") }
            return Compact.sign(
                draft.header.replacing("\"\(algorithm.name)\"", with: "\"HS256\""), draft.payload, key)
        case .unknownKid: return draft.header(draft.key.id, "../../\(draft.key.id)")
        case .kidOfAnotherIssuer:
            let header = #"{"alg":"\#(draft.stranger.signing.algorithm.name)","kid":"\#(draft.stranger.id)"}"#
            return Compact.sign(header, draft.payload, draft.stranger.signing)
        case .criticalHeader: return draft.header("{", #"{"crit":["exp"],"exp":1,"#)
        case .unencodedPayload: return draft.header("{", #"{"b64":false,"#)
        case .wrongType: return draft.header("JWT", "logout+jwt")
        case .headerTwice: return draft.header("{", #"{"\u0061lg":"none","#)
        case .headerNoObject: return draft.header("{", "[{")
        case .badSignature:
            let forged = draft.payload.replacing("\"sub\":\"", with: "\"sub\":\"root-")
            return draft.signature { $0.description }.replacing(
                Compact.encode(draft.payload), with: Compact.encode(forged))
        case .zeroSignature: return draft.signature { String(repeating: "A", count: $0.count) }
        case .shortSignature: return draft.signature { String($0.prefix($0.count / 4 / 2 * 4)) }
        case .noSignature: return draft.signature { _ in "" }
        case .signatureNotBase64: return draft.signature { "!" + $0.dropFirst() }
        case .payloadNoObject: return Compact.sign(draft.header, "[\(draft.payload)]", draft.key.signing)
        case .payloadTwice: return draft.payload("{\"iss\"", "{\"sub\":\"root\",\"iss\"")
        case .payloadDeep: return draft.payload("{\"iss\"", "{\"a\":" + String(repeating: "[", count: 4000))
        case .payloadNotBase64: return draft.signed.replacing(".", with: ".+", maxReplacements: 1)
        case .dots: return draft.signed + String(repeating: ".", count: 2000)
        case .twoParts: return draft.parts.prefix(2).joined(separator: ".")
        case .tooLarge: return draft.payload("{", "{\"a\":\"" + String(repeating: "x", count: 64 << 10) + "\",")
        case .padded: return draft.signed.replacing(".", with: "=.", maxReplacements: 1)
        case .empty: return ""
        case .foreignIssuer: return draft.payload("https://issuer-", "https://issuer-9")
        case .otherAudience: return draft.payload("\"\(World.audience)\"", "[\"others\"]")
        case .expirationText: return draft.payload("\"exp\":", "\"exp\":\"1\",\"e\":")
        case .noExpiration: return draft.payload("\"exp\":", "\"e\":")
        case .longExpired: return draft.payload("\"exp\":", "\"exp\":1,\"e\":")
        }
    }
}
