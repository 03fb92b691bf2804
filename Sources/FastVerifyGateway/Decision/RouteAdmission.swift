internal import FastVerifyAccess
internal import HTTPTypes

/// A request that somebody asks about; nothing in it is verified.
struct OriginalRequest {
    var method: UnsafeRawBufferPointer
    /// Path and query.
    var target: UnsafeRawBufferPointer
    var host: UnsafeRawBufferPointer
    /// The first `Authorization` field, and how many there are.
    var authorization: UnsafeRawBufferPointer?
    var authorizationCount = 0
    /// What the request that a browser asks about beforehand would do.
    var preflightMethod: UnsafeRawBufferPointer?
    /// The head with the fields of the client, for policies that look at more: a proxy hands them on in its question.
    var head = UnsafeRawBufferPointer(start: nil, count: 0)
}

/// What the rules say to a request before its token is verified.
struct RouteAdmission {
    enum Outcome {
        case refuse(Refusal)
        case passAnonymous
        /// If this token is good, and its claims satisfy the route.
        case verify(UnsafeRawBufferPointer)
        /// The same of the credential in `presented`.
        case verifyPresented
        /// A browser asks whether a page may ask; who that is, nobody knows yet.
        case preflight
    }

    /// -1 where there is none.
    var route = -1
    var policy = -1
    /// The segment of the path that names a tenant.
    var segment: String?
    /// Where the route's policy has demands.
    var presented: PresentedRequest?
    var outcome = Outcome.refuse(Refusal(.forbidden, "no_route"))

    /// Linear in the request and the number of routes; allocates for paths that must be decoded and for tenants.
    @inline(__always)
    init(_ request: OriginalRequest, _ rules: GatewayRules, _ paths: inout PathMemory) {
        var segment: String?
        var isPreflight = false
        // A path that two readers could read differently is refused before anybody reads it.
        let found: Int? = RequestPath.read(request.target, &paths) { path in
            guard let path else { return nil }
            if rules.hasCrossOrigin, let route = Self.preflightRoute(request, path, rules) {
                isPreflight = true
                return route
            }
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
        if let demands = rules.routes[found].demands {
            present(request, demands, rules, isPreflight)
            return
        }
        outcome = Self.outcome(request, rules.routes[found].configuration.access, rules.configuration.limits.token)
    }

    /// The route of the request that a preflight announces, if its policy speaks to browsers.
    private static func preflightRoute(
        _ request: OriginalRequest, _ path: UnsafeRawBufferPointer, _ rules: GatewayRules
    ) -> Int? {
        guard let method = request.preflightMethod, request.method.elementsEqual("OPTIONS".utf8),
            let route = rules.table.route(path: path, method: method, host: request.host),
            rules.routes[route].configuration.access != .deny, rules.routes[route].demands?.crossOrigin != nil
        else { return nil }
        return route
    }

    /// The slow way: with a copy of what the policy looks at.
    private mutating func present(
        _ request: OriginalRequest, _ demands: PolicyDemands, _ rules: GatewayRules, _ isPreflight: Bool
    ) {
        let access = rules.routes[route].configuration.access
        guard let presented = Self.presented(request, demands) else {
            outcome = .refuse(Refusal(.invalidRequest, "malformed_method"))
            return
        }
        self.presented = presented
        if let rules = demands.crossOrigin { presented.denialFields = rules.denialFields(presented.request) }
        if isPreflight {
            outcome = .preflight
            return
        }
        guard demands.readsFields, access != .deny, access != .open else {
            outcome = Self.outcome(request, access, rules.configuration.limits.token)
            return
        }
        do throws(Refusal) {
            presented.credential = try demands.credential(of: presented)
            let isAnonymous = presented.credential == nil
            outcome =
                !isAnonymous
                ? .verifyPresented
                : access == .optional ? .passAnonymous : .refuse(Refusal(.noCredentials, "no_credentials"))
        } catch {
            outcome = .refuse(error)
        }
    }

    private static func presented(_ request: OriginalRequest, _ demands: PolicyDemands) -> PresentedRequest? {
        guard let method = HTTPRequest.Method(String(decoding: request.method, as: UTF8.self)) else { return nil }
        return PresentedRequest(
            HTTPRequest(
                method: method, scheme: demands.external.scheme,
                authority: String(decoding: request.host, as: UTF8.self),
                path: String(decoding: request.target, as: UTF8.self),
                headerFields: demands.readsFields ? HeadFields.read(request.head) : [:]))
    }

    /// The same from texts, with a copy of the token, for callers that are not in a hurry.
    static func make(
        method: String, target: String, host: String, fields: HTTPFields, _ rules: GatewayRules
    ) -> (RouteAdmission, token: [UInt8]) {
        var text: [UInt8] = []
        func place(_ part: some Sequence<UInt8>) -> Range<Int> {
            let start = text.count
            text += part
            return start..<text.count
        }
        let authorization = fields[values: .authorization]
        let preflight = fields[HTTPField.Name("Access-Control-Request-Method")!].map { place($0.utf8) }
        let places = (place(method.utf8), place(target.utf8), place(host.utf8))
        let credential = authorization.first.map { place($0.utf8) }
        let head = place(HeadFields.write(fields))
        var paths = PathMemory()
        return text.withUnsafeBytes { text in
            let request = OriginalRequest(
                method: text.slice(places.0), target: text.slice(places.1), host: text.slice(places.2),
                authorization: credential.map { text.slice($0) }, authorizationCount: authorization.count,
                preflightMethod: preflight.map { text.slice($0) }, head: text.slice(head))
            let admission = RouteAdmission(request, rules, &paths)
            return switch admission.outcome {
            case .verify(let token): (admission, Array(token))
            case .verifyPresented: (admission, Array((admission.presented?.credential?.token ?? "").utf8))
            default: (admission, [])
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
            case .token(_, let range): return .verify(value.slice(range))
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
