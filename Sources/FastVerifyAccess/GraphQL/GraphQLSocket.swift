public import FastVerify

/// One connection of `graphql-transport-ws`: authenticated by the payload of its `connection_init`, and open as long as its token
/// is good. It knows neither socket nor clock: what came goes in, what to do comes out.
///
///     var connection = GraphQLSocket(rules, now: clock.now)
///     for action in connection.receive(bytes, now: clock.now) { … }
///     timer.fire(at: connection.deadline)  // then connection.advance(to:)
///
/// **Renewal in place.** The protocol lets clients send `ping` with any payload at any time. One whose payload holds a token,
/// by the same names as in `connection_init`, renews the lease; the `pong` says how it went:
///
///     → {"type":"ping","payload":{"Authorization":"Bearer …"}}
///     ← {"type":"pong","payload":{"renewed":true,"expires":1800000900}}
///
/// The new token must be of the same issuer and subject; one that is refused leaves the connection as it was. `connection_ack`
/// says when the token ends, and a `ping` from here with the same payload reminds of it: `{"expires":1800000900}`. Clients
/// that know nothing of this answer with a `pong`, and are closed at the end. Not to be used from two threads at once.
public struct GraphQLSocket: ~Copyable, Sendable {
    enum State: Equatable {
        case waiting
        /// `connection_init` has come; its token is being verified.
        case authenticating
        case open
        /// The lease has ended, and a renewal may still come.
        case suspended
        case closed
    }

    private struct Holder: Equatable {
        let issuer: String?
        let subject: String?

        init(_ token: VerifiedToken) { (issuer, subject) = (token.issuer, token.subject) }
    }

    let rules: SocketRules
    var state = State.waiting
    /// The token under which operations run; what was refused never is one.
    public private(set) var token: VerifiedToken?
    public internal(set) var lease: ConnectionLease?
    /// Whose connection it is: a renewal must be theirs.
    private var holder: Holder?
    /// Whether the handshake has shown who calls.
    private var hasHandshakeToken = false
    private var isRenewing = false
    private(set) var expiration: Int64?
    var operations: Set<String> = []
    var timeout: UInt64?
    var reminder: UInt64?

    /// A socket whose handshake is done. `now`, here and below, are nanoseconds of any clock that never goes back.
    public init(_ rules: SocketRules, now: UInt64) {
        self.rules = rules
        timeout = Self.time(now, after: rules.initialisationTimeout)
    }

    /// A socket whose handshake came with a token in a field or a cookie, verified and checked. `unixNow` is in seconds.
    public init(
        _ rules: SocketRules, now: UInt64, token: VerifiedToken, lease: ConnectionLease?, unixNow: Int64
    ) {
        self.init(rules, now: now)
        hasHandshakeToken = true
        adopt(token, lease, now: now, unixNow: unixNow)
    }

    /// Whether operations run.
    public var isOpen: Bool { state == .open }
    public var isClosed: Bool { state == .closed }
    public var activeOperations: Set<String> { operations }

    /// When `advance` wants to be called; `nil` for never.
    public var deadline: UInt64? { [timeout, reminder].compactMap { $0 }.min() }

    // MARK: From the client

    /// A text message.
    public mutating func receive(_ text: [UInt8], now: UInt64) -> [SocketAction] {
        guard state != .closed else { return [] }
        guard text.count <= rules.messageBytes else { return close(1009, "Message too big") }
        let message: SocketMessage
        do throws(SocketMessage.Malformed) {
            message = try SocketMessage.read(
                text, rules.readers, members: rules.tokenMembers, idBytes: rules.idBytes)
        } catch {
            return close(4400, "Invalid message")
        }
        switch message {
        case .initialise(let credentials): return initialise(credentials)
        case .ping(let credentials): return ping(credentials)
        case .pong: return []
        case .subscribe(let id, let payload): return subscribe(id, payload)
        case .complete(let id): return operations.remove(id) == nil ? [] : [.stop(id: id)]
        }
    }

    /// A binary message, which the protocol does not have.
    public mutating func receiveBinary() -> [SocketAction] { close(4400, "Invalid message") }

    /// The client has gone, or the connection was lost.
    public mutating func disconnected() -> [SocketAction] {
        guard state != .closed else { return [] }
        return end()
    }

    private mutating func initialise(_ credentials: [String]) -> [SocketAction] {
        guard state == .waiting else { return close(4429, "Too many initialisation requests") }
        // One of a field or a cookie and one of the payload could be two callers.
        guard credentials.count + (hasHandshakeToken ? 1 : 0) <= 1 else {
            return close(4400, "Credentials in two places")
        }
        if let text = credentials.first {
            guard let token = Self.token(text) else { return close(4403, "Forbidden") }
            state = .authenticating
            return [.authenticate(token: token)]
        }
        guard hasHandshakeToken || rules.allowsAnonymous else { return close(4403, "Forbidden") }
        return acknowledge()
    }

