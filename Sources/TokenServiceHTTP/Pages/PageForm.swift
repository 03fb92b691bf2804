internal import FastVerifyAccess
internal import Hummingbird

/// The fields of a form of this service's own pages: these and no others, each once.
struct PageForm {
    static let longest = 16 << 10
    private let values: [String: String]

    init(_ request: inout Request, _ names: [String]) async throws(PageProblem) {
        let type = request.only(.contentType)?.prefix { $0 != ";" }.lowercased()
        // What multipart/form-data and text/plain hold, no page here has sent.
        guard type == "application/x-www-form-urlencoded" else { throw .otherType }
        guard let body = await request.body(upTo: Self.longest) else { throw .tooLarge }
        let written = body.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
        // Each name once, and as many fields as names: so no other is there.
        guard written.count == names.count else { throw .malformed }
        var values: [String: String] = [:]
        for name in names {
            let found = FormParameters.values(of: name, in: body)
            guard found.count == 1, let text = String(validating: found[0], as: UTF8.self) else { throw .malformed }
            values[name] = text
        }
        self.values = values
    }

    subscript(name: String) -> String { values[name] ?? "" }
}
