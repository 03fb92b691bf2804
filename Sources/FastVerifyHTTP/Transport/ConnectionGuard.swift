internal import FastVerifyAccess
internal import NIOCore

/// Stands first in a connection's pipeline: counts all bytes that come in, whatever they belong to, and closes the connection
/// when they are too many. What HTTP or TLS make of them bounds nothing by itself: headers, chunk extensions and trailers can
/// go on for ever.
final class ConnectionGuard: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    /// What the framing may cost beside header and body: chunk sizes, TLS records.
    static let framing = 64 << 10

    private let budget: NIOLoopBoundBox<Int>

    init(budget: Int, eventLoop: any EventLoop) { self.budget = NIOLoopBoundBox(budget, eventLoop: eventLoop) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        budget.value -= unwrapInboundIn(data).readableBytes
        guard budget.value >= 0 else {
            context.fireErrorCaught(FetchError.tooLarge)
            context.close(promise: nil)
            return
        }
        context.fireChannelRead(data)
    }

    /// Guards a connection that has just been made; fails where it leads to an address that is not allowed, before a byte
    /// of the request is sent.
    static func guarding(_ channel: any Channel, budget: Int, rule: AddressRule) -> EventLoopFuture<Void> {
        guard let text = channel.remoteAddress?.ipAddress, let address = IPAddress(text), rule.allows(address) else {
            return channel.close().flatMapThrowing { throw FetchError.addressRefused }
        }
        return channel.eventLoop.submit {
            let handler = ConnectionGuard(budget: budget, eventLoop: channel.eventLoop)
            try channel.pipeline.syncOperations.addHandler(handler, position: .first)
        }
    }
}
