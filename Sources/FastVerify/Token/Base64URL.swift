internal import CScan

/// Strict base64url without padding (RFC 4648 §5, RFC 7515 §2), the Swift face of CScan.
package enum Base64URL {
    /// Bytes that many characters decode to; `nil` where no text has that length.
    @inline(__always)
    package static func decodedSize(_ count: Int) -> Int? {
        let size = fvs_base64url_decoded_size(count)
        return size < 0 ? nil : size  // SIZE_MAX
    }

    /// Decodes into `out`, which has room for `decodedSize` bytes. False for anything but canonical text.
    @inline(__always)
    package static func decode(_ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer) -> Bool {
        fvs_base64url_decode(
            text.baseAddress?.assumingMemoryBound(to: UInt8.self), text.count,
            out.assumingMemoryBound(to: UInt8.self))
    }

    /// The decoded bytes, or `nil`.
    package static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let size = decodedSize(text.count) else { return nil }
        var valid = size == 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            if let out = buffer.baseAddress { valid = decode(text, into: out) }
            count = valid ? size : 0
        }
        return valid ? bytes : nil
    }

    package static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { decode(UnsafeRawBufferPointer($0)) }
    }

    package static func encode(_ bytes: [UInt8]) -> String {
        bytes.withUnsafeBufferPointer { source in
            String(unsafeUninitializedCapacity: fvs_base64url_encoded_size(source.count)) { buffer in
                fvs_base64url_encode(
                    source.baseAddress, source.count, buffer.baseAddress)
                return fvs_base64url_encoded_size(source.count)
            }
        }
    }

    package static func encodedSize(_ count: Int) -> Int { fvs_base64url_encoded_size(count) }

    /// Encodes into memory of the caller's, which has room; the size.
    package static func encode(_ bytes: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) -> Int {
        let size = fvs_base64url_encoded_size(bytes.count)
        precondition(size <= out.count)
        fvs_base64url_encode(
            bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count,
            out.baseAddress?.assumingMemoryBound(to: UInt8.self))
        return size
    }
}
