import AttackCatalogue
import FastVerify
import FastVerifyAccess
import FastVerifyHummingbird
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// `graphql-transport-ws` over a real WebSocket on loopback.
@Suite(.serialized) struct SocketTests {
    private static let now = CatalogueIssuer.now

    /// What a client reads and writes: a handshake, then frames.
    private struct Client {
        let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        var buffer = ByteBuffer()

        mutating func more() async throws -> Bool {
            guard let part = try await inbound.next() else { return false }
            buffer.writeImmutableBuffer(part)
            return true
        }

        /// Status and fields of the answer to a handshake.
        mutating func shakeHands(_ lines: [String] = []) async throws -> String {
            let head =
                [
                    "GET /graphql HTTP/1.1", "Host: localhost", "Connection: Upgrade", "Upgrade: websocket",
                    "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                    "Sec-WebSocket-Protocol: graphql-transport-ws",
                ] + lines
            try await outbound.write(ByteBuffer(string: head.joined(separator: "\r\n") + "\r\n\r\n"))
            while true {
                let text = String(buffer: buffer)
                if let end = text.firstRange(of: "\r\n\r\n") {
                    buffer.moveReaderIndex(forwardBy: text[..<end.upperBound].utf8.count)
                    return String(text[..<end.upperBound])
                }
                guard try await more() else { return text }
            }
        }

        /// A masked text frame (RFC 6455 §5.2), the mask being zeros.
        func send(_ text: String) async throws {
            var frame = ByteBuffer(bytes: [0x81])
            if text.utf8.count < 126 {
                frame.writeInteger(0x80 | UInt8(text.utf8.count))
            } else {
                frame.writeBytes([0x80 | 126])
                frame.writeInteger(UInt16(text.utf8.count))
            }
            frame.writeBytes([0, 0, 0, 0])
            frame.writeString(text)
            try await outbound.write(frame)
        }

        /// The next message; `closed` and the code for the end.
        mutating func next() async throws -> String {
            while true {
                var rest = buffer
                if let first = rest.readInteger(as: UInt8.self), let second = rest.readInteger(as: UInt8.self) {
                    let length = second < 126 ? Int(second) : rest.readInteger(as: UInt16.self).map { Int($0) }
                    if let length, var data = rest.readSlice(length: length) {
                        buffer = rest
                        guard first & 0x0F == 8 else { return String(buffer: data) }
                        return "closed \(data.readInteger(as: UInt16.self) ?? 0)"
                    }
                }
                guard try await more() else { return "lost" }
            }
        }
    }

    private final class Time: Sendable {
        let seconds = Atomic<Int64>(now)
        var clock: UnixClock { UnixClock { self.seconds.load(ordering: .relaxed) } }
    }

    private let time = Time()

    private func token(_ subject: String = "alice", expires: Int64 = 900) -> String {
        CatalogueIssuer.token(
            payload: CatalogueIssuer.claims.replacing("alice", with: subject)
                .replacing("\(Self.now + 900)", with: "\(Self.now + expires)"))
    }

