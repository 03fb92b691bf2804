internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Listens, and gives every connection to the gate of its loop.
struct GateServer: Sendable {
    private let group: any EventLoopGroup
    private let loops: GateLoops
    private let gateway: SharedGate

    init(_ group: any EventLoopGroup, _ loops: GateLoops, _ gateway: SharedGate) {
        self.group = group
        self.loops = loops
        self.gateway = gateway
    }

    /// Begins to listen. A socket file that nobody listens on any more is replaced.
    func listen(_ listener: ListenerConfiguration, _ role: ListenerRole, _ tls: ServerCertificate?)
        async throws -> any Channel
    {
        let peers = PeerRule(listener.peers)
        let (loops, gateway) = (loops, gateway)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard peers.allows(channel.remoteAddress), let gate = loops.gate(on: channel.eventLoop) else {
                        gateway.turnAway()
                        throw TurnedAway()
                    }
                    guard gateway.admit() else { throw TurnedAway() }
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls.context)) }
                    try pipeline.addHandler(GateConnection(gate, role))
                }
            }
        switch listener.address {
        case .network(let host, let port): return try await bootstrap.bind(host: host, port: port).get()
        case .file(let path):
            return try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        }
    }

    /// Lets nobody connect any more, while those who have connected and wait to be accepted are not thrown away, as they would be by
    /// closing: on Linux a packet filter on the listening socket that takes nothing. Elsewhere, and if it fails, nothing happens.
    static func stopConnecting(_ channel: any Channel) async {
        #if os(Linux)
            guard let socket = channel as? any SocketOptionProvider else { return }
            // struct sock_filter { BPF_RET | BPF_K, 0 } and struct sock_fprog; SO_ATTACH_FILTER is 26 on the processors we run on.
            let instruction = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
            instruction.initialize(to: 0x06)
            let program = FilterProgram(count: 1, instructions: UInt(bitPattern: instruction))
            _ = try? await socket.unsafeSetSocketOption(level: .socket, name: .init(rawValue: 26), value: program).get()
            instruction.deallocate()
        #endif
    }

    private struct FilterProgram: Sendable {
        let count: UInt16
        let instructions: UInt
    }

    /// A connection that is closed before it is read.
    private struct TurnedAway: Error {}
}
