public import FastVerify
public import FastVerifyAccess
public import HTTPTypes
public import NIOCore
public import NIOWebSocket

/// Runs a `GraphQLSocket` on the event loop of a WebSocket channel. Any NIO server can add it after the upgrade, behind a
/// `NIOWebSocketFrameAggregator`; every method is called on the loop, and all else comes back to it.
public final class GraphQLSocketHandler<Identity: TokenIdentity, Verification: TokenVerification>: ChannelInboundHandler
{
    public typealias InboundIn = WebSocketFrame
    public typealias OutboundOut = WebSocketFrame

    /// An operation that runs. An id may come again while what ran under it before is still ending.
    private struct Operation {
        let number: Int
        let task: Task<Void, Never>
    }

    private let endpoint: GraphQLEndpoint<Identity, Verification>
    private let handshake: HTTPRequest
    /// Of the handshake, until the handler is in its pipeline.
    private let token: VerifiedToken?
    private var socket: GraphQLSocket
    private var operations: [String: Operation] = [:]
    private var started = 0
    private var timer: Scheduled<Void>?

    /// - Parameters:
    ///   - handshake: the request that was upgraded.
    ///   - token: its token, verified and checked, where it has brought one.
    public init(
        _ endpoint: GraphQLEndpoint<Identity, Verification>, handshake: HTTPRequest, token: VerifiedToken? = nil
    ) {
        self.endpoint = endpoint
        self.handshake = handshake
        self.token = token
        socket = GraphQLSocket(endpoint.rules, now: NIODeadline.now().uptimeNanoseconds)
    }

    private var now: UInt64 { NIODeadline.now().uptimeNanoseconds }

    // MARK: From the channel

