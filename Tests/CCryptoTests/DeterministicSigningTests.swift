import CCrypto
import Testing

/// RFC 6979, and what else must sign the same input alike. Tests/Interop compares random keys and messages of all four curves with
/// another implementation.
@Suite struct DeterministicSigningTests {
    private static let p256 = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
    private static let p384 =
        "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5"
    private static let p521 =
        "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d16fcc1466f6d8fbec67db89ec0c08b0e996b83538"

    /// RFC 6979 §A.2.5, §A.2.6, §A.2.7, with the hash that JWA gives each curve.
    @Test(arguments: [
        (
            FV_ES256, p256, "sample", "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
            "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
        ),
        (
            FV_ES256, p256, "test", "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
            "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"
        ),
        (
            FV_ES384, p384, "sample",
            "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46",
            "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8"
        ),
        (
            FV_ES384, p384, "test",
            "8203b63d3c853e8d77227fb377bcf7b7b772e97892a80f36ab775d509d7a5feb0542a7f0812998da8f1dd3ca3cf023db",
            "ddd0760448d42d8a43af45af836fce4de8be06b485e9b61b827c2f13173923e06a739f040649a667bf3b828246baa5a5"
        ),
        (
            FV_ES512, p521, "sample",
            "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add152b534931d7d4e8455cc91f9b15bf05ec36e377fa",
            "00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a"
        ),
        (
            FV_ES512, p521, "test",
            "013e99020abf5cee7525d16b69b229652ab6bdf2affcaef38773b4b7d08725f10cdb93482fdcc54edcee91eca4166b2a7c6265ef0ce2bd7051b7cef945babd47ee6d",
            "01fbd0013c674aa79cb39849527916ce301c66ea7ce8b80682786ad60f98f7e78a19ca69eff5c57400e3b3a0ad66ce0978214d13baf4e9ac60752f7b155e2de4dce3"
        ),
    ]) func publishedSignatures(
        _ algorithm: fv_algorithm, _ d: String, _ message: String, _ r: String, _ s: String
    ) throws {
        let key = try SigningKey(algorithm.info.key_type, [FV_PARAMETER_D: hex(d)])
        #expect(key.sign(algorithm, Bytes(message.utf8)) == hex(r) + hex(s))
    }

    @Test(arguments: algorithms) func sameInputSameSignature(_ algorithm: fv_algorithm) throws {
        let key = try SigningKey(algorithm)
        let first = key.sign(algorithm, [1, 2, 3])
        let isSalted = [FV_PS256, FV_PS384, FV_PS512].contains { $0 == algorithm }
        #expect((key.sign(algorithm, [1, 2, 3]) == first) != isSalted)
        #expect(key.sign(algorithm, [1, 2, 4]) != first)
    }
}
