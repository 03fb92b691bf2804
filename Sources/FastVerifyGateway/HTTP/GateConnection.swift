internal import FastVerifyAccess
internal import NIOCore
internal import NIOSSL

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// One connection: reads heads, hands requests to the gate one at a time, writes answers in order.
///
/// Pipelined requests wait in the buffer until the one before is answered. Reading stops when that buffer holds more than a
/// head may have, so that what a client can make us keep is bounded.
final class GateConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case head
        /// A request is with the gate.
        case waiting
        /// So much of a body that nobody reads.
        case body(Int)
        /// The last answer is written; what still comes is dropped.
        case closing
    }

    private let gate: GateLoop
    private let role: ListenerRole
    private var context: ChannelHandlerContext?
    private var state = State.head
    private var input = ByteBuffer()
    /// What came while the input was in use.
    private var later = ByteBuffer()
    /// Bytes of the input in which no head ends.
    private var searched = 0
    private var isReadHeld = false
    /// While a head is being read, its bytes stay where they are.
    private var isInProcess = false
    private var keepsAlive = true
    private var saysKeepAlive = false
    private var isLast = false
    var deadline: NIODeadline
    var position = -1

    init(_ gate: GateLoop, _ role: ListenerRole) {
        self.gate = gate
        self.role = role
        deadline = gate.now + gate.gateway.headTime
    }

    // MARK: Events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        gate.add(self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    private func end() {
        guard context != nil else { return }
        context = nil
        state = .closing
        gate.remove(self)
        gate.gateway.released()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A client that has ended its side waits for an answer, or for nothing.
        if let event = event as? ChannelEvent, event == .inputClosed {
            isLast = true
            if case .waiting = state { return }
            context.close(promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        switch state {
        case .closing: return
        case .waiting:
            if later.readableBytes == 0 { later = bytes } else { later.writeBuffer(&bytes) }
        default:
            if input.readableBytes == 0 {
                input = bytes
                searched = 0
                if case .head = state { deadline = gate.now + gate.gateway.headTime }
            } else {
                input.writeBuffer(&bytes)
            }
            process()
        }
    }

    func read(context: ChannelHandlerContext) {
        if input.readableBytes + later.readableBytes > gate.gateway.maxHead + 4096 || !context.channel.isWritable {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { readOn(context) }

    private func readOn(_ context: ChannelHandlerContext) {
        guard isReadHeld, context.channel.isWritable else { return }
        isReadHeld = false
        context.read()
    }

    // MARK: Reading

    private func process() {
        while context != nil {
            switch state {
            case .waiting, .closing: return
            case .body(let size):
                let count = min(size, input.readableBytes)
                input.moveReaderIndex(forwardBy: count)
                guard count == size else {
                    state = .body(size - count)
                    return
                }
                state = .head
                searched = 0
            case .head:
                guard input.readableBytes > 0 else { return becomeIdle() }
                guard let size = endOfHead() else { return }
                readHead(size)
            }
        }
    }

    private func becomeIdle() {
        deadline = gate.now + gate.gateway.idleTime
        if isLast { context?.close(promise: nil) }
    }

    /// Size of the head at the beginning of the input. `nil`: there is more to come, or none can come.
    private func endOfHead() -> Int? {
        let limit = gate.gateway.maxHead
        let (size, isBroken) = input.withUnsafeReadableBytes { HeadEnd.find(in: $0, after: &searched) }
        if let size, size <= limit { return size }
        if isBroken {
            fail(.badRequest)
        } else if input.readableBytes > limit {
            fail(.headerTooLarge)
        }
        return nil
    }

    private func readHead(_ size: Int) {
        searched = 0
        gate.counts.requests += 1
        isInProcess = true
        let fault = input.withUnsafeReadableBytes { bytes -> RequestHead.Fault? in
            let text = bytes.slice(0..<size)
            do throws(RequestHead.Fault) {
                let head = try RequestHead(text, maxFields: gate.gateway.maxFields)
                guard head.bodySize <= gate.gateway.maxBody else { throw .contentTooLarge }
                keepsAlive = head.keepsAlive
                saysKeepAlive = !head.isVersion11 && head.keepsAlive
                state = .waiting
                RequestAdmission.admit(head, text, of: self, at: role, to: gate)
                return nil
            } catch {
                return error
            }
        }
        isInProcess = false
        if case .closing = state { return }
        input.moveReaderIndex(forwardBy: size)
        guard let fault else { return }
        fail(fault)
    }

    /// What the client has authenticated its TLS connection with.
    var peerCertificate: ClientCertificate? {
        guard let context, let tls = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self),
            let certificate = try? tls.peerCertificate?.toDERBytes()
        else { return nil }
        return ClientCertificate(der: certificate)
    }

    // MARK: Answering

    /// Writes the answer to the request that the gate has, and goes on with what came after it.
    func finish(_ answer: PreparedAnswer, _ request: AdmittedRequest, more: [UInt8]) {
        finish(answer, hidesBody: request.hidesBody, bodySize: request.bodySize, more: more)
    }

    func finish(_ answer: PreparedAnswer, hidesBody: Bool, bodySize: Int, more: [UInt8] = []) {
        guard let context, case .waiting = state else { return }
        let closes = !keepsAlive || isLast || gate.gateway.isDraining
        write(answer, closes ? .close : saysKeepAlive ? .keepAlive : .unsaid, hidesBody, more, context)
        if closes {
            close(context)
            return
        }
        state = .body(bodySize)
        deadline = gate.now + gate.gateway.headTime
        // While its own head is being read, the loop that reads goes on by itself.
        guard !isInProcess else { return }
        resume()
    }

    private func resume() {
        if later.readableBytes > 0 {
            if input.readableBytes == 0 { input = later } else { input.writeBuffer(&later) }
            later = ByteBuffer()
        }
        process()
        if let context { readOn(context) }
    }

    private func write(
        _ answer: PreparedAnswer, _ connection: ConnectionField, _ hidesBody: Bool, _ more: [UInt8],
        _ context: ChannelHandlerContext
    ) {
        var buffer = context.channel.allocator.buffer(capacity: 512 + more.count)
        answer.write(to: &buffer, date: gate.date, connection: connection, hidesBody: hidesBody, more: more)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    /// Answers what was not read, and ends: nobody knows where the next request would begin.
    private func fail(_ fault: RequestHead.Fault) {
        gate.counts.faults[fault.rawValue, default: 0] += 1
        guard let context else { return }
        write(PreparedAnswer(fault.rawValue, [("Cache-Control", "no-store")]), .close, false, [], context)
        close(context)
    }

    /// Ends our side first, and the connection a little later: what the client is still sending must not destroy the answer.
    private func close(_ context: ChannelHandlerContext) {
        state = .closing
        later = ByteBuffer()
        deadline = gate.now + .seconds(1)
        context.close(mode: .output, promise: nil)
        readOn(context)
    }

    // MARK: Time

    func expire() {
        guard let context else { return }
        switch state {
        case .head where input.readableBytes > 0, .body:
            gate.counts.timeouts += 1
            write(PreparedAnswer(408), .close, false, [], context)
            close(context)
        case .waiting: deadline = .distantFuture
        case .head, .closing: context.close(promise: nil)
        }
    }

    /// Makes the next answer the last. Who sends nothing is let go when the grace is over.
    func drain() {
        if case .head = state, input.readableBytes == 0 { deadline = gate.now + gate.gateway.drainGrace }
    }
}

/// Looks for the empty line that ends a head.
enum HeadEnd {
    /// - Returns: the size with that line; or whether a line ends in LF alone, so that no head can come of it.
    static func find(in text: UnsafeRawBufferPointer, after searched: inout Int) -> (Int?, Bool) {
        var position = searched
        while position < text.count, let found = memchr(text.baseAddress! + position, 0x0A, text.count - position) {
            let end = UnsafeRawPointer(found) - text.baseAddress!
            guard end > 0, text[end - 1] == 0x0D else { return (nil, true) }
            if end >= 3, text[end - 2] == 0x0A { return (end + 1, false) }
            if end == 1 { return (nil, true) }
            position = end + 1
        }
        // A CR at the end may become a CR LF; a line feed was not seen before `position`.
        searched = position
        return (nil, false)
    }
}
