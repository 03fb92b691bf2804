internal import FastVerify
internal import FastVerifyAccess
internal import FastVerifyHTTP
internal import NIOCore

/// What one event loop has to itself: its connections, and the requests that wait for the end of its turn.
///
/// Requests that arrive in one turn of the loop are verified together, when all sockets of the turn have been read: under load
/// batches grow by themselves, alone a request waits for nobody, and there is no timer. Used on its loop only.
final class GateLoop {
    let eventLoop: any EventLoop
    let gateway: SharedGate
    /// This one among the others.
    let loops: GateLoops
    private(set) var rules: GatewayRules
    private var groups: [TokenGroup]
    private var isSettling = false
    private var base = AccessRequest(now: 0)
    var date = DateField()
    var paths = PathMemory()
    var counts = GateCounts()
    /// As of the beginning of this turn.
    private(set) var now = NIODeadline.now()
    private var connections: [GateConnection] = []
    /// Requests that wait for a key that may be on its way.
    private var waitingForKeys = 0
    private static let mostWaitingForKeys = 256
    private var line: [UInt8] = []

    init(_ eventLoop: any EventLoop, _ gateway: SharedGate, _ loops: GateLoops) {
        let rules = gateway.rules
        self.eventLoop = eventLoop
        self.gateway = gateway
        self.loops = loops
        self.rules = rules
        groups = rules.policies.map { TokenGroup($0.verifier) }
        date.update()
    }

    /// Puts other rules in force. What has arrived is decided by those it arrived under.
    func install(_ rules: GatewayRules) {
        // An answer may let the next request of its connection in.
        while groups.contains(where: { !$0.isEmpty }) { settle() }
        self.rules = rules
        groups = rules.policies.map { TokenGroup($0.verifier) }
    }

    // MARK: Requests

    /// Takes a request in whose token is to be verified.
    @inline(__always)
    func add(_ request: AdmittedRequest, token: UnsafeRawBufferPointer) {
        groups[request.policy].add(request, token)
        guard !isSettling else { return }
        isSettling = true
        let gate = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute { gate.value.settle() }
    }

    private func settle() {
        isSettling = false
        now = .now()
        date.update()
        base.now = UnixClock.system.now
        for group in groups where !group.isEmpty {
            let batch = group.verified()
            decide(group, batch)
            group.clear(batch)
        }
    }

    private func decide(_ group: TokenGroup, _ batch: borrowing VerificationBatch) {
        for (position, request) in group.settled.enumerated() {
            if let error = batch.error(at: position) {
                refuse(request, error, group.token(at: position))
            } else if let claims = batch.claims(at: position) {
                decide(request, claims)
            }
        }
    }

    private func refuse(_ request: AdmittedRequest, _ error: VerificationError, _ token: ArraySlice<UInt8>) {
        if error == .keyNotFound, let remote = request.rules.policies[request.policy].remote,
            awaitKey(request, token, remote)
        {
            return
        }
        refuse(request, Refusal(error))
    }

    private func decide(_ request: AdmittedRequest, _ claims: borrowing ClaimSet) {
        do throws(Refusal) {
            if request.tenant != nil || request.presented != nil {
                try check(request, claims)
            } else {
                try request.rules.routes[request.route].access.check(claims, base)
            }
        } catch {
            return refuse(request, error, claims)
        }
        guard record(request, "allow", nil, claims) else { return refuse(request, Refusal(.unavailable, "audit_full")) }
        counts.allowed += 1
        line.removeAll(keepingCapacity: true)
        request.rules.identity.write(claims, to: &line)
        if let presented = request.presented { line += presented.lines(ofDenial: false) }
        request.connection.finish(GateLoop.passed, request, more: line)
    }

    /// Rules that look at the request, and demands of the policy.
    private func check(_ request: AdmittedRequest, _ claims: borrowing ClaimSet) throws(Refusal) {
        var facts = base
        if let tenant = request.tenant {
            facts.authority = tenant.authority
            if let segment = tenant.segment { facts.pathParameters = [RouteConfiguration.tenantParameter: segment] }
        }
        let route = request.rules.routes[request.route]
        if let demands = route.demands, let presented = request.presented {
            try demands.check(claims, presented, route.access, facts)
        } else {
            try route.access.check(claims, facts)
        }
    }

    static let passed = PreparedAnswer(200, [("Cache-Control", "no-store")])

    /// Answers a request that passes without an identity.
    func passAnonymous(_ request: AdmittedRequest) {
        guard record(request, "anonymous") else { return refuse(request, Refusal(.unavailable, "audit_full")) }
        counts.anonymous += 1
        request.connection.finish(GateLoop.passed, request, more: request.rules.identity.anonymous)
    }

