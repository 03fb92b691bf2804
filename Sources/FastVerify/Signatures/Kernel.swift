internal import CCPU
package import CCrypto

/// One row of the registry: an algorithm, the backend that computes it, the instruction set it needs.
///
/// A view of static data; free to copy and share.
public struct Kernel: Sendable, Hashable {
    nonisolated(unsafe) package let row: UnsafePointer<fv_kernel>

    package init(_ row: UnsafePointer<fv_kernel>) { self.row = row }

    /// Unique within the algorithm, e.g. `openssl`.
    public var name: String { String(cString: row.pointee.name) }
    /// The family of kernels, e.g. `sodium`.
    public var backend: String { String(cString: row.pointee.backend) }
    /// Signatures it works on side by side.
    public var lanes: Int { Int(row.pointee.lanes) }
    /// Whether this processor, operating system and FASTVERIFY_CPU allow it.
    public var isSupported: Bool { fv_kernel_supported(row) }
    /// Whether it is supported and, if it is one of ours, gave the right verdicts on fixed signatures when it was tried.
    /// The first question tries it, which takes milliseconds. A key set falls back to the next row where this is false.
    public var isUsable: Bool { fv_kernel_usable(row) }
    /// The algorithm; never `EdDSA`, which two rows share.
    public var algorithm: Algorithm { Algorithm(rawValue: UInt8(row.pointee.algorithm.rawValue))! }
    /// The processor features it needs, as FASTVERIFY_CPU spells them.
    public var features: [String] { Processor.names(of: row.pointee.features) }

    /// Every row of an algorithm, the preferred first; both curves' rows for `EdDSA`.
    public static func all(for algorithm: Algorithm) -> [Kernel] {
        (0..<FV_ALGORITHM_COUNT.rawValue).filter { algorithm.schemes >> $0 & 1 == 1 }.flatMap { scheme in
            var count = 0
            let rows = fv_kernels(fv_algorithm(scheme), &count)
            return (0..<count).map { Kernel(rows![$0]!) }
        }
    }

    /// The supported rows preferred to the selected one, which gave a wrong verdict when they were tried: worth an alarm,
    /// for the processor or this library is at fault. Verification goes on with the selected row.
    public static func passedOver(for algorithm: Algorithm) -> [Kernel] {
        all(for: algorithm).filter { $0.isSupported && !$0.isUsable }
    }

    /// The row that runs unless a key set asks for another.
    public static func selected(for algorithm: Algorithm) -> Kernel? {
        algorithm.scheme.map { Kernel(fv_kernel_selected($0)) }
    }
}

/// Which kernel a key set prepares its keys for.
public enum KernelChoice: Sendable, Hashable {
    /// The registry's choice: FASTVERIFY_KERNEL, else the first usable row.
    case automatic
    /// The row of that name where the algorithm has one that is usable; the registry's choice elsewhere.
    case named(String)

    package func row(for scheme: fv_algorithm) -> UnsafePointer<fv_kernel> {
        if case .named(let name) = self, let row = fv_kernel_named(scheme, name), fv_kernel_usable(row) {
            return row
        }
        return fv_kernel_selected(scheme)
    }
}

/// What this processor offers.
public enum Processor {
    /// Instruction sets found.
    public static var detected: [String] { names(of: fv_cpu_detected()) }
    /// Instruction sets this process may use, after FASTVERIFY_CPU.
    public static var allowed: [String] { names(of: fv_cpu_features()) }

    /// The libraries behind the kernels, with their versions at run time.
    package static var libraries: [(name: String, version: String)] {
        [
            ("openssl", String(cString: fv_openssl_version())),
            ("sodium", String(cString: fv_sodium_version())),
        ]
    }

    static func names(of features: UInt32) -> [String] {
        (0..<32).filter { features >> $0 & 1 == 1 }.map { String(cString: fv_cpu_feature_name(1 << $0)) }
    }
}
