// Where connections go, and whom they trust.
import Dispatch
import FastVerify
import FastVerifyAccess
import FaultyKeyServer
import NIOCore
import NIOSSL
import ServerFixtures
import Synchronization
import Testing

@testable import FastVerifyHTTP

@Suite(.serialized) struct TransportTests {
    private let clock = ManualClock()

    private func error(
        _ transport: HTTPTransport, _ url: String, _ rules: KeyFetchRules = FaultTests.rules
    ) async throws -> FetchError? {
        let keys = try RemoteJWKSet.test(transport, clock, at: .url(url), rules: rules)
        await keys.tick()
        return keys.state.lastError
    }

    /// Names and literals that lead into the machine are refused before a connection is made.
    @Test func privateAddressesAreRefused() async throws {
        let server = try await FaultyKeyServer { _ in .json(Issuer.set(0)) }
        let port = server.port
        for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"] {
            #expect(try await error(HTTPTransport(), "http://\(host):\(port)/") == .addressRefused, "\(host)")
        }
        #expect(server.connections == 0)
        try await server.shutdown()
    }

    /// A name is resolved once for a request and the connection goes to what was checked: an answer that changes between
    /// check and use (DNS rebinding) has no use to change.
    @Test func rebinding() async throws {
        let server = try await FaultyKeyServer { _ in .json(Issuer.set(0)) }
        let asked = Mutex(0)
        let resolver = HostResolver { host throws(FetchError) in
            let number = asked.withLock { asked in
                asked += 1
                return asked
            }
            return [IPAddress(number == 1 ? "127.0.0.1" : "10.0.0.1")!]
        }
        let transport = HTTPTransport(FaultTests.loopback, .makeClientConfiguration(), resolver)
        #expect(try await error(transport, "http://keys.example:\(server.port)/") == nil)
        #expect(asked.withLock { $0 } == 1 && server.requests[0].headers["host"] == "keys.example:\(server.port)")
        #expect(try await error(transport, "http://keys.example:\(server.port)/") == .addressRefused)
        #expect(server.connections == 1)
        try await server.shutdown()
    }

    /// Of several addresses only those that are allowed are tried, one after the other.
    @Test func severalAddresses() async throws {
        let server = try await FaultyKeyServer { _ in .json(Issuer.set(0)) }
        func transport(_ addresses: String...) -> HTTPTransport {
            let found = addresses.map { IPAddress($0)! }
            let rule = AddressRule(allowing: ["127.0.0.0/24"])!
            return HTTPTransport(rule, .makeClientConfiguration(), HostResolver { _ throws(FetchError) in found })
        }
        let url = "http://keys.example:\(server.port)/"
        #expect(try await error(transport("127.0.1.1", "127.0.0.2", "127.0.0.1"), url) == nil)
        #expect(try await error(transport("127.0.0.2", "127.0.0.3"), url) == .connectionFailed)
        #expect(try await error(transport("127.0.1.1", "::1"), url) == .addressRefused)
        #expect(try await error(transport(), url) == .unresolved)
        #expect(server.connections == 1)
        try await server.shutdown()
    }

    /// A resolver that hangs holds up neither the end of the fetch nor a shutdown.
    @Test func hangingResolver() async throws {
        let gate = DispatchSemaphore(value: 0)
        let asked = Atomic<Bool>(false)
        let resolver = HostResolver(blocking: { _ throws(FetchError) in
            asked.store(true, ordering: .relaxed)
            gate.wait()
            return []
        })
        let transport = HTTPTransport(.publicInternet, .makeClientConfiguration(), resolver)
        let keys = try RemoteJWKSet.test(transport, clock, at: .url("https://id.example/"))
        async let step = keys.tick()
        #expect(await eventually { asked.load(ordering: .relaxed) })
        clock.advance(by: .seconds(10))
        #expect(await step == .fetch(.start))
        #expect(keys.state.lastError == .timedOut)
        gate.signal()
    }

    @Test func unresolvedName() async throws {
        #expect(try await error(HTTPTransport(), "http://no-such-host.invalid/") == .unresolved)
    }

    /// The guard looks at the connection itself, should anything above have gone wrong.
    @Test func guardOfTheConnection() async throws {
        let server = try await FaultyKeyServer { _ in .json(Issuer.set(0)) }
        let channel = try await server.connect()
        await #expect(throws: FetchError.addressRefused) {
            try await ConnectionGuard.guarding(channel, budget: 1, rule: .publicInternet).get()
        }
        #expect(!channel.isActive)
        try await server.shutdown()
    }

    private static let impatient = KeyFetchRules(
        allowsInsecureHTTP: true,
        limits: FetchLimits(
            totalTime: .milliseconds(500), connectTime: .milliseconds(250), idleTime: .milliseconds(250)))

    /// The transport's own times, for faults that nothing else ends.
    @Test(arguments: [Fault.hanging, .hangingAfterHead, .drippingHead, .declaredHuge])
    func times(_ fault: Fault) async throws {
        let server = try await FaultyKeyServer { _ in fault.reply }
        #expect(try await error(HTTPTransport(addresses: FaultTests.loopback), server.url, Self.impatient) == .timedOut)
        #expect(await eventually { server.openConnections == 0 })
        try await server.shutdown()
    }

    // MARK: TLS

    private static func serverContext() throws -> NIOSSLContext {
        try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: [.certificate(certificate())],
                privateKey: .privateKey(NIOSSLPrivateKey(bytes: Array(SelfSigned.key.utf8), format: .pem))))
    }

    private static func certificate() throws -> NIOSSLCertificate {
        try NIOSSLCertificate(bytes: Array(SelfSigned.certificate.utf8), format: .pem)
    }

    private func transport(_ tls: TLSConfiguration) -> HTTPTransport {
        let resolver = HostResolver { _ throws(FetchError) in [IPAddress("127.0.0.1")!] }
        return HTTPTransport(FaultTests.loopback, tls, resolver)
    }

    /// Trusted by the configured root and under its own name only, though the connection goes to an address.
    @Test func certificates() async throws {
        let server = try await FaultyKeyServer(tls: Self.serverContext()) { _ in .json(Issuer.set(0)) }
        var trusting = TLSConfiguration.makeClientConfiguration()
        trusting.trustRoots = .certificates([try Self.certificate()])
        #expect(try await error(transport(trusting), "https://keys.example:\(server.port)/") == nil)
        #expect(server.requests.count == 1)
        #expect(try await error(transport(trusting), "https://other.example:\(server.port)/") == .tlsFailed)
        #expect(try await error(transport(trusting), "https://127.0.0.1:\(server.port)/") == .tlsFailed)
        #expect(
            try await error(transport(.makeClientConfiguration()), "https://keys.example:\(server.port)/") == .tlsFailed
        )
        // Whoever switches verification off is not heard.
        trusting.certificateVerification = .none
        #expect(try await error(transport(trusting), "https://other.example:\(server.port)/") == .tlsFailed)
        var careless = TLSConfiguration.makeClientConfiguration()
        careless.certificateVerification = .noHostnameVerification
        #expect(try await error(transport(careless), "https://keys.example:\(server.port)/") == .tlsFailed)
        #expect(server.requests.count == 1)
        // Plain HTTP spoken to a server that wants TLS, and the other way round.
        #expect(try await error(transport(trusting), "http://keys.example:\(server.port)/") == .interrupted)
        try await server.shutdown()
        let plain = try await FaultyKeyServer { _ in .json(Issuer.set(0)) }
        // It waits for the end of a request that never comes, and so does the handshake.
        let url = "https://keys.example:\(plain.port)/"
        #expect(try await error(transport(trusting), url, Self.impatient) == .connectionFailed)
        try await plain.shutdown()
    }

    /// What is sent: no more than needed, and nothing is decompressed.
    @Test func request() async throws {
        let server = try await FaultyKeyServer { _ in .json(Issuer.set(0)) }
        #expect(try await error(HTTPTransport(addresses: FaultTests.loopback), server.url + "/k?a=b") == nil)
        let request = server.requests[0]
        #expect(request.path == "/k?a=b" && request.headers["accept-encoding"] == "identity")
        #expect(
            Set(request.headers.keys).isSubset(of: [
                "host", "accept", "accept-encoding", "user-agent", "connection", "content-length",
            ]))
        try await server.shutdown()
    }
}