    public func handlerAdded(context: ChannelHandlerContext) {
        if let token {
            do {
                let lease = try makeLease(token, context)
                socket = GraphQLSocket(
                    endpoint.rules, now: now, token: token, lease: lease, unixNow: endpoint.clock.now)
            } catch {
                return perform([.close(code: 4403, reason: "Forbidden")], context)
            }
        }
        perform([], context)
    }

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text: perform(socket.receive(Array(frame.unmaskedData.readableBytesView), now: now), context)
        case .binary: perform(socket.receiveBinary(), context)
        case .ping: write(.pong, frame.unmaskedData, context)
        case .connectionClose:
            perform(socket.disconnected(), context)
            // Echoed, as RFC 6455 §5.5.1 asks.
            write(.connectionClose, frame.unmaskedData, context)
            context.close(promise: nil)
        default: break
        }
    }

    public func channelInactive(context: ChannelHandlerContext) {
        perform(socket.disconnected(), context)
        context.fireChannelInactive()
    }

    public func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        for action in socket.disconnected() { stop(action) }
    }

    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        perform(socket.disconnected(), context)
        context.close(promise: nil)
    }

    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { perform(socket.shutDown(), context) }
        // A server may let clients close their half; nothing can be asked of one that has.
        if event as? ChannelEvent == .inputClosed {
            perform(socket.disconnected(), context)
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: What the socket wants

    private func perform(_ actions: [SocketAction], _ context: ChannelHandlerContext) {
        for action in actions {
            switch action {
            case .send(let text): write(.text, ByteBuffer(string: text), context)
            case .close(let code, let reason): close(code, reason, context)
            case .authenticate(let token): verify(token, isRenewal: false, context)
            case .renew(let token): verify(token, isRenewal: true, context)
            case .start(let id, let payload): start(id, payload, context)
            case .stop: stop(action)
            }
        }
        timer?.cancel()
        timer = nil
        guard let deadline = socket.deadline else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: .uptimeNanoseconds(deadline)) {
            let (handler, context) = bound.value
            handler.perform(handler.socket.advance(to: handler.now), context)
        }
    }

    private func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: data)), promise: nil)
    }

    private func close(_ code: UInt16, _ reason: String, _ context: ChannelHandlerContext) {
        var data = ByteBuffer()
        data.writeInteger(code)
        data.writeString(reason)
        write(.connectionClose, data, context)
        context.close(promise: nil)
    }

    private func stop(_ action: SocketAction) {
        if case .stop(let id) = action { operations.removeValue(forKey: id)?.task.cancel() }
    }

    // MARK: Tokens

    private func verify(_ text: String, isRenewal: Bool, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let (endpoint, handshake, channel, loop) = (endpoint, handshake, context.channel, context.eventLoop)
        Task {
            let result: Result<VerifiedToken, Refusal>
            do throws(Refusal) {
                let peer = await ConnectionPeer.inspecting(channel)
                result = .success(try await endpoint.token(of: Credential(text), handshake, from: peer))
            } catch {
                result = .failure(error)
            }
            loop.execute {
                let (handler, context) = bound.value
                handler.settle(result, isRenewal: isRenewal, context)
            }
        }
    }

    private func settle(
        _ result: Result<VerifiedToken, Refusal>, isRenewal: Bool, _ context: ChannelHandlerContext
    ) {
        let (now, unixNow) = (now, endpoint.clock.now)
        do throws(Refusal) {
            let token = try result.get()
            // A lease that goes on takes the new token; one that has ended needs another.
            let goesOn = isRenewal && socket.lease?.isActive == true
            let fresh = goesOn ? nil : try makeLease(token, context)
            perform(
                isRenewal
                    ? socket.renew(with: token, lease: fresh, now: now, unixNow: unixNow)
                    : socket.accept(token, lease: fresh, now: now, unixNow: unixNow), context)
        } catch {
            perform(socket.refuse(error), context)
        }
    }

    private func makeLease(_ token: VerifiedToken, _ context: ChannelHandlerContext) throws(Refusal) -> ConnectionLease
    {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        do {
            return try endpoint.leases.lease(token) { ending in
                loop.execute {
                    let (handler, context) = bound.value
                    handler.perform(handler.socket.leaseEnded(ending, now: handler.now), context)
                }
            }
        } catch {
            throw Refusal(.invalidToken, "lease_refused")
        }
    }

    // MARK: Operations

    private func start(_ id: String, _ payload: String, _ context: ChannelHandlerContext) {
        started += 1
        let number = started
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let (endpoint, loop) = (endpoint, context.eventLoop)
        let operation: GraphQLContext<Identity>
        do throws(Refusal) {
            if let token = socket.token { try endpoint.policy.limits?.take(token.claims).check() }
            operation = try endpoint.context(socket.token, handshake, socket.lease)
        } catch {
            return perform(socket.fail(id, error), context)
        }
        let task = Task {
            var refusal: Refusal?
            do {
                for try await result in try await endpoint.execution(operation, payload) {
                    let goesOn = try await loop.flatSubmit {
                        let (handler, context) = bound.value
                        return handler.next(id, number, result, context)
                    }.get()
                    guard goesOn else { return }
                }
            } catch {
                refusal = error as? Refusal ?? Refusal(.unavailable, "operation_failed")
            }
            loop.execute { [refusal] in
                let (handler, context) = bound.value
                handler.end(id, number, refusal, context)
            }
        }
        operations[id] = Operation(number: number, task: task)
    }

    /// Whether the operation goes on, when its result has been written: a client that reads slowly gets results slowly.
    private func next(
        _ id: String, _ number: Int, _ result: String, _ context: ChannelHandlerContext
    ) -> EventLoopFuture<Bool> {
        guard operations[id]?.number == number else { return context.eventLoop.makeSucceededFuture(false) }
        let written = context.eventLoop.makePromise(of: Void.self)
        for action in socket.next(id, result: result) {
            guard case .send(let text) = action else { continue }
            let frame = WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: text))
            context.writeAndFlush(wrapOutboundOut(frame), promise: written)
            return written.futureResult.map { true }
        }
        written.succeed()
        return context.eventLoop.makeSucceededFuture(false)
    }

    private func end(_ id: String, _ number: Int, _ refusal: Refusal?, _ context: ChannelHandlerContext) {
        guard operations[id]?.number == number else { return }
        operations[id] = nil
        perform(refusal.map { socket.fail(id, $0) } ?? socket.complete(id), context)
    }
}
