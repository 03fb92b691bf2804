import FastVerify
import Testing

struct DigestTests {
    /// FIPS 180-4, the examples of one and of two blocks.
    @Test func published() {
        let abc = SHA256Digest(of: Array("abc".utf8))
        #expect(abc.bytes.prefix(4) == [0xba, 0x78, 0x16, 0xbf] && abc.bytes.suffix(2) == [0x15, 0xad])
        #expect(SHA256Digest(of: []).base64URL == "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")
        let two = SHA256Digest(of: Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
        #expect(two.bytes.prefix(4) == [0x24, 0x8d, 0x6a, 0x61])
    }

    @Test func oneSpelling() {
        let digest = SHA256Digest(of: [1])
        #expect(SHA256Digest(base64URL: digest.base64URL) == digest && SHA256Digest(bytes: digest.bytes) == digest)
        let text = digest.base64URL
        for other in [
            "", String(text.dropLast()), text + "A", text + "=", text.dropLast() + "_", " " + text.dropLast(),
        ] {
            #expect(SHA256Digest(base64URL: other) == nil, "\(other)")
        }
        #expect(
            SHA256Digest(bytes: Array(digest.bytes.dropLast())) == nil && SHA256Digest(bytes: digest.bytes + [0]) == nil
        )
        #expect(Set([digest, digest, SHA256Digest(of: [2])]).count == 2)
    }
}
