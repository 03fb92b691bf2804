import FastVerify
import HTTPTypes
import Testing

@testable import FastVerifyAccess

/// Whose word counts about where a request comes from: nobody's but a named proxy's.
struct IngressTests {
    private static let ours = try! TrustedProxies("10.0.0.0/8", "fd00::/8")
    private static let ingress = Ingress(proxies: ours, addressIsForwarded: true)

    private static func request(_ chain: [String]) -> HTTPRequest {
        var request = HTTPRequest(method: .get, scheme: "http", authority: "inner", path: "/orders?x=1")
        for value in chain {
            request.headerFields.append(HTTPField(name: HTTPField.Name("X-Forwarded-For")!, value: value))
        }
        return request
    }

    private static func client(_ chain: [String], from peer: String?, _ ingress: Ingress = ingress) -> String? {
        ingress.clientAddress(of: request(chain), from: ConnectionPeer(address: peer))
    }

    @Test func theClientIsTheLastThatIsNoProxyOfOurs() {
        let cases: [(chain: [String], peer: String?, client: String?)] = [
            // Who is no proxy of ours speaks of itself alone.
            ([], "192.0.2.7", "192.0.2.7"), (["198.51.100.1"], "192.0.2.7", "192.0.2.7"),
            (["198.51.100.1"], nil, nil),
            (["198.51.100.1"], "10.0.0.1", "198.51.100.1"), ([], "10.0.0.1", "10.0.0.1"),
            (["198.51.100.1, 10.0.0.2"], "10.0.0.1", "198.51.100.1"),
            // What stands before the client, it has written itself.
            (["10.0.0.9, 198.51.100.1"], "10.0.0.1", "198.51.100.1"),
            (["10.0.0.9", "198.51.100.1", "10.0.0.2"], "10.0.0.1", "198.51.100.1"),
            (["203.0.113.5,,198.51.100.1 ,\t10.0.0.2"], "10.0.0.1", "198.51.100.1"),
            (["10.0.0.4, 10.0.0.3, 10.0.0.2"], "10.0.0.1", "10.0.0.4"),
            // What is no address ends what is known.
            (["198.51.100.1, unknown"], "10.0.0.1", "10.0.0.1"),
            (["198.51.100.1, _hidden, 10.0.0.2"], "10.0.0.1", "10.0.0.2"),
            (["198.51.100.1:443"], "10.0.0.1", "10.0.0.1"), ([""], "10.0.0.1", "10.0.0.1"),
            // One spelling of one address.
            (["2001:DB8:0::1"], "fd00::1", "2001:db8:0:0:0:0:0:1"),
            (["::ffff:198.51.100.1"], "::ffff:10.0.0.1", "198.51.100.1"),
            ([], "fe80::1%eth0", "fe80:0:0:0:0:0:0:1"),
        ]
        for (chain, peer, client) in cases {
            #expect(Self.client(chain, from: peer) == client, "\(chain) from \(peer ?? "-")")
        }
    }

    /// However long the chain, and whatever the client puts before it.
    @Test func nothingThatAClientWritesChangesWhoItIs() {
        var numbers = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let own = (0..<Int.random(in: 0...12)).map { _ in
                "10.\(Int.random(in: 0...255)).0.\(Int.random(in: 0...255))"
            }
            let client = "198.51.100.\(Int.random(in: 0...255))"
            let written = (0..<Int.random(in: 0...20)).map { _ in
                ["10.0.0.1", "203.0.113.9", "unknown", "", "::1", "fd00::1", "999.1.1.1"].randomElement(
                    using: &numbers)!
            }
            let chain = written + [client] + own
            let fields = Bool.random() ? [chain.joined(separator: ", ")] : chain
            #expect(Self.client(fields, from: "10.0.0.1") == client)
        }
    }

    /// Where every peer is a proxy there is one, and it has seen the client.
    @Test func everyPeer() {
        let ingress = Ingress(proxies: .everyPeer, addressIsForwarded: true)
        #expect(Self.client(["203.0.113.9, 198.51.100.1"], from: nil, ingress) == "198.51.100.1")
        #expect(Self.client(["203.0.113.9, 198.51.100.1"], from: "192.0.2.7", ingress) == "198.51.100.1")
        #expect(Self.client([], from: "192.0.2.7", ingress) == "192.0.2.7")
        #expect(Self.client(["198.51.100.1"], from: "10.0.0.1", Ingress(proxies: Self.ours)) == "10.0.0.1")
    }

    @Test func proxiesAreBlocks() throws {
        for text in [
            "", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "fd00::/129", "proxy.example", "10.0.0.0/8/8", " 10.0.0.1",
        ] {
            #expect(throws: TrustedProxies.InvalidBlock(text: text)) { try TrustedProxies(text) }
        }
        let proxies = try TrustedProxies("10.1.0.0/15", "192.0.2.1", "2001:db8::/33")
        for address in ["9.255.255.255", "10.2.0.0", "192.0.2.2", "2001:db8:8000::", "", "x"] {
            #expect(!proxies.trusts(address))
        }
        for address in ["10.0.0.0", "10.1.255.255", "192.0.2.1", "::ffff:192.0.2.1", "2001:db8:7fff::1"] {
            #expect(proxies.trusts(address))
        }
        #expect(!proxies.trusts(nil) && TrustedProxies.everyPeer.trusts(nil) && !TrustedProxies.none.trusts("10.0.0.1"))
    }

    /// The address that a proof must name.
    @Test func targets() throws {
        let proto = HTTPField.Name("X-Forwarded-Proto")!
        let host = HTTPField.Name("X-Forwarded-Host")!
        func target(_ ingress: Ingress, _ fields: [(HTTPField.Name, String)] = [], peer: ConnectionPeer) -> TargetURI? {
            var request = Self.request([])
            for (name, value) in fields { request.headerFields.append(HTTPField(name: name, value: value)) }
            return ingress.target(of: request, from: peer)?.uri
        }
        func uri(_ scheme: String, _ authority: String, _ path: String = "/orders") -> TargetURI? {
            TargetURI(scheme: scheme, authority: authority, path: path)
        }
        let (near, far) = (ConnectionPeer(address: "10.0.0.1"), ConnectionPeer(address: "192.0.2.7"))
        let said = [(proto, "https"), (host, "api.example")]
        let forwarded = Ingress(proxies: Self.ours, originIsForwarded: true)
        #expect(target(forwarded, said, peer: near) == uri("https", "api.example"))
        #expect(target(forwarded, said, peer: far) == uri("http", "inner"))
        #expect(target(Ingress(proxies: Self.ours), said, peer: near) == uri("http", "inner"))
        #expect(target(Ingress(), peer: ConnectionPeer(address: "192.0.2.7", isSecure: true)) == uri("https", "inner"))
        for bad in [
            [said[0]], [said[1]], said + [said[0]], said + [said[1]], [(proto, "https, http"), said[1]],
            [said[0], (host, "evil.example,api.example")],
        ] {
            #expect(target(forwarded, bad, peer: near) == nil)
        }
        let fixed = Ingress(
            origin: WebOrigin("https://api.example"), pathPrefix: "/v1", proxies: Self.ours, originIsForwarded: true)
        #expect(
            target(fixed, [(host, "evil.example"), (proto, "http")], peer: near)
                == uri("https", "api.example", "/v1/orders"))
    }
}
