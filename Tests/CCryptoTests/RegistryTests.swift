import CCrypto
import Foundation
import Testing

@Suite struct RegistryTests {
    @Test(arguments: algorithms) func everyAlgorithmHasRows(_ algorithm: fv_algorithm) throws {
        let rows = algorithm.rows
        #expect(!rows.isEmpty)
        #expect(!algorithm.kernels.isEmpty, "no processor may be without a kernel")
        #expect(Set(rows.map { String(cString: $0.pointee.name) }).count == rows.count, "names are unique")
        for row in rows {
            #expect(row.pointee.algorithm == algorithm)
            #expect(row.pointee.lanes >= 1)
            #expect(fv_kernel_named(algorithm, row.pointee.name) == row)
        }
        #expect(fv_kernel_named(algorithm, "openssl") != nil, "the outside oracle")
        #expect(fv_kernel_named(algorithm, "none") == nil)
        #expect(fv_kernel_named(algorithm, nil) == nil)
        let selected = try #require(fv_kernel_selected(algorithm))
        // A run with FASTVERIFY_KERNEL set tests that as well.
        let forced = ProcessInfo.processInfo.environment["FASTVERIFY_KERNEL"]
        let named = algorithm.kernels.first { String(cString: $0.pointee.name) == forced }
        #expect(selected == named ?? algorithm.kernels[0])
    }

    @Test func valuesOutsideTheEnumerationHaveNothing() {
        for raw: UInt32 in [FV_ALGORITHM_COUNT.rawValue, 255, .max] {
            let unknown = fv_algorithm(rawValue: raw)
            #expect(fv_algorithm_get(unknown) == nil)
            #expect(unknown.rows.isEmpty)
            #expect(fv_kernel_selected(unknown) == nil)
            #expect(fv_kernel_named(unknown, "openssl") == nil)
        }
    }

    @Test func sodiumRows() {
        let named = algorithms.filter { fv_kernel_named($0, "sodium") != nil }
        #expect(named == [FV_HS256, FV_HS512, FV_ED25519])
    }

    @Test(arguments: algorithms) func aKeyGoesOnlyWithItsAlgorithms(_ algorithm: fv_algorithm) throws {
        let key = try SigningKey(algorithm).publicKey()
        let mask = key.algorithms
        #expect(mask >> algorithm.rawValue & 1 == 1)
        for other in algorithms {
            let fits = mask >> other.rawValue & 1 == 1
            let sameType = other.info.key_type == algorithm.info.key_type
            for kernel in other.kernels {
                if fits {
                    #expect(try Prepared(kernel, key).ownKernel == kernel)
                } else {
                    let expected = sameType ? FV_KEY_SECRET_SHORT : FV_KEY_WRONG_ALGORITHM
                    #expect(throws: Refused(expected)) { try Prepared(kernel, key) }
                }
            }
        }
    }

    /// A job whose key was prepared for another kernel, or that has none, is refused and disturbs no neighbour.
    @Test func foreignKeysAreRefused() throws {
        for algorithm in algorithms {
            let signing = try SigningKey(algorithm)
            let key = try signing.publicKey()
            let signature = signing.sign(algorithm, [1, 2, 3])
            let foreignAlgorithm = algorithm == FV_ES256 ? FV_HS256 : FV_ES256
            let foreign = try Prepared(foreignAlgorithm.kernels[0], SigningKey(foreignAlgorithm).publicKey())
            for kernel in algorithm.kernels {
                let own = try Prepared(kernel, key)
                let jobs = [foreign, own, nil, foreign, own, own, nil].map { Job($0, [1, 2, 3], signature) }
                #expect(verify(kernel, jobs) == [false, true, false, false, true, true, false], "\(algorithm.name)")
                for other in algorithm.kernels where other != kernel {
                    #expect(verify(other, jobs).allSatisfy { !$0 })
                }
            }
            #expect(verify(algorithm.kernels[0], []).isEmpty)
        }
    }

    /// Also where the other kernel is the same code with another hash, and the signature would be right.
    @Test(arguments: algorithms) func anotherAlgorithmDoesNotBorrowTheKey(_ algorithm: fv_algorithm) throws {
        let signing = try SigningKey(algorithm)
        let key = try signing.publicKey()
        let signature = signing.sign(algorithm, [1])
        for kernel in algorithm.kernels {
            let own = try Prepared(kernel, key)
            for other in algorithms.flatMap(\.kernels) {
                #expect(verify(other, [Job(own, [1], signature)]) == [other == kernel])
            }
        }
    }

    @Test func everyStatusHasAText() {
        let texts = (0...FV_KEY_MEMORY.rawValue).map { Refused(fv_key_status(rawValue: $0)).description }
        #expect(Set(texts).count == texts.count)
        #expect(!texts.contains("Unknown status."))
    }

    @Test func freeingNothingIsFine() {
        fv_key_free(nil)
        fv_prepared_key_free(nil)
        fv_signing_key_free(nil)
    }

    @Test func digestAndVersions() {
        var out = Bytes(repeating: 0, count: 32)
        fv_sha256(Bytes("abc".utf8), 3, &out)
        #expect(out == hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
        fv_sha256(nil, 0, &out)
        #expect(out == hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
        #expect(String(cString: fv_openssl_version()).hasPrefix("OpenSSL "))
        #expect(String(cString: fv_sodium_version()).contains("."))
    }
}