    private mutating func acknowledge() -> [SocketAction] {
        state = .open
        timeout = nil
        guard let expiration else { return [.send(#"{"type":"connection_ack"}"#)] }
        return [.send(#"{"type":"connection_ack","payload":{"expires":\#(expiration),"renewal":"ping"}}"#)]
    }

    private mutating func ping(_ credentials: [String]) -> [SocketAction] {
        guard !credentials.isEmpty else { return [.send(#"{"type":"pong"}"#)] }
        // One at a time, and only for who has something to renew.
        guard credentials.count == 1, lease != nil, state == .open || state == .suspended, !isRenewing,
            let token = Self.token(credentials[0])
        else { return [notRenewed] }
        isRenewing = true
        return [.renew(token: token)]
    }

    private mutating func subscribe(_ id: String, _ payload: String) -> [SocketAction] {
        switch state {
        case .open: break
        case .suspended: return [.send(Self.error(id, Refusal(.invalidToken, "lease_ended")))]
        default: return close(4401, "Unauthorized")
        }
        guard !operations.contains(id) else {
            // 123 bytes are all that a reason may have (RFC 6455 §5.5).
            return close(4409, "Subscriber for \(id.utf8.count <= 64 ? id : "this id") already exists")
        }
        guard operations.count < rules.operations else {
            return [.send(Self.error(id, Refusal(.tooManyRequests(retryAfter: 1), "too_many_operations")))]
        }
        operations.insert(id)
        return [.start(id: id, payload: payload)]
    }

    /// `Bearer` and a token, or a token alone (RFC 6750 §2.1).
    private static func token(_ text: String) -> String? {
        let bytes = text.utf8.trimmed
        let scheme = bytes.prefix { $0 != UInt8(ascii: " ") }
        let token = scheme.equalsIgnoringCase("Bearer") ? bytes.dropFirst(scheme.count).trimmed : bytes
        return token.isB64Token ? String(decoding: token, as: UTF8.self) : nil
    }

    // MARK: From whoever verifies

    /// The token that `authenticate` asked about is good. `lease` is one that a `LeaseBook` has made for it.
    public mutating func accept(
        _ token: VerifiedToken, lease: ConnectionLease?, now: UInt64, unixNow: Int64
    ) -> [SocketAction] {
        guard state == .authenticating else {
            // Too late: it was closed meanwhile.
            lease?.giveUp()
            return []
        }
        adopt(token, lease, now: now, unixNow: unixNow)
        return acknowledge()
    }

    /// The token that `renew` asked about is good. The lease goes on under it; a connection whose lease has ended needs a new one,
    /// and any may be given one.
    public mutating func renew(
        with token: VerifiedToken, lease fresh: ConnectionLease? = nil, now: UInt64, unixNow: Int64
    ) -> [SocketAction] {
        guard isRenewing, state != .closed, let lease, holder == Holder(token) else {
            fresh?.giveUp()
            return refuseRenewal()
        }
        if let fresh {
            lease.giveUp()
            adopt(token, fresh, now: now, unixNow: unixNow)
        } else {
            do throws(ConnectionLease.RenewalError) { try lease.renew(with: token) } catch { return refuseRenewal() }
            adopt(token, lease, now: now, unixNow: unixNow)
        }
        isRenewing = false
        state = .open
        timeout = nil
        let expires = token.expiration.map { ",\"expires\":\($0)" } ?? ""
        return [.send("{\"type\":\"pong\",\"payload\":{\"renewed\":true\(expires)}}")]
    }

    /// The token that `authenticate` or `renew` asked about is not good. A renewal that fails changes nothing.
    public mutating func refuse(_ refusal: Refusal) -> [SocketAction] {
        if state == .authenticating {
            switch refusal.answer {
            case .unavailable, .tooManyRequests: return close(1013, "Try again later")
            case .invalidRequest: return close(4400, "Invalid message")
            default: return close(4403, "Forbidden")
            }
        }
        return refuseRenewal()
    }

    private mutating func refuseRenewal() -> [SocketAction] {
        guard isRenewing, state != .closed else { return [] }
        isRenewing = false
        return [notRenewed]
    }

    /// The lease has ended: its book says so.
    public mutating func leaseEnded(_ ending: ConnectionLease.Ending, now: UInt64) -> [SocketAction] {
        guard state != .closed else { return [] }
        // Who was locked out has nothing to renew.
        guard state == .open, case .suspend(let grace) = rules.ending, ending == .expired else {
            return close(4403, "Forbidden")
        }
        state = .suspended
        reminder = nil
        timeout = Self.time(now, after: grace)
        return endOperations()
    }

    private var notRenewed: SocketAction { .send(#"{"type":"pong","payload":{"renewed":false}}"#) }

    private mutating func adopt(_ token: VerifiedToken, _ lease: ConnectionLease?, now: UInt64, unixNow: Int64) {
        self.token = token
        self.lease = lease
        holder = Holder(token)
        expiration = token.expiration
        reminder = nil
        if let expiration, lease != nil, let ahead = rules.reminder {
            let left = expiration.addingSaturated(-max(0, unixNow)).addingSaturated(-max(0, ahead))
            // Who has less than that to live has just been told.
            if left > 0 { reminder = Self.time(now, after: left) }
        }
    }
}
