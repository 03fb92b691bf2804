import CCrypto
import COpenSSL
import Foundation
import Testing

@Suite struct ThreadTests {
    /// Four threads, one prepared key, batches and single jobs, good and bad. More threads than slots come last.
    @Test(arguments: algorithms) func onePreparedKey(_ algorithm: fv_algorithm) throws {
        let signing = try SigningKey(algorithm)
        let key = try signing.publicKey()
        let inputs = (0..<8).map { Bytes("message \($0)".utf8) }
        let signatures = inputs.map { signing.sign(algorithm, $0) }
        for kernel in algorithm.kernels {
            let prepared = try Prepared(kernel, key)
            for threads in [4, 24] {
                let failures = Failures()
                DispatchQueue.concurrentPerform(iterations: threads) { thread in
                    for round in 0..<(threads == 4 ? 12 : 3) {
                        let start = (thread + round) % 8
                        let jobs = (0..<8).map { i in
                            Job(prepared, inputs[(start + i) % 8], signatures[(start + (i % 3 == 0 ? i : i + 1)) % 8])
                        }
                        let expected = (0..<8).map { $0 % 3 == 0 }
                        if verify(prepared.kernel, jobs) != expected { failures.count() }
                        if !prepared.verify(inputs[start], signatures[start]) { failures.count() }
                        if ERR_peek_error() != 0 { failures.count() }
                    }
                }
                #expect(failures.total == 0)
            }
        }
    }

    /// Row 53: whatever is refused, OpenSSL's queue of this thread is empty afterwards.
    @Test func errorQueueStaysClean() throws {
        func isClean(_ comment: Comment) { #expect(ERR_peek_error() == 0, comment) }
        ERR_clear_error()
        for algorithm in algorithms {
            let signing = try SigningKey(algorithm)
            let key = try signing.publicKey()
            isClean("\(algorithm.name) made")
            let signature = signing.sign(algorithm, [1])
            isClean("\(algorithm.name) signed")
            for kernel in algorithm.kernels {
                let prepared = try Prepared(kernel, key)
                isClean("\(algorithm.name) prepared")
                #expect(prepared.verify([1], signature))
                isClean("\(algorithm.name) accepted")
                for bad in (0..<signature.count * 8).map({ signature.flippingBit($0) }).striding(by: 37)
                    + [Bytes(repeating: 0, count: signature.count), Bytes(repeating: 0xff, count: signature.count), []]
                {
                    #expect(!prepared.verify([1], bad))
                    isClean("\(algorithm.name) refused")
                }
            }
            _ = signing.parameter(FV_PARAMETER_K)
            _ = signing.pem()
            isClean("\(algorithm.name) written")
        }
        let one = Bytes(repeating: 1, count: 32)
        _ = try? Key(FV_KEY_P256, x: one, y: one)
        isClean("point")
        _ = try? Key(rsa: Bytes(repeating: 0xff, count: 256), [3])
        isClean("modulus")
        for text in [
            "", "-----BEGIN PUBLIC KEY-----\n", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ] {
            _ = try? Key(pem: text)
            isClean("PEM")
            _ = try? SigningKey(pem: Bytes(text.utf8))
            isClean("private PEM")
        }
        _ = try? SigningKey(FV_KEY_P256, [FV_PARAMETER_D: Bytes(repeating: 0xff, count: 32)])
        isClean("private key")
    }
}

final class Failures: @unchecked Sendable {
    private let lock = NSLock()
    private(set) var total = 0
    func count() { lock.withLock { total += 1 } }
}

extension Array {
    func striding(by step: Int) -> [Element] { stride(from: 0, to: count, by: step).map { self[$0] } }
}
