internal import CScan

/// The three segments of a JWS in compact serialization (RFC 7515 §7.1): views into the caller's bytes.
package struct CompactToken {
    package let header: UnsafeRawBufferPointer
    package let payload: UnsafeRawBufferPointer
    package let signature: UnsafeRawBufferPointer

    /// What is signed: the header, a dot and the payload, as they stand in the token.
    package var signingInput: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: header.baseAddress, count: header.count + 1 + payload.count)
    }

    /// Splits at exactly two dots. Looks at no byte of a token longer than `limit`, and stops at a third dot, so that a
    /// million dots cost no more than two.
    package init(_ token: UnsafeRawBufferPointer, limit: Int) throws(VerificationError) {
        guard token.count <= limit else { throw .tokenTooLarge }
        var dots = (0, 0)
        guard let start = token.baseAddress, Self.split(token, at: &dots), dots.0 > 0 else { throw .notCompact }
        let (first, second) = dots
        header = UnsafeRawBufferPointer(start: start, count: first)
        payload = UnsafeRawBufferPointer(start: start + first + 1, count: second - first - 1)
        signature = UnsafeRawBufferPointer(start: start + second + 1, count: token.count - second - 1)
    }

    @inline(__always)
    private static func split(_ token: UnsafeRawBufferPointer, at dots: inout (Int, Int)) -> Bool {
        withUnsafeMutableBytes(of: &dots) {
            fvs_split(
                token.baseAddress?.assumingMemoryBound(to: UInt8.self), token.count,
                $0.baseAddress?.assumingMemoryBound(to: Int.self))
        }
    }
}
