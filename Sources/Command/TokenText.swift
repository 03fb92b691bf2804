import FastVerify

/// The parts of a text that claims to be a token, as far as they can be made out. Nothing here is verified.
struct TokenText {
    /// One JSON segment.
    struct Segment {
        /// The decoded bytes; `nil` where the segment is missing or no base64url.
        let bytes: [UInt8]?
        /// The members; `nil` for anything the verifier would not accept.
        let members: JSONMembers?
        /// Why it would not.
        let error: VerificationError?

        fileprivate init(_ text: Substring?, malformed: VerificationError) {
            let decoded = text.flatMap { text in Array(text.utf8).withUnsafeBytes { Base64URL.decode($0) } }
            bytes = decoded
            guard let decoded else {
                members = nil
                error = text == nil ? .notCompact : .invalidEncoding
                return
            }
            do throws(VerificationError) {
                members = try JSONMembers(decoded)
                error = nil
            } catch {
                members = nil
                self.error = error == .malformedPayload ? malformed : error
            }
        }
    }

    /// The token without the white space and the `Bearer` around it.
    let text: String
    /// Whether the input began with the scheme of an Authorization header.
    let hadScheme: Bool
    let header: Segment
    let payload: Segment

    init(_ input: [UInt8]) {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }
        var bytes = input[...]
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        bytes = bytes.drop(while: isSpace)
        let scheme = Array("bearer ".utf8)
        hadScheme = bytes.prefix(scheme.count).elementsEqual(scheme) { $0 | 0x20 == $1 }
        if hadScheme { bytes = bytes.dropFirst(scheme.count).drop(while: isSpace) }
        text = String(decoding: bytes, as: UTF8.self)
        // A text of a million dots has no more than three parts of interest.
        let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        header = Segment(parts.first, malformed: .malformedHeader)
        payload = Segment(parts.count > 1 ? parts[1] : nil, malformed: .malformedPayload)
    }

    /// Why any verifier would refuse this text before it looks for a key; `nil` where it would not.
    var structuralError: VerificationError? {
        let limits = Verifier.Limits.standard
        let verifier = Verifier(signaturesOnly: .all, keys: KeySource(KeySet([])), limits: limits)
        do throws(VerificationError) {
            _ = try verifier.verify(text)
        } catch {
            if error != .keyNotFound { return error }
        }
        return payload.error
    }

    /// Why the times alone would have it refused, signature or not.
    func timeError(now: Int64) -> VerificationError? {
        guard let claims = payload.members else { return nil }
        for name in ["exp", "nbf", "iat"] where claims[name] != nil && claims.seconds(name) == nil {
            return .invalidClaim
        }
        if let expiration = claims.seconds("exp"), expiration <= now { return .expired }
        if let start = claims.seconds("nbf"), start > now { return .notYetValid }
        if let issued = claims.seconds("iat"), issued > now { return .issuedInFuture }
        return nil
    }
}
