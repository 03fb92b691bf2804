/// Peers of connections that are proxies of one's own, whose word about a request is taken.
///
/// Such a proxy overwrites the fields that are read, in every request, also where a client has sent them.
public struct TrustedProxies: Sendable, Hashable {
    /// Text that is no block of addresses.
    public struct InvalidBlock: Error, Sendable, Hashable {
        public let text: String
    }

    private enum Form: Sendable, Hashable {
        case everyPeer
        case blocks([AddressBlock])
    }

    private let form: Form

    private init(form: Form) { self.form = form }

    /// Addresses and blocks in CIDR notation: `10.0.0.0/8`, `fd00::/8`, `127.0.0.1`.
    public init(_ blocks: String...) throws(InvalidBlock) { try self.init(blocks) }

    public init(_ blocks: [String]) throws(InvalidBlock) {
        var read: [AddressBlock] = []
        for text in blocks {
            guard let block = AddressBlock(text) else { throw InvalidBlock(text: text) }
            read.append(block)
        }
        form = .blocks(read)
    }

    public static var none: TrustedProxies { TrustedProxies(form: .blocks([])) }

    /// For a server that nobody but a proxy can reach: one on a socket file, or behind a packet filter.
    public static var everyPeer: TrustedProxies { TrustedProxies(form: .everyPeer) }

    /// Whether the peer with this address is one of them. One without an address is not, unless every peer is.
    public func trusts(_ address: String?) -> Bool {
        switch form {
        case .everyPeer: return true
        case .blocks(let blocks):
            guard !blocks.isEmpty, let address = address.flatMap({ IPAddress(peer: $0) }) else { return false }
            return blocks.contains { $0.contains(address) }
        }
    }
}
