import CCrypto
import Testing

@Suite(.vectors("wycheproof")) struct WycheproofMacTests {
    @Test(arguments: [("hmac_sha256", FV_HS256), ("hmac_sha384", FV_HS384), ("hmac_sha512", FV_HS512)])
    func rows(_ file: String, _ algorithm: fv_algorithm) throws {
        let hash = Int(algorithm.info.hash_size)
        var accepted = 0
        var truncated = 0
        var short = 0
        for group in try Vectors.wycheproof(file).testGroups {
            for row in group.tests {
                let secret = hex(row.key!)
                guard secret.count >= hash else {
                    short += 1
                    // RFC 7518 §3.2: short for the hash of this algorithm, or for every hash.
                    #expect(throws: Refused(FV_KEY_SECRET_SHORT), "\(row.label)") {
                        try Prepared(algorithm.kernels[0], Key(secret: secret))
                    }
                    continue
                }
                let whole = group.tagSize! == hash * 8
                if !whole && row.isValid { truncated += 1 }
                for kernel in algorithm.kernels {
                    let prepared = try Prepared(kernel, Key(secret: secret))
                    let job = Job(prepared, row.input, row.signature)
                    let empty = Job(prepared, row.input, [])
                    let expected = whole && row.isValid
                    let verdicts = verify(kernel, [empty, job, job, empty, job])
                    #expect(verdicts == [false, expected, expected, false, expected], "\(row.label)")
                    if expected { accepted += 1 }
                }
            }
        }
        #expect(accepted > 0)
        #expect(truncated > 0, "rows with half a tag are in the file and were refused")
        #expect(short > 0)
    }
}
