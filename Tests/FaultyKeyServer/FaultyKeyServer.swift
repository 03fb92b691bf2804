public import NIOCore
internal import NIOPosix
public import NIOSSL
internal import Synchronization

/// An HTTP server on the loopback interface that answers as a test wants it to, wrong ways included, and counts.
public final class FaultyKeyServer: Sendable {
    private struct Condition {
        var reply: @Sendable (KeyServerRequest) -> KeyServerReply
        var requests: [KeyServerRequest] = []
        var connections = 0
    }

    private let condition: Mutex<Condition>
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let channel = Mutex<(any Channel)?>(nil)
    private let children = Mutex<[ObjectIdentifier: any Channel]>([:])

    /// Listens on a free port of 127.0.0.1.
    public init(
        tls: NIOSSLContext? = nil, _ reply: @escaping @Sendable (KeyServerRequest) -> KeyServerReply
    ) async throws {
        condition = Mutex(Condition(reply: reply))
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [weak self] child in
                guard let self else { return child.close() }
                self.accepted(child)
                return child.eventLoop.submit {
                    if let tls { try child.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try child.pipeline.syncOperations.addHandler(ReplyHandler(self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.channel.withLock { $0 = channel }
    }

    public var port: Int { channel.withLock { $0?.localAddress?.port ?? 0 } }
    public var url: String { "http://127.0.0.1:\(port)" }

    /// What is answered from now on.
    public func answer(_ reply: @escaping @Sendable (KeyServerRequest) -> KeyServerReply) {
        condition.withLock { $0.reply = reply }
    }

    public func answer(_ fault: Fault) { answer { _ in fault.reply } }

    public var requests: [KeyServerRequest] { condition.withLock { $0.requests } }
    public var connections: Int { condition.withLock { $0.connections } }
    /// Connections that are open at the moment.
    public var openConnections: Int { children.withLock { $0.count } }

    /// A connection of one's own.
    public func connect() async throws -> any Channel {
        try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port).get()
    }

    public func shutdown() async throws {
        try await channel.withLock { $0 }?.close()
        try await group.shutdownGracefully()
    }

    private func accepted(_ child: any Channel) {
        condition.withLock { $0.connections += 1 }
        let name = ObjectIdentifier(child)
        children.withLock { $0[name] = child }
        child.closeFuture.whenComplete { _ in self.children.withLock { $0[name] = nil } }
    }

    func reply(to request: KeyServerRequest) -> KeyServerReply {
        let reply = condition.withLock {
            $0.requests.append(request)
            return $0.reply
        }
        return reply(request)
    }
}
