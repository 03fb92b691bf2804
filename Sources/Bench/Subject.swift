import CCrypto
import FastVerify

/// What is measured under one name: an algorithm as it stands in the `alg` header, with the registry rows that verify it.
struct Subject: Hashable {
    /// The `alg` of the tokens.
    let header: Algorithm
    /// The registry's algorithm: `EdDSA` stands for Ed25519 here.
    let scheme: Algorithm

    init(_ header: Algorithm) {
        self.header = header
        scheme = header == .edDSA ? .ed25519 : header
    }

    /// Every algorithm of the registry once. Ed25519 goes by the name that tokens use today.
    static let all = Algorithm.allCases.filter { $0 != .ed25519 && $0 != .ed448 }.map(Subject.init) + [Subject(.ed448)]

    /// The rows this processor can run, the preferred first.
    var kernels: [Kernel] { Kernel.all(for: scheme).filter(\.isSupported) }

    /// The name under which CBaseline knows it.
    var schemeName: String { scheme.name }

    var name: String { header.name }
}
