import ArgumentParser
import FastVerify

/// `fastverify jwks`: whether a key set is fit for verifiers.
struct JWKSCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jwks",
        abstract: "Check a JWK Set and describe its keys.",
        discussion: """
              fastverify jwks keys.json
              curl -s https://id.example/jwks | fastverify jwks - --json

            Each key is checked as for verification. Exit status: 0 when every key can be used, 1 when one cannot, 2 when \
            the file cannot be read or is no JWK Set.
            """)

    @Flag(help: "Print JSON, one object.") var json = false

    @Argument(
        help: ArgumentHelp("File with a JWK Set, or - for standard input.", valueName: "file"), completion: .file())
    var input: String

    func run() throws {
        let text = try InputFile.contents(of: input)
        let reports = try KeyOptions.explaining(input) { () throws(KeyError) in try KeyReport.all(in: text) }
        try ByteOutput.print(json ? Self.json(reports) : Self.text(reports))
        if reports.contains(where: { $0.refusal != nil }) { throw ExitCode.refused }
    }

    private static func text(_ reports: [KeyReport]) -> String {
        let header = ["KEY", "KID", "TYPE", "BITS", "ALGORITHMS", "THUMBPRINT"]
        let rows = reports.map { report in
            [
                "\(report.position + 1)", report.keyID?.printable ?? "-", report.type.printable,
                report.bits.map { "\($0)" } ?? "-",
                report.algorithms.isEmpty ? "-" : report.algorithms.joined(separator: ","), report.thumbprint ?? "-",
            ]
        }
        let remarks = reports.flatMap { report in
            (report.refusal.map { ["key \(report.position + 1): cannot be used: \($0)"] } ?? [])
                + report.warnings.map { "key \(report.position + 1): warning: \($0)" }
        }
        let usable = reports.count { $0.refusal == nil }
        let total = "\(usable) of \(reports.count) keys can be used"
        let parts = [reports.isEmpty ? "" : Table.text([header] + rows), remarks.joined(separator: "\n"), total]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private static func json(_ reports: [KeyReport]) -> String {
        let keys = reports.map { report in
            var members = JSONMembers()
            members["position"] = "\(report.position)"
            members["kid"] = report.keyID.map(JSONText.quoted)
            members["type"] = JSONText.quoted(report.type)
            members["bits"] = report.bits.map { "\($0)" }
            members["algorithms"] = JSONMembers.array(report.algorithms)
            members["thumbprint"] = report.thumbprint.map(JSONText.quoted)
            members["usable"] = "\(report.refusal == nil)"
            members["error"] = report.refusal.map(JSONText.quoted)
            members["warnings"] = JSONMembers.array(report.warnings)
            return members.json
        }
        return JSONLayout.indented(Array("{\"keys\":[\(keys.joined(separator: ","))]}".utf8))
    }
}
