internal import CCrypto

/// A key that a token carries in its own header (`jwk`, RFC 7515 §4.1.3), ready for the one algorithm that the header names.
///
/// Such a key says nothing about who holds it. It is for proofs of possession alone (RFC 7800, RFC 9449), where somebody
/// trusted has named the key's thumbprint; no token is ever verified under it.
final class PossessionKey: Sendable {
    /// The header as it stands in the token, in base64url.
    let header: [UInt8]
    /// RFC 7638.
    let thumbprint: SHA256Digest
    /// Keeps what the resolution points to.
    private let keys: KeySet
    nonisolated(unsafe) private let resolution: KeyResolution

    var signatureSize: Int { resolution.signatureSize }

    /// Imports and prepares the key, with all the checks that keys of a key set pass.
    init(
        _ jwk: JSONObject, thumbprint: SHA256Digest, header: UnsafeRawBufferPointer, algorithm: Algorithm, maxBits: Int
    ) throws(VerificationError) {
        self.header = Array(header)
        self.thumbprint = thumbprint
        do throws(KeyError) {
            let key = try JWK(jwk)
            guard key.key.bits <= maxBits, key.schemes & algorithm.schemes != 0 else { throw .unsupportedAlgorithm }
            keys = KeySet([try JWK(key.key, algorithm: algorithm)])
        } catch {
            throw .keyMismatch
        }
        resolution = try keys.find(kid: nil, algorithm: algorithm)
    }

    /// Whether the signature over `input` is valid under this key.
    func verifies(_ input: UnsafeRawBufferPointer, _ signature: UnsafeRawBufferPointer) -> Bool {
        var job = fv_job(
            key: resolution.prepared, input: input.baseAddress?.assumingMemoryBound(to: UInt8.self),
            input_count: input.count, signature: signature.baseAddress?.assumingMemoryBound(to: UInt8.self),
            signature_count: signature.count)
        var verdict: UInt8 = 0
        fv_verify(resolution.kernel, &job, 1, &verdict)
        return verdict == 1
    }
}

extension JSONObject {
    /// The thumbprint of this JWK (RFC 7638 §3), of its text alone: whether the key is one, the import says. `nil` where a
    /// required member is absent, no string, or spelled with escapes, and for a key that is not public.
    ///
    /// A shared secret has none here: possession of it cannot be shown to somebody who does not have it.
    var thumbprint: SHA256Digest? {
        let names: [MemberName]
        switch member(.kty)?.string {
        case "EC": names = [.crv, .kty, .x, .y]
        case "OKP": names = [.crv, .kty, .x]
        case "RSA": names = [.e, .kty, .n]
        default: return nil
        }
        var text: [UInt8] = []
        for name in names {
            guard let value = member(name), value.isString, !value.isEscaped else { return nil }
            text += (text.isEmpty ? "{\"" : ",\"").utf8
            text += name.spelling.utf8
            text += "\":\"".utf8
            text += UnsafeBufferPointer(start: value.bytes, count: value.count)
            text.append(UInt8(ascii: "\""))
        }
        text.append(UInt8(ascii: "}"))
        return SHA256Digest(of: text)
    }
}
