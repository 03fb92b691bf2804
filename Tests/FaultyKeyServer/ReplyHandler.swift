internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Reads a request up to its empty line and carries out the reply.
final class ReplyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let server: FaultyKeyServer
    private var text: [UInt8] = []
    private var hasReplied = false
    /// What goes out again and again while the peer reads.
    private var repeated: ByteBuffer?

    init(_ server: FaultyKeyServer) { self.server = server }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += unwrapInboundIn(data).readableBytesView
        guard !hasReplied, let text = String(validating: text, as: UTF8.self), text.hasSuffix("\r\n\r\n") else {
            return
        }
        hasReplied = true
        perform(server.reply(to: KeyServerRequest(text)), context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pour(context)
        context.fireChannelWritabilityChanged()
    }

    /// A peer that breaks a connection off is what many of these tests are about.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func perform(_ reply: KeyServerReply, _ context: ChannelHandlerContext) {
        switch reply {
        case .bytes(let bytes, let ending):
            let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes))).whenComplete { _ in
                Self.end(ending, loopBound.value)
            }
        case .endless(let bytes, let repeating):
            repeated = ByteBuffer(bytes: repeating)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
            pour(context)
        case .live(let reply): reply.attach(context.channel)
        case .drip(let bytes, let milliseconds):
            drip(bytes[...], .milliseconds(milliseconds), NIOLoopBound(context, eventLoop: context.eventLoop))
        }
    }

    private static func end(_ ending: KeyServerReply.Ending, _ context: ChannelHandlerContext) {
        switch ending {
        case .close: context.close(promise: nil)
        case .hold: break
        case .reset:
            // Closing with a linger time of zero resets the connection.
            let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop)
            (context.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
                .whenComplete { _ in loopBound.value.close(promise: nil) }
        }
    }

    private func pour(_ context: ChannelHandlerContext) {
        guard let repeated else { return }
        var rounds = 0
        while context.channel.isActive, context.channel.isWritable, rounds < 64 {
            context.writeAndFlush(wrapOutboundOut(repeated), promise: nil)
            rounds += 1
        }
        guard context.channel.isActive, context.channel.isWritable else { return }
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.execute { loopBound.value.0.pour(loopBound.value.1) }
    }

    private func drip(_ bytes: ArraySlice<UInt8>, _ pause: TimeAmount, _ context: NIOLoopBound<ChannelHandlerContext>) {
        guard let first = bytes.first, context.value.channel.isActive else { return }
        context.value.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [first])), promise: nil)
        let handler = NIOLoopBound(self, eventLoop: context.value.eventLoop)
        context.value.eventLoop.scheduleTask(in: pause) { handler.value.drip(bytes.dropFirst(), pause, context) }
    }
}