    /// Answers a browser that asks beforehand, or lets the service answer.
    func answerPreflight(_ request: AdmittedRequest) {
        guard let presented = request.presented, let rules = request.rules.routes[request.route].demands?.crossOrigin
        else { return refuse(request, Refusal(.forbidden, "no_preflight")) }
        switch rules.preflight(presented.request) {
        case .refused: refuse(request, Refusal(.forbidden, "preflight_refused"))
        case .passed: passAnonymous(request)
        case .answered:
            guard record(request, "preflight") else { return refuse(request, Refusal(.unavailable, "audit_full")) }
            counts.anonymous += 1
            presented.fields = rules.preflightFields(presented.request)
            // A proxy that takes 204 for consent hands the request on, and then without anybody's identity.
            let lines = request.rules.identity.anonymous + presented.lines(ofDenial: false)
            request.connection.finish(CrossOriginRules.answered(for: request.reader), request, more: lines)
        }
    }

    /// Answers a request that does not pass.
    func refuse(_ request: AdmittedRequest, _ refusal: Refusal) {
        let isRecorded = refusal.reason == "audit_full" || record(request, "refuse", refusal)
        refuse(request, isRecorded ? refusal : Refusal(.unavailable, "audit_full"), recorded: true)
    }

    private func refuse(_ request: AdmittedRequest, _ refusal: Refusal, _ claims: borrowing ClaimSet) {
        let isRecorded = record(request, "refuse", refusal, claims)
        refuse(request, isRecorded ? refusal : Refusal(.unavailable, "audit_full"), recorded: true)
    }

    private func refuse(_ request: AdmittedRequest, _ refusal: Refusal, recorded: Bool) {
        counts.refused[refusal.reason.description, default: 0] += 1
        let book = request.policy >= 0 ? request.rules.policies[request.policy].answers : request.rules.strangers
        guard let presented = request.presented else {
            return request.connection.finish(book.answer(refusal.answer, for: request.reader), request, more: [])
        }
        let answer = book.answer(
            refusal.answer, for: request.reader, presenting: presented.scheme)
        request.connection.finish(answer, request, more: presented.lines(ofDenial: true))
    }

    // MARK: Records

    private func record(
        _ request: AdmittedRequest, _ verdict: StaticString, _ refusal: Refusal? = nil
    ) -> Bool {
        guard let facts = request.facts else { return true }
        return gateway.records.write(facts, verdict, refusal, DecisionRecord.Subject())
    }

    private func record(
        _ request: AdmittedRequest, _ verdict: StaticString, _ refusal: Refusal?, _ claims: borrowing ClaimSet
    ) -> Bool {
        guard let facts = request.facts else { return true }
        return gateway.records.write(facts, verdict, refusal, DecisionRecord.Subject(claims))
    }

    // MARK: Keys on their way

    /// Gives a token whose key is unknown a second chance, if there is room.
    private func awaitKey(
        _ request: AdmittedRequest, _ token: ArraySlice<UInt8>, _ remote: RemoteVerifier
    ) -> Bool {
        guard waitingForKeys < Self.mostWaitingForKeys else { return false }
        waitingForKeys += 1
        let token = Array(token)
        let bound = NIOLoopBound((gate: self, request: request), eventLoop: eventLoop)
        let eventLoop = eventLoop
        Task {
            let result: Result<VerifiedToken, VerificationError>
            do throws(VerificationError) {
                result = .success(try await remote.verify(token))
            } catch {
                result = .failure(error)
            }
            eventLoop.execute { bound.value.gate.finishWaiting(bound.value.request, result) }
        }
        return true
    }

    private func finishWaiting(_ request: AdmittedRequest, _ result: Result<VerifiedToken, VerificationError>) {
        waitingForKeys -= 1
        base.now = UnixClock.system.now
        switch result {
        case .success(let token): decide(request, token.claims)
        case .failure(let error): refuse(request, Refusal(error))
        }
    }

    // MARK: Connections

    var connectionCount: Int { connections.count }

    func add(_ connection: GateConnection) {
        connection.position = connections.count
        connections.append(connection)
        counts.connections += 1
    }

    func remove(_ connection: GateConnection) {
        guard connection.position >= 0 else { return }
        let last = connections.removeLast()
        if last !== connection {
            connections[connection.position] = last
            last.position = connection.position
        }
        connection.position = -1
    }

    /// Ends connections whose time is up. Called several times in the shortest of all times.
    func sweep() {
        now = .now()
        date.update()
        for connection in connections where connection.deadline < now { connection.expire() }
    }

    /// No connection outlives its present request; those without one end after the grace that their peers have to see it.
    func drain() {
        for connection in connections { connection.drain() }
    }
}
