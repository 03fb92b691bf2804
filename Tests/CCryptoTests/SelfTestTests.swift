// What tries kernels must notice those that lie.
import CCrypto
import Testing

@Suite struct SelfTestTests {
    @Test(arguments: algorithms) func honestKernelsPass(_ algorithm: fv_algorithm) {
        for kernel in algorithm.kernels {
            #expect(fv_self_test(kernel))
            #expect(fv_kernel_usable(kernel))
        }
        for row in algorithm.rows where !fv_kernel_supported(row) { #expect(!fv_kernel_usable(row)) }
    }

    /// Every algorithm that has a kernel of ours has a signature to try it with.
    @Test(arguments: algorithms) func everyOwnKernelIsTried(_ algorithm: fv_algorithm) {
        for kernel in algorithm.kernels where String(cString: kernel.pointee.backend) == "multibuffer" {
            #expect(!passes(kernel) { _, count, verdicts in verdicts?.update(repeating: 1, count: count) })
            #expect(!passes(kernel) { _, count, verdicts in verdicts?.update(repeating: 0, count: count) })
        }
    }

    /// Right verdicts but for one lane, in one direction; or only when alone; or of its neighbour.
    @Test func wrongInOneLane() {
        let kernel = FV_ES256.kernels[0]
        #expect(
            !passes(kernel) { jobs, count, verdicts in
                FV_ES256.kernels[0].pointee.verify(jobs, count, verdicts)
                if count > 5 { verdicts![5] = 1 }
            })
        #expect(
            !passes(kernel) { jobs, count, verdicts in
                FV_ES256.kernels[0].pointee.verify(jobs, count, verdicts)
                if count > 1 { verdicts![(count - 1) / 5 * 5] = 0 }
            })
        #expect(
            !passes(kernel) { jobs, count, verdicts in
                FV_ES256.kernels[0].pointee.verify(jobs, count, verdicts)
                if count == 1 { verdicts![0] = 1 }
            })
        #expect(
            !passes(kernel) { jobs, count, verdicts in
                FV_ES256.kernels[0].pointee.verify(jobs, count, verdicts)
                if count > 1 { verdicts![0] = verdicts![1] }
            })
        #expect(
            passes(kernel) { jobs, count, verdicts in FV_ES256.kernels[0].pointee.verify(jobs, count, verdicts) })
    }

    private func passes(
        _ kernel: UnsafePointer<fv_kernel>,
        verifying verify: @convention(c) (UnsafePointer<fv_job>?, Int, UnsafeMutablePointer<UInt8>?) -> Void
    ) -> Bool {
        var changed = kernel.pointee
        changed.verify = verify
        return withUnsafePointer(to: changed) { fv_self_test($0) }
    }
}
