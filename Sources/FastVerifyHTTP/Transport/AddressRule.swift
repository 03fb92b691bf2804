internal import FastVerifyAccess

/// Which addresses a fetch may connect to: those of the public Internet, and what is allowed besides.
///
/// A URL that comes from a configuration screen or an issuer's metadata must not be a way to reach what only this machine
/// can reach (server-side request forgery). The rule is applied to the address that is connected to, after name
/// resolution, so a name that resolves to something else a moment later (DNS rebinding) gains nothing.
public struct AddressRule: Sendable, Hashable {
    /// Everything IANA's special-purpose registries (RFC 6890) keep from global unicast: loopback, private networks,
    /// link-local, carrier-grade NAT, multicast, documentation, reserved; and the ways of writing such an address in IPv6:
    /// mapped, compatible, translated (NAT64, RFC 6052), 6to4 and Teredo.
    public static let publicInternet = AddressRule(blocks: [])

    private let allowed: [AddressBlock]

    private init(blocks: [AddressBlock]) { allowed = blocks }

    /// The public Internet and these blocks, in CIDR notation: `10.20.0.0/16`, `fd00::/8`, `127.0.0.1`. `nil` when one of
    /// them is none. A network that reaches IPv4 by NAT64 allows its prefix, e.g. `64:ff9b::/96`, and thereby all of IPv4.
    public init?(allowing blocks: [String]) {
        var allowed: [AddressBlock] = []
        for text in blocks {
            guard let block = AddressBlock(text) else { return nil }
            allowed.append(block)
        }
        self.init(blocks: allowed)
    }

    func allows(_ address: IPAddress) -> Bool {
        if allowed.contains(where: { $0.contains(address) }) { return true }
        if address.isIPv6 {
            return Self.globalUnicast.contains(address) && !Self.specialIPv6.contains { $0.contains(address) }
        }
        return !Self.specialIPv4.contains { $0.contains(address) }
    }

    private static func blocks(_ texts: [String]) -> [AddressBlock] { texts.map { AddressBlock($0)! } }

    private static let specialIPv4 = blocks([
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    ])
    /// All that IANA has given out for global unicast; ::1, fc00::/7, fe80::/10, ff00::/8, ::ffff:0:0/96 and 64:ff9b::/96
    /// lie outside.
    private static let globalUnicast = AddressBlock("2000::/3")!
    private static let specialIPv6 = blocks([
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
    ])
}
