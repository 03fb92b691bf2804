import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import FastVerifyGateway

/// Heads of requests: what is read, what is refused, and that nobody else would read something different.
struct RequestHeadTests {
    private func read(_ text: String, fields: Int = 100) -> Result<RequestHead, RequestHead.Fault> {
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBytes { text in
            Result { () throws(RequestHead.Fault) in try RequestHead(text, maxFields: fields) }
        }
    }

    private func fault(_ text: String, fields: Int = 100) -> RequestHead.Fault? {
        if case .failure(let fault) = read(text, fields: fields) { return fault }
        return nil
    }

    @Test func aPlainRequest() throws {
        let text = "POST /auth?x=1 HTTP/1.1\r\nhost: a.b:80\r\nX-Original-URI:  /x y\t\r\nContent-Length: 12\r\n\r\n"
        let head = try read(text).get()
        func part(_ range: Range<Int>?) -> String? {
            range.map { String(decoding: Array(text.utf8)[$0], as: UTF8.self) }
        }
        #expect(part(head.method) == "POST" && part(head.target) == "/auth?x=1")
        #expect(part(head.value(.host)) == "a.b:80" && part(head.value(.originalURI)) == "/x y")
        #expect(head.bodySize == 12 && head.keepsAlive && head.isVersion11)
    }

    static let shapes: [(String, RequestHead.Fault)] = [
        // Smuggling: two lengths, a length and an encoding, what some call an encoding.
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999999\r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", .lengthRequired),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n", .badRequest),
        ("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n", .badRequest),
        // Lines.
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a\r\n X: a\r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a\nX: a\r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a\rX: a\r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a\r\nX\0: a\r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{7F}\r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a\r\n: a\r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a\r\nX y: a\r\n\r\n", .badRequest),
        ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .badRequest),
        // Request lines.
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .badRequest),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .badRequest),
        ("GET /\r\nHost: a\r\n\r\n", .badRequest),
        ("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", .badRequest),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", .badRequest),
        ("GET /\u{E4} HTTP/1.1\r\nHost: a\r\n\r\n", .badRequest),
        ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", .badRequest),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", .versionNotSupported),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", .versionNotSupported),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", .badRequest),
        ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n", .uriTooLong),
        // Hosts.
        ("GET / HTTP/1.1\r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .badRequest),
        ("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", .badRequest),
        ("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", .expectationFailed),
    ]

    @Test(arguments: shapes) func oddShapesAreRefused(_ text: String, _ expected: RequestHead.Fault) {
        #expect(fault(text) == expected, "\(text)")
    }

    @Test func fieldsAreCounted() {
        let text = "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 9) + "\r\n"
        #expect(fault(text, fields: 10) == nil && fault(text, fields: 9) == .headerTooLarge)
    }

    @Test func connectionsStayOpenAsTheVersionSays() throws {
        func keeps(_ text: String) throws -> Bool { try read(text).get().keepsAlive }
        #expect(try keeps("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(try !keeps("GET / HTTP/1.0\r\n\r\n"))
        #expect(try keeps("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"))
        #expect(try !keeps("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n"))
        #expect(try !keeps("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n"))
    }

    /// Whatever this reader accepts, NIO's (llhttp) must accept, and see the same request in it. Random changes of good heads.
    @Test func noOtherReaderSeesAnotherRequest() throws {
        // The same numbers in every run.
        var random = SplitMix(state: 7)
        let pieces = [
            "\r\n", "\n", "\r", " ", "\t", ":", "0", "\0", ",", "Content-Length: 3\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Host: b\r\n", "HTTP/1.1", "/", "%00", "\u{E4}", "Connection: close\r\n", "X: y\r\n",
        ]
        let seed =
            "GET /auth HTTP/1.1\r\nHost: a.b\r\nAuthorization: Bearer abc.def.ghi\r\nX-Original-URI: /x?y\r\n\r\n"
        var accepted = 0
        for _ in 0..<3000 {
            var bytes = Array(seed.utf8)
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes.remove(at: place)
                case 1: bytes.insert(contentsOf: Array(pieces.randomElement(using: &random)!.utf8), at: place)
                default: bytes[place] = UInt8.random(in: 0...255, using: &random)
                }
            }
            var searched = 0
            guard let size = bytes.withUnsafeBytes({ HeadEnd.find(in: $0, after: &searched) }).0 else { continue }
            let head = Array(bytes[..<size])
            guard
                let mine = try? head.withUnsafeBytes({ text throws(RequestHead.Fault) in
                    try RequestHead(text, maxFields: 100)
                })
            else { continue }
            // llhttp knows a list of methods; which request it is does not depend on it.
            guard head[mine.method].elementsEqual("GET".utf8) else { continue }
            accepted += 1
            let other = try #require(Self.llhttp(head), "\(String(decoding: head, as: UTF8.self))")
            #expect(other.uri.utf8.elementsEqual(head[mine.target]))
            #expect(other.method.rawValue.utf8.elementsEqual(head[mine.method]))
            #expect(other.headers["authorization"].count == mine.count(.authorization))
            #expect(other.headers["content-length"].first.flatMap { Int($0) } ?? 0 == mine.bodySize)
            #expect(other.headers["transfer-encoding"].isEmpty)
        }
        #expect(accepted > 300)
    }

    private static func llhttp(_ head: [UInt8]) -> HTTPRequestHead? {
        let channel = EmbeddedChannel(handler: ByteToMessageHandler(HTTPRequestDecoder()))
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        guard (try? channel.writeInbound(ByteBuffer(bytes: head))) != nil,
            case .head(let head)? = try? channel.readInbound(as: HTTPServerRequestPart.self)
        else { return nil }
        return head
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
