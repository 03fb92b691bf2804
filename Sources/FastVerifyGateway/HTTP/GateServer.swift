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
    func listen(_ listener: ListenerConfiguration, _ role: ListenerRole, _ tls: NIOSSLContext?) async throws
        -> any Channel
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
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.addHandler(GateConnection(gate, role))
                }
            }
        switch listener.address {
        case .network(let host, let port): return try await bootstrap.bind(host: host, port: port).get()
        case .file(let path):
            return try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        }
    }

    /// A connection that is closed before it is read.
    private struct TurnedAway: Error {}

    static func tls(_ files: ListenerConfiguration.TLS) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(files.certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: files.key, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }
}
