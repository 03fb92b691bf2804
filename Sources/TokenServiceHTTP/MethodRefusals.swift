internal import HTTPTypes
internal import Hummingbird

extension Router<IssuerContext> {
    private static var methods: [HTTPRequest.Method] {
        [.get, .head, .post, .put, .patch, .delete, .options, .trace, .connect, HTTPRequest.Method("QUERY")!]
    }

    /// Answers, at every path that is there, methods that are not there with 405 and those that are (RFC 9110 §15.5.6). The last that is
    /// done to a router.
    func refuseOtherMethods() {
        for (_, routes) in Dictionary(grouping: routes, by: { "\($0.path)" }) {
            var known = Set(routes.map(\.method))
            // The router answers it wherever it answers GET.
            if known.contains(.get) { known.insert(.head) }
            let allow = Self.methods.filter(known.contains).map(\.rawValue).joined(separator: ", ")
            for method in Self.methods where !known.contains(method) {
                on(routes[0].path, method: method) { _, _ in AuthProblem.methodNotAllowed(allow: allow).response }
            }
        }
    }
}
