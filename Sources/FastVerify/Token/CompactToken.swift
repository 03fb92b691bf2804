#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

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
        guard let start = token.baseAddress, let first = Self.dot(in: token, from: 0),
            let second = Self.dot(in: token, from: first + 1)
        else { throw .notCompact }
        guard first > 0, Self.dot(in: token, from: second + 1) == nil else { throw .notCompact }
        header = UnsafeRawBufferPointer(start: start, count: first)
        payload = UnsafeRawBufferPointer(start: start + first + 1, count: second - first - 1)
        signature = UnsafeRawBufferPointer(start: start + second + 1, count: token.count - second - 1)
    }

    @inline(__always)
    private static func dot(in token: UnsafeRawBufferPointer, from offset: Int) -> Int? {
        guard let start = token.baseAddress,
            let found = memchr(start + offset, Int32(UInt8(ascii: ".")), token.count - offset)
        else { return nil }
        return UnsafeRawPointer(found) - start
    }
}
