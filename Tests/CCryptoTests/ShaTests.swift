// Every implementation of SHA-256, SHA-384 and SHA-512 against OpenSSL and libsodium.
import CCrypto
import CCrypto.SHA2
import Testing

@Suite struct ShaTests {
    private static let text = {
        var random = Random("sha text")
        return random.bytes(1 << 16)
    }()

    private func check(_ sha: Sha, _ messages: [ShaMessage], _ comment: @autoclosure () -> String) {
        let digests = sha.hash(messages)
        for (i, message) in messages.enumerated() where digests[i] != message.expected(sha) {
            Issue.record("\(sha.testDescription), \(comment()), message \(i) of \(messages.count) is wrong")
        }
    }

    /// FIPS 180-4's own example, independent of any library here.
    @Test(arguments: Sha.all) func abc(_ sha: Sha) {
        let known = [
            32: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            48: "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            64: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ]
        let abc = ShaMessage(Bytes("abc".utf8))
        #expect(sha.hash([ShaMessage](repeating: abc, count: 40)).allSatisfy { $0 == hex(known[sha.size]!) })
    }

    /// Alone, and together, so that the lanes come to their ends one after another.
    @Test(arguments: Sha.all) func everyLength(_ sha: Sha) {
        let lengths = Array(0...600) + [1023, 1024, 1025, 4095, 4096, 4097, 65535, 65536]
        let messages = lengths.map { ShaMessage(Bytes(Self.text[..<$0])) }
        for (length, message) in zip(lengths, messages) { check(sha, [message], "length \(length)") }
        check(sha, messages, "all lengths")
        check(sha, messages.reversed(), "all lengths, longest first")
    }

    @Test(arguments: Sha.all) func batches(_ sha: Sha) {
        var random = Random("sha batches")
        for count in Array(0...70) + [100, 129] {
            for longest in [1, 200, 900] {
                let messages = (0..<count).map { i in
                    let long = i % 29 == 3 && longest == 900 && count % 9 == 5
                    let length = i % 13 == 5 ? 0 : long ? 1 << 16 : random.below(longest)
                    let from = long ? 0 : random.below(1 << 12)
                    return ShaMessage(Bytes(Self.text[from..<(from + length)]))
                }
                check(sha, messages, "up to \(longest) octets")
            }
            let equal = (0..<count).map { ShaMessage(Bytes(Self.text[$0..<($0 + 3 * sha.block)])) }
            check(sha, equal, "equal lengths")
        }
    }

    /// Two cuts anywhere around the block boundaries, with an empty segment in each place.
    @Test(arguments: Sha.all) func segments(_ sha: Sha) {
        let around =
            [0, 1, 2].flatMap { boundary in (-2...2).map { boundary * sha.block + $0 } } + [sha.block - 9, 17]
        let lengths = around.map { $0 + sha.block } + [0, 1, sha.block - 17, 3 * sha.block]
        for length in lengths {
            let bytes = Bytes(Self.text[..<length])
            let cuts = (around + [length]).filter { (0...length).contains($0) }
            let messages = cuts.flatMap { first in
                cuts.filter { $0 >= first }.map { ShaMessage(bytes, cutAt: first, $0) }
            }
            check(sha, messages, "length \(length)")
        }
    }

    /// Every offset of one cut through two blocks, each alone and in company.
    @Test(arguments: Sha.all) func everyOffset(_ sha: Sha) {
        let bytes = Bytes(Self.text[..<(2 * sha.block + 5)])
        let messages = bytes.indices.map { ShaMessage(bytes, cutAt: $0, min($0 + 3, bytes.count)) }
        for message in messages { check(sha, [message], "one") }
        check(sha, messages, "all")
    }

    @Test(arguments: Sha.all) func midstates(_ sha: Sha) {
        var random = Random("sha midstates")
        var prefixes = [ShaPrefix(sha, block: random.bytes(sha.block)), ShaPrefix(sha, block: random.bytes(sha.block))]
        if sha.size != 48 {
            prefixes += [0, 1, sha.block, 5 * sha.block - 1].map { ShaPrefix(sha, padding: random.bytes($0)) }
        }
        for round in 0..<60 {
            let messages = (0..<(1 + round)).map { _ in
                var message = ShaMessage(random.bytes(random.below(3 * sha.block)))
                if random.below(4) != 0 { message.start = prefixes.randomElement(using: &random) }
                if random.below(2) != 0 { message.outer = prefixes.randomElement(using: &random) }
                return message
            }
            check(sha, messages, "round \(round)")
        }
    }

    /// The function others call chooses among these.
    @Test(arguments: [32, 48, 64]) func chosenForTheProcessor(_ size: Int) {
        let chosen = Sha(
            row: fv_sha_implementation(name: Sha.all[0].row.name, features: 0) { size, messages, count in
                (size == 32 ? fv_sha256_batch : size == 48 ? fv_sha384_batch : fv_sha512_batch)(messages, count)
            }, size: size)
        for count in [0, 1, 2, 3, 11, 12, 16, 17, 40] {
            check(chosen, (0..<count).map { ShaMessage(Bytes(Self.text[$0..<($0 * 20)])) }, "chosen")
        }
    }
}
