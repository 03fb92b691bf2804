internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import ServiceLifecycle

extension Gateway {
    /// Serves until the service group shuts down.
    func serveEnvoy(_ listener: ListenerConfiguration) async throws {
        let address: GRPCNIOTransportCore.SocketAddress
        switch listener.address {
        case .network(let host, let port):
            address =
                host.contains(":")
                ? .ipv6(host: host, port: port) : .ipv4(host: host == "localhost" ? "127.0.0.1" : host, port: port)
        case .file(let path): address = .unixDomainSocket(path: path)
        }
        let transport = HTTP2ServerTransport.Posix(
            address: address, transportSecurity: try certificates.certificate(for: "grpc")?.forGRPC ?? .plaintext)
        let server = GRPCServer(
            transport: transport, services: [AuthorizationService(gateway: gateway, peers: PeerRule(listener.peers))])
        try await withThrowingDiscardingTaskGroup { tasks in
            tasks.addTask { try await server.serve() }
            if let bound = try await transport.listeningAddress.ipv4 {
                self.add("grpc", at: "\(bound.host):\(bound.port)")
            }
            try? await gracefulShutdown()
            server.beginGracefulShutdown()
        }
    }
}
