import FastVerify

/// Writes one JSON object a verdict: `{"line":1,"valid":true,"sub":"alice"}` or
/// `{"line":2,"valid":false,"error":"expired"}`. Allocates nothing per token.
struct VerdictWriter: ~Copyable {
    private var output = ByteOutput()
    /// What follows the line number of a refused token, by the error's raw value.
    private let refusals: [[UInt8]]

    init() {
        var refusals: [[UInt8]] = Array(repeating: [], count: 256)
        for error in VerificationError.allCases {
            refusals[Int(error.rawValue)] =
                Array(#","valid":false,"error":"\#(error.name)"}"#.utf8) + [UInt8(ascii: "\n")]
        }
        self.refusals = refusals
    }

    mutating func write(_ batch: borrowing VerificationBatch, _ position: Int, line: Int) throws {
        try output.append(#"{"line":"# as StaticString)
        try output.append(decimal: line)
        if let error = batch.error(at: position) {
            try output.append(refusals[Int(error.rawValue)])
            return
        }
        try output.append(#","valid":true"# as StaticString)
        // Between the quotes stands JSON text already, and the scanner has accepted it.
        if let claims = batch.claims(at: position), let subject = claims.subjectText {
            try output.append(#","sub":""# as StaticString)
            try output.append(subject)
            try output.append("\"" as StaticString)
        }
        try output.append("}\n" as StaticString)
    }

    /// Makes everything written so far visible.
    mutating func flush() throws { try output.flush() }
}
