import ArgumentParser
import FastVerify

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `fastverify kernels`: what could compute each algorithm here, and what will.
struct KernelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernels",
        abstract: "List the kernels of every algorithm and say which one runs on this processor, and why.",
        discussion: """
            A kernel is one implementation of one algorithm: a backend and the instruction set it needs. The first in the \
            list that this processor supports is used, provided that it gave the right verdicts on fixed signatures, \
            which our own kernels are tried with before their first use. To use another:

              fastverify verify --kernel openssl …   for one run
              FASTVERIFY_KERNEL=openssl              wherever an algorithm has it
              FASTVERIFY_CPU=avx2                    limits instruction sets; or none
            """)

    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let report = KernelReport(forced: getenv("FASTVERIFY_KERNEL").map { String(cString: $0) })
        try ByteOutput.print(json ? report.json : report.text)
    }
}

/// The registry as it stands in this process.
struct KernelReport {
    /// What FASTVERIFY_KERNEL says.
    let forced: String?

    /// `EdDSA` has no rows of its own: it uses those of the key's curve.
    private let algorithms = Algorithm.allCases.filter { $0 != .edDSA }

    /// Why the row that runs was chosen; `nil` for one that does not run.
    func reason(_ kernel: Kernel) -> String? {
        guard kernel == Kernel.selected(for: kernel.algorithm) else { return nil }
        guard let forced, !forced.isEmpty else { return "first usable" }
        if kernel.name == forced { return "forced by FASTVERIFY_KERNEL" }
        let exists = Kernel.all(for: kernel.algorithm).contains { $0.name == forced }
        return "first usable; FASTVERIFY_KERNEL asks for \(forced.printable), "
            + (exists ? "not usable here" : "no kernel of this algorithm")
    }

    var text: String {
        var rows = [["ALGORITHM", "KERNEL", "BACKEND", "LANES", "NEEDS", "USABLE", "SELECTED"]]
        for kernel in algorithms.flatMap(Kernel.all) {
            let needs = kernel.features.isEmpty ? "-" : kernel.features.joined(separator: ",")
            rows.append([
                kernel.algorithm.name, kernel.name, kernel.backend, "\(kernel.lanes)", needs,
                usability(kernel), reason(kernel) ?? "",
            ])
        }
        let scanner = Processor.scanner
        let facts =
            [
                ["processor", list(Processor.detected)], ["allowed", allowed],
                ["scanner", "\(scanner.selected) (of \(scanner.all.joined(separator: ", ")))"],
            ] + Processor.libraries.map { [$0.name, $0.version] }
        return Table.text(rows) + "\n\nEdDSA runs Ed25519 or Ed448, as the key's curve says.\n\n" + Table.text(facts)
    }

    private func usability(_ kernel: Kernel) -> String {
        guard kernel.isSupported else { return "no" }
        return kernel.isUsable ? "yes" : "no: failed its self-test"
    }

    private var allowed: String {
        guard let restriction = getenv("FASTVERIFY_CPU") else { return list(Processor.allowed) }
        return "\(list(Processor.allowed)) (FASTVERIFY_CPU=\(String(cString: restriction).printable))"
    }

    private func list(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }

    var json: String {
        let kernels = algorithms.flatMap(Kernel.all).map { kernel in
            var members = JSONMembers()
            members["algorithm"] = JSONText.quoted(kernel.algorithm.name)
            members["kernel"] = JSONText.quoted(kernel.name)
            members["backend"] = JSONText.quoted(kernel.backend)
            members["lanes"] = "\(kernel.lanes)"
            members["features"] = JSONMembers.array(kernel.features)
            members["supported"] = "\(kernel.isSupported)"
            members["usable"] = "\(kernel.isUsable)"
            members["selected"] = "\(reason(kernel) != nil)"
            members["reason"] = reason(kernel).map(JSONText.quoted)
            return members.json
        }
        let scanner = Processor.scanner
        var report = JSONMembers()
        report["kernels"] = "[" + kernels.joined(separator: ",") + "]"
        report["detected"] = JSONMembers.array(Processor.detected)
        report["allowed"] = JSONMembers.array(Processor.allowed)
        report["scanner"] = JSONText.quoted(scanner.selected)
        report["scanners"] = JSONMembers.array(scanner.all)
        report["libraries"] = JSONText.object(Processor.libraries.map { ($0.name, $0.version) })
        return JSONLayout.indented(Array(report.json.utf8))
    }
}
