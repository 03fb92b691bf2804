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
    let clock = UnixClock.system

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
        let fields = authorization(http)
        let facts = DecisionRecord.Facts(
            endpoint: "ext_authz", method: String(http.method.prefix(32)), host: String(http.host.prefix(256)),
            path: String(http.path.prefix { $0 != "?" }.prefix(1024)))
        let (admission, token) = RouteAdmission.make(
            method: http.method, target: http.path, host: http.host, authorization: fields, rules)
        var record = facts
        record.route = admission.route
        gateway.elsewhere.withLock { $0.requests += 1 }
        switch admission.outcome {
        case .refuse(let refusal): return refuse(refusal, admission, rules, record, nil)
        case .passAnonymous: return pass(nil, rules, record)
        case .verify: return await verify(token, http, admission, rules, record)
        }
    }

    /// All `Authorization` fields. In the map Envoy has joined them with commas, which no token contains, so that two of them are
    /// malformed.
    private func authorization(_ http: Envoy_Service_Auth_V3_AttributeContext.HttpRequest) -> [String] {
        let raw = http.headerMap.headers.filter { $0.key.lowercased() == "authorization" }
        let values = raw.map { $0.rawValue.isEmpty ? $0.value : String(decoding: $0.rawValue, as: UTF8.self) }
        return values + http.headers.filter { $0.key.lowercased() == "authorization" }.map(\.value)
    }

    private func verify(
        _ token: [UInt8], _ http: Envoy_Service_Auth_V3_AttributeContext.HttpRequest, _ admission: RouteAdmission,
        _ rules: GatewayRules, _ facts: DecisionRecord.Facts
    ) async -> Response {
        let policy = rules.policies[admission.policy]
        let verified: VerifiedToken
        do throws(VerificationError) {
            if let remote = policy.remote {
                verified = try await remote.verify(token)
            } else {
                verified = try policy.verifier.verify(token)
            }
        } catch {
            return refuse(Refusal(error), admission, rules, facts, nil)
        }
        var request = AccessRequest(authority: http.host, now: clock.now)
        if let segment = admission.segment { request.pathParameters = [RouteConfiguration.tenantParameter: segment] }
        do throws(Refusal) {
            try Self.check(verified, rules.routes[admission.route].access, request)
        } catch {
            return refuse(error, admission, rules, facts, verified)
        }
        return pass(verified, rules, facts)
    }

    private static func check(
        _ token: VerifiedToken, _ access: AccessPolicy, _ request: AccessRequest
    ) throws(Refusal) { try access.check(token.claims, request) }

    // MARK: Answering

    private func pass(_ token: VerifiedToken?, _ rules: GatewayRules, _ facts: DecisionRecord.Facts) -> Response {
        let subject = token.map { DecisionRecord.Subject($0.claims) } ?? DecisionRecord.Subject()
        guard gateway.records.write(facts, token == nil ? "anonymous" : "allow", nil, subject) else {
            return denied(Refusal(.unavailable, "audit_full"), ProtectionSpace(realm: "gateway"))
        }
        gateway.elsewhere.withLock { if token == nil { $0.anonymous += 1 } else { $0.allowed += 1 } }
        var response = Response()
        response.status.code = 0
        let values = token.map { rules.identity.values($0.claims) } ?? rules.identity.fields.map { ($0.name, "") }
        var passed = Envoy_Service_Auth_V3_OkHttpResponse()
        // What is not said is taken away: a client may have said it.
        passed.headers = values.filter { !$0.1.isEmpty }.map { Self.option($0.0, $0.1) }
        passed.headersToRemove = values.filter { $0.1.isEmpty }.map { $0.0.lowercased() }
        response.okResponse = passed
        return response
    }

    private func refuse(
        _ refusal: Refusal, _ admission: RouteAdmission, _ rules: GatewayRules, _ facts: DecisionRecord.Facts,
        _ token: VerifiedToken?
    ) -> Response {
        let subject = token.map { DecisionRecord.Subject($0.claims) } ?? DecisionRecord.Subject()
        let isRecorded = gateway.records.write(facts, "refuse", refusal, subject)
        let space =
            admission.route >= 0
            ? rules.routes[admission.route].access.space : ProtectionSpace(realm: "gateway")
        return denied(isRecorded ? refusal : Refusal(.unavailable, "audit_full"), space)
    }

    private func denied(_ refusal: Refusal, _ space: ProtectionSpace) -> Response {
        gateway.elsewhere.withLock { $0.refused[refusal.reason.description, default: 0] += 1 }
        let answer = space.response(to: refusal)
        var response = Response()
        // google.rpc.Code: UNAUTHENTICATED, else PERMISSION_DENIED.
        response.status.code = answer.status.code == 401 ? 16 : 7
        var denied = Envoy_Service_Auth_V3_DeniedHttpResponse()
        denied.status.code = Int32(answer.status.code)
        denied.headers = answer.fields.map { Self.option($0.name.canonicalName, $0.value) }
        denied.body = answer.body
        response.deniedResponse = denied
        return response
    }

    private static func option(_ name: String, _ value: String) -> Envoy_Service_Auth_V3_HeaderValueOption {
        var option = Envoy_Service_Auth_V3_HeaderValueOption()
        option.header.key = name.lowercased()
        option.header.value = value
        // Said, not left out: the default differs between Envoy's services.
        option.append.value = false
        return option
    }
}
