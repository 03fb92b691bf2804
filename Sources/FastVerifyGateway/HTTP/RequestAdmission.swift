internal import FastVerifyAccess
internal import NIOCore

/// What a listener is for.
enum ListenerRole: Sendable { case auth, admin }

/// From the head of a request to the question it asks: may this method on this path of this host pass?
///
/// Each proxy asks at an endpoint of its own, because each says in other fields what the original request was; a field that one
/// proxy sets, another hands through from the client.
enum RequestAdmission {
    /// Where a question came in.
    enum Endpoint: Sendable {
        /// `/auth`: nginx auth_request. `X-Original-URI` and `X-Original-Method`, and `Host`.
        case nginx
        /// `/forward-auth`: Traefik, Caddy. `X-Forwarded-Uri`, `-Method` and `-Host`.
        case forwarded
        /// `/envoy/…`: Envoy's HTTP service with `path_prefix: /envoy`. The request itself.
        case envoy

        var name: StaticString {
            switch self {
            case .nginx: "nginx"
            case .forwarded: "forward-auth"
            case .envoy: "envoy"
            }
        }
    }

    /// Answers at once, or leaves the request with the gate.
    @inline(__always)
    static func admit(
        _ head: borrowing RequestHead, _ text: UnsafeRawBufferPointer, of connection: GateConnection,
        at role: ListenerRole, to gate: GateLoop
    ) {
        if role == .admin { return AdminEndpoint.answer(head, text, of: connection, gate) }
        let hidesBody = text.slice(head.method).elementsEqual("HEAD".utf8)
        guard let endpoint = endpoint(text.slice(head.target)) else {
            return connection.finish(AdminEndpoint.notFound, hidesBody: hidesBody, bodySize: head.bodySize)
        }
        var request = AdmittedRequest(
            connection: connection, rules: gate.rules, reader: endpoint == .nginx ? .nginx : .client,
            hidesBody: hidesBody, bodySize: head.bodySize)
        guard let original = original(endpoint, head, text) else {
            return gate.refuse(request, Refusal(.invalidRequest, "original_request_unknown"))
        }
        if gate.gateway.records.isOn { request.facts = facts(original, endpoint) }
        let admission = RouteAdmission(original, gate.rules, &gate.paths)
        request.route = admission.route
        request.policy = admission.policy
        request.facts?.route = admission.route
        if let presented = admission.presented {
            request.presented = presented
            if gate.rules.routes[admission.route].demands?.readsConnection ?? false {
                presented.connectionCertificate = connection.peerCertificate
            }
        }
        switch admission.outcome {
        case .refuse(let refusal): gate.refuse(request, refusal)
        case .passAnonymous: gate.passAnonymous(request)
        case .preflight: gate.answerPreflight(request)
        case .verify(let token):
            remember(original, admission, &request)
            gate.add(request, token: token)
        case .verifyPresented:
            remember(original, admission, &request)
            var token = admission.presented?.credential?.token ?? ""
            token.withUTF8 { gate.add(request, token: UnsafeRawBufferPointer($0)) }
        }
    }

    @inline(__always)
    private static func remember(
        _ original: OriginalRequest, _ admission: RouteAdmission, _ request: inout AdmittedRequest
    ) {
        guard request.rules.routes[admission.route].configuration.tenant != nil else { return }
        request.tenant = AdmittedRequest.Tenant(
            authority: String(decoding: original.host, as: UTF8.self), segment: admission.segment)
    }

    private static func endpoint(_ target: UnsafeRawBufferPointer) -> Endpoint? {
        var end = 0
        while end < target.count, target[end] != UInt8(ascii: "?") { end += 1 }
        let path = target.slice(0..<end)
        if path.elementsEqual("/auth".utf8) { return .nginx }
        if path.elementsEqual("/forward-auth".utf8) { return .forwarded }
        return path.starts(with: "/envoy/".utf8) ? .envoy : nil
    }

    /// `nil` unless each fact is said exactly once.
    private static func original(
        _ endpoint: Endpoint, _ head: borrowing RequestHead, _ text: UnsafeRawBufferPointer
    ) -> OriginalRequest? {
        let fields: (uri: KnownField, method: KnownField, host: KnownField)
        var original: OriginalRequest
        switch endpoint {
        case .nginx: fields = (.originalURI, .originalMethod, .host)
        case .forwarded: fields = (.forwardedURI, .forwardedMethod, .forwardedHost)
        case .envoy: fields = (.host, .host, .host)
        }
        guard let uri = head.value(fields.uri), let method = head.value(fields.method),
            let host = head.value(fields.host), head.count(fields.uri) == 1, head.count(fields.method) == 1,
            head.count(fields.host) == 1
        else { return nil }
        original = OriginalRequest(
            method: text.slice(method), target: text.slice(uri), host: text.slice(host),
            authorization: head.value(.authorization).map { text.slice($0) },
            authorizationCount: head.count(.authorization),
            preflightMethod: head.value(.preflightMethod).map { text.slice($0) }, head: text)
        if endpoint == .envoy {
            original.method = text.slice(head.method)
            original.target = text.slice(head.target.lowerBound + "/envoy".utf8.count..<head.target.upperBound)
        }
        guard !original.method.isEmpty, ByteClass.token.containsAll(original.method),
            ByteClass.host.containsAll(original.host)
        else { return nil }
        return original
    }

    private static func facts(_ original: OriginalRequest, _ endpoint: Endpoint) -> DecisionRecord.Facts {
        // Without the query, in which tokens and other secrets stand.
        let path = original.target.prefix { $0 != UInt8(ascii: "?") }
        return DecisionRecord.Facts(
            endpoint: endpoint.name, method: String(decoding: original.method.prefix(32), as: UTF8.self),
            host: String(decoding: original.host.prefix(256), as: UTF8.self),
            path: String(decoding: path.prefix(1024), as: UTF8.self))
    }
}