    /// Runs a server whose operations say who calls, once or until they are stopped, and a client that is connected to it.
    private func connect(
        _ book: LeaseBook, _ policy: AccessPolicy? = nil,
        _ body: @escaping @Sendable (inout Client) async throws -> Void
    ) async throws {
        let policy = policy ?? AccessPolicy(ProtectionSpace(realm: "orders"))
        let endpoint = GraphQLEndpoint<AccessIdentity, Verifier>(
            CatalogueIssuer.verifier(), policy, leases: book, clock: time.clock
        ) { context, payload in
            if payload.contains("secret") { try context.require(.scopes("secret")) }
            return AsyncThrowingStream { results in
                results.yield(#"{"data":"\#(context.identity?.subject ?? "nobody")"}"#)
                if !payload.contains("forever") { results.finish() }
            }
        }
        let application = Application(
            router: OrdersAPI.router(CatalogueIssuer.verifier(), OrdersAPI.authenticator(policy)),
            server: .graphQL(endpoint),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)))
        try await application.test(.live) { live in
            let port = try #require(live.port)
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
            try await channel.executeThenClose { inbound, outbound in
                var client = Client(channel: channel, inbound: inbound.makeAsyncIterator(), outbound: outbound)
                try await body(&client)
            }
        }
    }

    private func book() -> LeaseBook { LeaseBook(interval: .seconds(100_000), clock: time.clock) }

    private static func initialise(_ token: String) -> String {
        #"{"type":"connection_init","payload":{"Authorization":"Bearer \#(token)"}}"#
    }

    private static func subscribe(_ id: String, _ query: String) -> String {
        #"{"id":"\#(id)","type":"subscribe","payload":{"query":"\#(query)"}}"#
    }

    @Test func aConnectionUntilItsTokenExpires() async throws {
        let (book, time) = (book(), time)
        let (first, second) = (token(), token(expires: 1800))
        let strangers = token("bob", expires: 1800)
        try await connect(book) { client in
            let answer = try await client.shakeHands()
            #expect(answer.hasPrefix("HTTP/1.1 101") && answer.contains("graphql-transport-ws"))
            try await client.send(Self.initialise(first))
            let ack = try await client.next()
            #expect(ack.contains("connection_ack") && ack.contains("\(Self.now + 900)"))
            try await client.send(Self.subscribe("1", "{me}"))
            #expect(try await client.next() == #"{"id":"1","type":"next","payload":{"data":"alice"}}"#)
            #expect(try await client.next() == #"{"id":"1","type":"complete"}"#)
            try await client.send(Self.subscribe("2", "{secret}"))
            let refused = try await client.next()
            #expect(refused.contains(#""type":"error""#) && refused.contains("FORBIDDEN"))
            try await client.send(Self.subscribe("3", "subscription{forever}"))
            #expect(try await client.next().contains("alice"))
            // Renewed in place; by nobody else.
            for (token, isRenewed) in [(strangers, false), ("x.y.z", false), (second, true)] {
                try await client.send(#"{"type":"ping","payload":{"token":"\#(token)"}}"#)
                #expect(try await client.next().contains(#""renewed":\#(isRenewed)"#))
            }
            try await client.send(Self.subscribe("4", "{me}"))
            #expect(try await client.next().contains("alice"))
            _ = try await client.next()
            time.seconds.add(1000, ordering: .relaxed)
            book.check()
            #expect(book.count == 1, "it has outlived the first token")
            time.seconds.add(800, ordering: .relaxed)
            book.check()
            #expect(try await client.next() == "closed 4403")
            #expect(book.count == 0)
        }
    }

    @Test func badTokensAreClosed() async throws {
        let forged = CatalogueIssuer.token(payload: CatalogueIssuer.claims, CatalogueIssuer.attacker)
        for (message, code) in [
            (Self.initialise(forged), 4403), (Self.initialise("x"), 4403), (#"{"type":"connection_init"}"#, 4403),
            ("nonsense", 4400), (Self.subscribe("1", "{me}"), 4401),
        ] {
            let book = book()
            try await connect(book) { client in
                _ = try await client.shakeHands()
                try await client.send(message)
                let end = try await client.next()
                #expect(end == "closed \(code)" && book.count == 0, "\(message.prefix(60))")
            }
        }
    }

    @Test func theTokenOfTheHandshake() async throws {
        let (book, good) = (book(), token())
        try await connect(book) { client in
            _ = try await client.shakeHands(["Authorization: Bearer \(good)"])
            try await client.send(#"{"type":"connection_init"}"#)
            #expect(try await client.next().contains("connection_ack"))
            try await client.send(Self.subscribe("1", "{me}"))
            #expect(try await client.next().contains("alice"))
        }
    }

    @Test func oneTokenAtATime() async throws {
        let (book, good) = (book(), token())
        try await connect(book) { client in
            _ = try await client.shakeHands(["Authorization: Bearer \(good)"])
            try await client.send(Self.initialise(good))
            let end = try await client.next()
            #expect(end == "closed 4400", "two credentials")
        }
    }

    @Test func refusedHandshakesAreAnsweredByTheRouter() async throws {
        let (book, good) = (book(), token())
        try await connect(book) { client in
            let answer = try await client.shakeHands(["Authorization: Bearer \(good)A"])
            #expect(answer.hasPrefix("HTTP/1.1 401") && answer.contains("invalid_token"), "\(answer)")
        }
    }

    @Test func cookiesOfHandshakesAreGuarded() async throws {
        let (book, good) = (book(), token())
        // A cookie goes with every handshake, whoever's page makes it.
        let site = WebOrigin("https://app.example")!
        let cookie = TokenCookie(guardedBy: CSRFGuard(origins: [site], tokens: nil))
        let policy = AccessPolicy(ProtectionSpace(realm: "orders"), sources: CredentialSources(cookie: cookie))
        for (origin, status) in [("https://app.example", "101"), ("https://evil.example", "403")] {
            try await connect(book, policy) { client in
                let answer = try await client.shakeHands(["Cookie: __Host-token=\(good)", "Origin: \(origin)"])
                #expect(answer.hasPrefix("HTTP/1.1 \(status)"), "\(answer)")
            }
        }
    }
}
