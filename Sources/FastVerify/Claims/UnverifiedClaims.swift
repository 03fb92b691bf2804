/// Reads a JSON object that nobody has vouched for, under the rules that verified ones obey, and lends it to `body`.
/// For tools that show or compose tokens, and for an issuer's metadata; nothing that decides whether to trust a token may
/// use this.
package func withUnverifiedClaims<T>(
    _ json: [UInt8], maxMembers: Int = Verifier.Limits.standard.members, _ body: (borrowing ClaimSet) -> T
) throws(VerificationError) -> T {
    var arena = Arena()
    let copy = arena.allocate(max(json.count, 1))
    json.withUnsafeBytes { bytes in
        if let start = bytes.baseAddress { copy.copyMemory(from: start, byteCount: bytes.count) }
    }
    let scanner = JSONScanner(maxMembers: maxMembers)
    let text = UnsafeRawBufferPointer(start: copy, count: json.count)
    let object = try scanner.scan(text, into: &arena, malformed: .malformedPayload)
    return body(ClaimSet(object, ownedBy: object))
}
