// Row 52 for the hashes and the MACs: inputs and outputs between pages nobody may touch.
import CCrypto
import CCrypto.SHA2
import Foundation
import Testing

/// Readable pages between two that are not.
private final class GuardedPages {
    private let mapping: UnsafeMutableRawPointer
    private let page = sysconf(Int32(_SC_PAGESIZE))

    init() {
        mapping = mmap(nil, page * 3, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        precondition(mapping != MAP_FAILED && mprotect(mapping + page, page, PROT_READ | PROT_WRITE) == 0)
    }
    deinit { munmap(mapping, page * 3) }

    /// The octets right after the first forbidden page, or right before the second.
    func place(_ bytes: Bytes, atEnd: Bool) -> UnsafeMutablePointer<UInt8> {
        let start = (mapping + page).assumingMemoryBound(to: UInt8.self)
        let place = atEnd ? start + page - bytes.count : start
        place.update(from: bytes, count: bytes.count)
        return place
    }
}

@Suite struct ShaGuardPageTests {
    private static let text = {
        var random = Random("guard pages")
        return random.bytes(700)
    }()

    /// Each of three segments at each edge, as one message and in every lane.
    @Test(arguments: Sha.all) func segments(_ sha: Sha) {
        let pages = (0..<3).map { _ in GuardedPages() }
        let out = GuardedPages()
        for length in 0...300 {
            for atEnd in [false, true] {
                let cut = length % 70
                let parts = [Self.text[..<length], Self.text[length..<(length + cut)], Self.text[600...]].map(
                    Bytes.init)
                let expected = sha.expected(parts.flatMap { $0 })
                let placed = zip(pages, parts).map { page, part in
                    fv_sha_segment(bytes: page.place(part, atEnd: atEnd), count: part.count)
                }
                for count in [1, 2, 40] where count < 40 || length % 8 == 5 {
                    let digests = out.place(Bytes(repeating: 0, count: count * sha.size), atEnd: atEnd)
                    let messages = (0..<count).map { i in
                        var message = fv_sha_message()
                        message.segments = (placed[0], placed[1], placed[2])
                        message.digest = digests + i * sha.size
                        return message
                    }
                    sha.row.batch(sha.size, messages, count)
                    for i in 0..<count {
                        #expect(expected == (0..<sha.size).map { digests[i * sha.size + $0] }, "length \(length)")
                    }
                }
            }
        }
    }

    /// Inputs, signatures, jobs and verdicts of all kernels of the three MACs.
    @Test(arguments: [FV_HS256, FV_HS384, FV_HS512]) func macs(_ algorithm: fv_algorithm) throws {
        let signing = try SigningKey(algorithm)
        let key = try signing.publicKey()
        let input = GuardedPages()
        let signature = GuardedPages()
        let verdict = GuardedPages()
        for kernel in algorithm.kernels {
            let prepared = try Prepared(kernel, key)
            for length in 0...300 {
                let bytes = Bytes(Self.text[..<length])
                let tag = signing.sign(algorithm, bytes)
                for atEnd in [false, true] {
                    for size in [tag.count, tag.count - 1, length % tag.count] {
                        let count = length % 3 == 0 ? 40 : 1
                        let verdicts = verdict.place(Bytes(repeating: 2, count: count), atEnd: atEnd)
                        let job = prepared.job(
                            input.place(bytes, atEnd: atEnd), length,
                            signature.place(Bytes(tag[..<size]), atEnd: atEnd), size)
                        fv_verify(kernel, [fv_job](repeating: job, count: count), count, verdicts)
                        #expect((0..<count).allSatisfy { verdicts[$0] == (size == tag.count ? 1 : 0) })
                    }
                }
            }
        }
    }
}
