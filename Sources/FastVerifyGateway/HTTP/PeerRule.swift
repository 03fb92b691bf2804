internal import FastVerifyAccess
internal import NIOCore

/// Which peers a listener talks to.
struct PeerRule: Sendable {
    private let blocks: [AddressBlock]?

    init(_ peers: ListenerConfiguration.Peers) {
        switch peers {
        case .anyone: blocks = nil
        case .blocks(let texts): blocks = texts.compactMap { AddressBlock($0) }
        }
    }

    static func isBlock(_ text: String) -> Bool { AddressBlock(text) != nil }

    /// A socket file has no addresses; its permissions decide.
    func allows(_ address: SocketAddress?) -> Bool {
        guard let blocks else { return true }
        guard let address = address?.ipAddress.flatMap({ IPAddress(peer: $0) }) else { return false }
        return blocks.contains { $0.contains(address) }
    }
}

extension PeerRule {
    /// As gRPC writes a peer: `ipv4:127.0.0.1:1234`, `ipv6:[::1]:1234`, `unix:…`.
    func allows(peer: String) -> Bool {
        guard let kind = peer.firstIndex(of: ":") else { return allows(nil) }
        let rest = peer[peer.index(after: kind)...]
        guard peer.hasPrefix("ip"), let colon = rest.lastIndex(of: ":") else { return allows(nil) }
        let host = rest[..<colon].filter { $0 != "[" && $0 != "]" }
        return allows(try? SocketAddress(ipAddress: String(host), port: 0))
    }
}
