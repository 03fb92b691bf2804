import CCrypto
import FastVerify
import Testing

@testable import Bench

/// Kernels with a fault, made from OpenSSL's HS256 row.
@Suite struct LaneCheckTests {
    private static func verdict(
        _ verify: @convention(c) (UnsafePointer<fv_job>?, Int, UnsafeMutablePointer<UInt8>?) -> Void
    ) throws -> Bool? {
        let row = UnsafeMutablePointer<fv_kernel>.allocate(capacity: 1)
        defer { row.deallocate() }
        row.initialize(to: fv_kernel_named(FV_HS256, "openssl").pointee)
        row.pointee.verify = verify
        let signer = try SigningKey(secret: [UInt8](repeating: 7, count: 32), algorithm: .hs256)
        let check = try LaneCheck(Kernel(row))
        let key = try KernelKey(KeyMaterial(signer.verificationKey), for: row)
        return check.verdict(key, [1, 2, 3], try #require(signer.sign([1, 2, 3])))
    }

    @Test func aSoundKernelPasses() throws {
        #expect(try Self.verdict { fv_kernel_named(FV_HS256, "openssl").pointee.verify($0, $1, $2) } == true)
    }

    @Test func aLaneThatAcceptsEverythingIsFound() throws {
        let verdict = try Self.verdict {
            fv_kernel_named(FV_HS256, "openssl").pointee.verify($0, $1, $2)
            $2![5] = 1
        }
        #expect(verdict == nil)
    }

    @Test func aLaneThatRefusesEverythingIsFound() throws {
        let verdict = try Self.verdict {
            fv_kernel_named(FV_HS256, "openssl").pointee.verify($0, $1, $2)
            $2![7] = 0
        }
        #expect(verdict == nil)
    }

    @Test func aForgottenVerdictIsFound() throws {
        #expect(try Self.verdict { fv_kernel_named(FV_HS256, "openssl").pointee.verify($0, $1 - 1, $2) } == nil)
    }
}
