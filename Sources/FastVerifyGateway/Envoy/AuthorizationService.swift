internal import FastVerify
internal import FastVerifyAccess
internal import FastVerifyHTTP
internal import GRPCCore
internal import GRPCProtobuf
internal import HTTPTypes
internal import Synchronization

/// `envoy.service.auth.v3.Authorization`: what Envoy's ext_authz filter asks over gRPC.
///
/// Envoy says itself what the request is, so nothing is taken from fields but the credentials.
struct AuthorizationService: RegistrableRPCService {
    typealias Request = Envoy_Service_Auth_V3_CheckRequest
    typealias Response = Envoy_Service_Auth_V3_CheckResponse

    let gateway: SharedGate
    let peers: PeerRule
    var clock = UnixClock.system

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        let method = MethodDescriptor(fullyQualifiedService: "envoy.service.auth.v3.Authorization", method: "Check")
        router.registerHandler(
            forMethod: method, deserializer: ProtobufDeserializer<Request>(),
            serializer: ProtobufSerializer<Response>()
        ) { request, context in
            let call = try await ServerRequest(stream: request)
            guard peers.allows(peer: context.remotePeer) else {
                gateway.turnAway()
                throw RPCError(code: .permissionDenied, message: "")
            }
            let response = await answer(call.message.attributes)
            return StreamingServerResponse(single: ServerResponse(message: response))
        }
    }

    // MARK: Deciding

    func answer(_ attributes: Envoy_Service_Auth_V3_AttributeContext) async -> Response {
        let rules = gateway.rules
        let http = attributes.request.http
        let facts = DecisionRecord.Facts(
            endpoint: "ext_authz", method: String(http.method.prefix(32)), host: String(http.host.prefix(256)),
            path: String(http.path.prefix { $0 != "?" }.prefix(1024)))
        let (admission, token) = RouteAdmission.make(
            method: http.method, target: http.path, host: http.host, fields: fields(http), rules)
        var record = facts
        record.route = admission.route
        gateway.elsewhere.withLock { $0.requests += 1 }
        if let presented = admission.presented, rules.routes[admission.route].demands?.readsConnection ?? false {
            presented.connectionCertificate = Self.certificate(attributes.source)
        }
        let call = Call(admission: admission, rules: rules, host: http.host, facts: record)
        switch admission.outcome {
        case .refuse(let refusal): return refuse(refusal, call, nil)
        case .passAnonymous: return pass(nil, call)
        case .preflight: return preflight(call)
        case .verify, .verifyPresented: return await verify(token, call)
        }
    }

    /// A question on its way to its answer.
    private struct Call {
        let admission: RouteAdmission
        let rules: GatewayRules
        let host: String
        let facts: DecisionRecord.Facts

        var presented: PresentedRequest? { admission.presented }
    }

    /// All fields. In the map Envoy has joined those of one name with commas, which no token and no proof contains, so that two of
    /// them are malformed. Names that are none, as those of HTTP/2 that begin with a colon, are left out.
    private func fields(_ http: Envoy_Service_Auth_V3_AttributeContext.HttpRequest) -> HTTPFields {
        var fields = HTTPFields()
        func add(_ name: String, _ value: String) {
            guard let name = HTTPField.Name(name), name.canonicalName != "host" else { return }
            fields.append(HTTPField(name: name, value: value))
        }
        for field in http.headerMap.headers {
            add(field.key, field.rawValue.isEmpty ? field.value : String(decoding: field.rawValue, as: UTF8.self))
        }
        for (name, value) in http.headers { add(name, value) }
        return fields
    }

    /// Percent-encoded PEM, of the connection that Envoy has accepted (`include_peer_certificate`).
    private static func certificate(
        _ peer: Envoy_Service_Auth_V3_AttributeContext.Peer
    ) -> ClientCertificate? {
        guard !peer.certificate.isEmpty, let name = HTTPField.Name("certificate") else { return nil }
        let fields = HTTPFields([HTTPField(name: name, value: peer.certificate)])
        return try? ForwardedCertificate.escapedPEM(name).certificate(in: fields, isFromTrustedProxy: true)
    }

    private func verify(_ token: [UInt8], _ call: Call) async -> Response {
        let policy = call.rules.policies[call.admission.policy]
        let verified: VerifiedToken
        do throws(VerificationError) {
            if let remote = policy.remote {
                verified = try await remote.verify(token)
            } else {
                verified = try policy.verifier.verify(token)
            }
        } catch {
            return refuse(Refusal(error), call, nil)
        }
        var request = AccessRequest(authority: call.host, now: clock.now)
        if let segment = call.admission.segment {
            request.pathParameters = [RouteConfiguration.tenantParameter: segment]
        }
        do throws(Refusal) {
            try Self.check(verified, call, request)
        } catch {
            return refuse(error, call, verified)
        }
        return pass(verified, call)
    }

    private static func check(_ token: VerifiedToken, _ call: Call, _ request: AccessRequest) throws(Refusal) {
        let route = call.rules.routes[call.admission.route]
        if let demands = route.demands, let presented = call.presented {
            try demands.check(token.claims, presented, route.access, request)
        } else {
            try route.access.check(token.claims, request)
        }
    }

    // MARK: Answering

    private func pass(_ token: VerifiedToken?, _ call: Call) -> Response {
        let subject = token.map { DecisionRecord.Subject($0.claims) } ?? DecisionRecord.Subject()
        guard gateway.records.write(call.facts, token == nil ? "anonymous" : "allow", nil, subject) else {
            return denied(Refusal(.unavailable, "audit_full"), call)
        }
        gateway.elsewhere.withLock { if token == nil { $0.anonymous += 1 } else { $0.allowed += 1 } }
        var response = Response()
        response.status.code = 0
        let identity = call.rules.identity
        let values = token.map { identity.values($0.claims) } ?? identity.fields.map { ($0.name, "") }
        var passed = Envoy_Service_Auth_V3_OkHttpResponse()
        // What is not said is taken away: a client may have said it.
        passed.headers = values.filter { !$0.1.isEmpty }.map { Self.option($0.0, $0.1) }
        passed.headersToRemove = values.filter { $0.1.isEmpty }.map { $0.0.lowercased() }
        passed.responseHeadersToAdd = (call.presented?.fields ?? []).map { Self.option($0.name, $0.value) }
        response.okResponse = passed
        return response
    }

    private func preflight(_ call: Call) -> Response {
        let demands = call.rules.routes[call.admission.route].demands
        guard let presented = call.presented, let rules = demands?.crossOrigin else {
            return refuse(Refusal(.forbidden, "no_preflight"), call, nil)
        }
        switch rules.preflight(presented.request) {
        case .refused: return refuse(Refusal(.forbidden, "preflight_refused"), call, nil)
        case .passed: return pass(nil, call)
        case .answered:
            guard gateway.records.write(call.facts, "preflight", nil, DecisionRecord.Subject()) else {
                return denied(Refusal(.unavailable, "audit_full"), call)
            }
            gateway.elsewhere.withLock { $0.anonymous += 1 }
            // What is not OK, Envoy answers as it is told.
            return Self.denied(7, 204, rules.preflightFields(presented.request), "")
        }
    }

    private func refuse(_ refusal: Refusal, _ call: Call, _ token: VerifiedToken?) -> Response {
        let subject = token.map { DecisionRecord.Subject($0.claims) } ?? DecisionRecord.Subject()
        let isRecorded = gateway.records.write(call.facts, "refuse", refusal, subject)
        return denied(isRecorded ? refusal : Refusal(.unavailable, "audit_full"), call)
    }

    private func denied(_ refusal: Refusal, _ call: Call) -> Response {
        gateway.elsewhere.withLock { $0.refused[refusal.reason.description, default: 0] += 1 }
        let route = call.admission.route
        let space = route >= 0 ? call.rules.routes[route].access.space : ProtectionSpace(realm: "gateway")
        let answer = space.response(to: refusal, presenting: call.presented?.scheme)
        let more = call.presented.map { $0.fields + $0.denialFields } ?? []
        let fields = answer.fields.map { (name: $0.name.canonicalName, value: $0.value) }
        // google.rpc.Code: UNAUTHENTICATED, else PERMISSION_DENIED.
        let code: Int32 = answer.status.code == 401 ? 16 : 7
        return Self.denied(
            code, Int32(answer.status.code), fields + [(name: "x-content-type-options", value: "nosniff")] + more,
            answer.body)
    }

    private static func denied(
        _ code: Int32, _ status: Int32, _ fields: [(name: String, value: String)], _ body: String
    ) -> Response {
        var response = Response()
        response.status.code = code
        var denied = Envoy_Service_Auth_V3_DeniedHttpResponse()
        denied.status.code = status
        // Challenges may stand twice; Envoy sets what it is told to set, and keeps the last.
        var seen: Set<String> = []
        denied.headers = fields.map { name, value in
            option(name, value, appends: !seen.insert(name.lowercased()).inserted)
        }
        denied.body = body
        response.deniedResponse = denied
        return response
    }

    private static func option(
        _ name: String, _ value: String, appends: Bool = false
    ) -> Envoy_Service_Auth_V3_HeaderValueOption {
        var option = Envoy_Service_Auth_V3_HeaderValueOption()
        option.header.key = name.lowercased()
        option.header.value = value
        // Said, not left out: the default differs between Envoy's services.
        option.append.value = appends
        return option
    }
}
