internal import FastVerifyAccess
internal import Hummingbird

/// The parameters of a query, each at most once.
struct QueryParameters {
    private let query: [UInt8]

    init(_ request: Request) { query = Array((request.uri.query ?? "").utf8) }

    /// - Throws: `malformed` where it is repeated, empty, longer than 200 code points, or no UTF-8.
    func text(_ name: String) throws(AuthProblem) -> String? {
        let values = FormParameters.values(of: name, in: query)
        guard let bytes = values.first else { return nil }
        guard values.count == 1, let text = String(validating: bytes, as: UTF8.self), !text.isEmpty,
            text.unicodeScalars.count <= 200
        else { throw .malformed("\"\(name)\" is one text of 1 to 200 characters.") }
        return text
    }

    func number(_ name: String, in range: ClosedRange<Int64>, default fallback: Int64) throws(AuthProblem) -> Int64 {
        guard let text = try text(name) else { return fallback }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text), range.contains(number)
        else { throw .malformed("\"\(name)\" is a number from \(range.lowerBound) to \(range.upperBound).") }
        return number
    }
}

extension IssuerContext {
    /// A parameter of the path, decoded (RFC 3986 §2.1).
    ///
    /// - Throws: `notFound` where it cannot be decoded: nothing has such a name.
    func name(_ parameter: String) throws(AuthProblem) -> String {
        // A plus sign is one in a path.
        let written = (parameters.get(parameter) ?? "").replacing("+", with: "%2B").replacing("&", with: "%26")
        guard let bytes = FormParameters.values(of: "v", in: Array("v=\(written)".utf8)).first,
            let text = String(validating: bytes, as: UTF8.self), !text.isEmpty, !text.utf8.contains(0)
        else { throw .notFound }
        return text
    }
}
