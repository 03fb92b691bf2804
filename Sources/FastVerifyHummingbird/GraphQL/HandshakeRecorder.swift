internal import NIOCore
internal import NIOHTTP1

/// Keeps the first request of a connection while it may become a WebSocket, for the router to answer where it does not: the upgrade handler of
/// swift-nio 2.101 drops a request that asks for an upgrade and gets none. Stands before that handler; on its event loop.
final class HandshakeRecorder: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private var parts: [HTTPServerRequestPart] = []
    private var isRecording = true
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isRecording { record(unwrapInboundIn(data)) }
        context.fireChannelRead(data)
    }

    /// No upgrade has a body; the handler behind refuses one by itself.
    private func record(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head):
            isRecording = head.headers.contains(name: "upgrade")
            if isRecording { parts = [part] }
        case .body: break
        case .end:
            parts.append(part)
            isRecording = false
        }
    }

    /// Once more. The upgrade handler, which is about to leave, hands it on to those who have been added behind it.
    func replay() {
        isRecording = false
        for part in parts { context?.fireChannelRead(wrapInboundOut(part)) }
        parts = []
    }
}
