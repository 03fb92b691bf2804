internal import FastVerifyAccess

/// A request that somebody asks about; nothing in it is verified.
struct OriginalRequest {
    var method: UnsafeRawBufferPointer
    /// Path and query.
    var target: UnsafeRawBufferPointer
    var host: UnsafeRawBufferPointer
    /// The first `Authorization` field, and how many there are.
    var authorization: UnsafeRawBufferPointer?
    var authorizationCount = 0
}

/// What the rules say to a request before its token is verified.
struct RouteAdmission {
    enum Outcome {
        case refuse(Refusal)
        case passAnonymous
        /// If this token is good, and its claims satisfy the route.
        case verify(UnsafeRawBufferPointer)
    }

    /// -1 where there is none.
    var route = -1
    var policy = -1
    /// The segment of the path that names a tenant.
    var segment: String?
    var outcome = Outcome.refuse(Refusal(.forbidden, "no_route"))

    /// Linear in the request and the number of routes; allocates for paths that must be decoded and for tenants.
    @inline(__always)
    init(_ request: OriginalRequest, _ rules: GatewayRules, _ paths: inout PathMemory) {
        var segment: String?
        // A path that two readers could read differently is refused before anybody reads it.
        let found: Int? = RequestPath.read(request.target, &paths) { path in
            guard let path else { return nil }
            guard let route = rules.table.route(path: path, method: request.method, host: request.host) else {
                return -1
            }
            if let position = rules.routes[route].tenantSegment { segment = Self.segment(position, of: path) }
            return route
        }
        guard let found else {
            outcome = .refuse(Refusal(.invalidRequest, "ambiguous_path"))
            return
        }
        guard found >= 0 else { return }
        route = found
        policy = rules.routes[found].policy
        self.segment = segment
        outcome = Self.outcome(request, rules.routes[found].configuration.access, rules.configuration.limits.token)
    }

    /// The same from texts, with a copy of the token, for callers that are not in a hurry.
    static func make(
        method: String, target: String, host: String, authorization: [String], _ rules: GatewayRules
    ) -> (RouteAdmission, token: [UInt8]) {
        var (method, target, host) = (method, target, host)
        var field = authorization.first ?? ""
        var paths = PathMemory()
        return method.withUTF8 { method in
            target.withUTF8 { target in
                host.withUTF8 { host in
                    field.withUTF8 { field in
                        let request = OriginalRequest(
                            method: UnsafeRawBufferPointer(method), target: UnsafeRawBufferPointer(target),
                            host: UnsafeRawBufferPointer(host),
                            authorization: authorization.isEmpty ? nil : UnsafeRawBufferPointer(field),
                            authorizationCount: authorization.count)
                        let admission = RouteAdmission(request, rules, &paths)
                        guard case .verify(let token) = admission.outcome else { return (admission, []) }
                        return (admission, Array(token))
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func outcome(
        _ request: OriginalRequest, _ access: RouteConfiguration.Access, _ limit: Int
    ) -> Outcome {
        if access == .deny { return .refuse(Refusal(.forbidden, "denied_route")) }
        if access == .open { return .passAnonymous }
        if let refusal = BearerField.refusal(ofTarget: request.target) { return .refuse(refusal) }
        if let value = request.authorization {
            switch BearerField.read(value, count: request.authorizationCount, limit: limit) {
            case .token(let range): return .verify(value.slice(range))
            case .refused(let refusal): return .refuse(refusal)
            case .none: break
            }
        }
        return access == .optional ? .passAnonymous : .refuse(Refusal(.noCredentials, "no_credentials"))
    }

    /// A segment of a decoded path, from 0.
    private static func segment(_ position: Int, of path: UnsafeRawBufferPointer) -> String? {
        let segments = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard position < segments.count else { return nil }
        return String(decoding: segments[position], as: UTF8.self)
    }
}
