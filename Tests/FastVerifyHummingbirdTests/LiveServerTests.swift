import AttackCatalogue
import FastVerify
import FastVerifyAccess
import FastVerifyHummingbird
import Hummingbird
import HummingbirdCore
import HummingbirdTesting
import NIOCore
import Testing

/// What only sockets can carry: requests that two readers could read differently, floods, and clients that dawdle. Each ends
/// with a refusal or a closed connection, and the server goes on.
@Suite(.serialized) struct LiveServerTests {
    private let token = CatalogueIssuer.token()
    /// How long the server waits for the rest of a request.
    private static let patience = TimeAmount.milliseconds(100)

    /// Runs a server; sends each text over a connection of its own; then sees that the server still serves.
    private func send(
        _ requests: [String], idleTimeout: TimeAmount? = nil,
        _ check: @Sendable (Int, RawResponses) throws -> Void
    ) async throws {
        let pool = VerifierPool(CatalogueIssuer.verifier(), options: VerifierPool.Options(workers: 1))
        let policy = AccessPolicy(ProtectionSpace(realm: "orders"))
        let application = Application(
            router: OrdersAPI.router(pool, OrdersAPI.authenticator(policy)),
            server: .http1(configuration: HTTP1Channel.Configuration(idleTimeout: idleTimeout)),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)))
        try await application.test(.live) { client in
            let port = try #require(client.port)
            for (position, request) in requests.enumerated() {
                try check(position, RawResponses(try await RawConnection.exchange(port, request)))
            }
            // A busy machine may let the idle time pass before a request is written.
            var good = ""
            for _ in 0..<100 where !good.hasSuffix("alice") {
                good = try await RawConnection.exchange(port, get("/orders", "Authorization: Bearer \(token)"))
            }
            #expect(good.hasPrefix("HTTP/1.1 200") && good.hasSuffix("alice"))
        }
        await pool.shutDown()
    }

    private func get(_ path: String, _ lines: String...) -> String {
        (["GET \(path) HTTP/1.1", "Host: a.example", "Connection: close"] + lines).joined(separator: "\r\n")
            + "\r\n\r\n"
    }

    @Test func credentialsOnTheWire() async throws {
        let forged = CatalogueIssuer.token(payload: CatalogueIssuer.claims, CatalogueIssuer.attacker)
        let authorization = "Authorization: Bearer \(token)"
        let requests = [
            (get("/orders"), 401, nil), (get("/orders", authorization), 200, nil),
            (get("/orders", "authorization:bearer   \(token)  "), 200, nil),
            (get("/orders", authorization, authorization), 400, "invalid_request"),
            (get("/orders", authorization, "Authorization: Basic a"), 400, "invalid_request"),
            (get("/orders", "Authorization: Bearer \(token), Bearer \(token)"), 400, "invalid_request"),
            (get("/orders?access_token=\(token)"), 400, "invalid_request"),
            (get("/orders", "Authorization: Bearer \(forged)"), 401, "invalid_token"),
            (get("/orders", "Authorization: Bearer " + String(repeating: "A", count: 60_000)), 401, "invalid_token"),
            (get("/scopes", authorization), 403, "insufficient_scope"),
        ]
        try await send(requests.map(\.0)) { position, response in
            let (request, status, error) = requests[position]
            #expect(response.statuses == [status], "\(request.prefix(80)) \(response.text.prefix(300))")
            #expect(response.text.contains("error=\"") == (error != nil))
            if let error { #expect(response.text.contains("error=\"\(error)\"")) }
        }
    }

    /// Each hides a second request from one kind of reader. Never may more than one be answered, nor anything with 200.
    @Test func smuggling() async throws {
        let host = "Host: a.example\r\n"
        let hidden = "GET /orders HTTP/1.1\r\nHost: a.example\r\nAuthorization: Bearer \(token)\r\n\r\n"
        let credentials = "Authorization: Bearer \(token)\r\n"
        let requests = [
            "POST /orders HTTP/1.1\r\n\(host)Content-Length: \(hidden.utf8.count + 5)\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\(hidden)",
            "POST /orders HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n\(hidden)",
            "POST /orders HTTP/1.1\r\n\(host)Content-Length: 0\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n\(hidden)",
            "POST /orders HTTP/1.1\r\n\(host)Content-Length: 0, 5\r\n\r\n\(hidden)",
            "POST /orders HTTP/1.1\r\n\(host)Content-Length: -1\r\n\r\n\(hidden)",
            "POST /orders HTTP/1.1\r\n\(host)Content-Length: +5\r\n\r\n\(hidden)",
            "POST /orders HTTP/1.1\r\n\(host)Content-Length: 0x5\r\n\r\n\(hidden)",
            "POST /orders HTTP/1.1\r\n\(host)Transfer-Encoding: chunked, identity\r\n\r\n\(hidden)",
            "POST /orders HTTP/1.1\r\n\(host)Transfer-Encoding : chunked\r\n\r\n\(hidden)",
            "POST /orders HTTP/1.1\r\n\(host)\(credentials)Transfer-Encoding: chunked\r\n\r\nxyz\r\n\(hidden)",
            "GET /orders HTTP/1.1\r\n\(host)Authorization: Bearer\r\n \(token)\r\nConnection: close\r\n\r\n",
            "GET /orders HTTP/1.1\r\n\(host)X: a\r\n\tAuthorization: Bearer \(token)\r\nConnection: close\r\n\r\n",
            "GET /orders HTTP/1.1\n\(host)Authorization: Bearer \(token)\nConnection: close\n\n",
            "GET /orders HTTP/1.1\r\n\(host)X: a\nAuthorization: Bearer \(token)\r\nConnection: close\r\n\r\n",
            "GET /orders HTTP/1.1\r\n\(host)X: a\rAuthorization: Bearer \(token)\r\nConnection: close\r\n\r\n",
            "GET /orders HTTP/1.1\r\n\(host)Authorization : Bearer \(token)\r\nConnection: close\r\n\r\n",
            "GET /orders HTTP/1.1\r\n\(host)Authorization: Bearer \(token)\u{0}\r\nConnection: close\r\n\r\n",
            "GET /orders HTTP/1.1\r\n\(host)Authorization\u{0}: Bearer \(token)\r\nConnection: close\r\n\r\n",
            "GET /orders HTTP/9.9\r\n\(host)\(credentials)Connection: close\r\n\r\n",
            "GET /orders\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ]
        try await send(requests, idleTimeout: Self.patience) { position, response in
            #expect(response.statuses.count <= 1, "\(requests[position].prefix(120)) \(response.text)")
            #expect(!response.statuses.contains(200), "\(requests[position].prefix(120)) \(response.text)")
        }
    }

    @Test func floods() async throws {
        let many = (0..<5000).map { "X-\($0): a\r\n" }.joined()
        let tokens = String(repeating: "Authorization: Bearer \(token)\r\n", count: 200)
        let start = "GET /orders HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n"
        let requests = [
            start + many + "\r\n", start + tokens + "\r\n",
            start + "Authorization: Bearer " + String(repeating: "A", count: 1 << 20) + "\r\n\r\n",
            start + "Authorization: Bearer " + String(repeating: ".", count: 1 << 20) + "\r\n\r\n",
            start + "Cookie: " + String(repeating: "a=b;", count: 1 << 18) + "\r\n\r\n",
            "GET /" + String(repeating: "a", count: 1 << 20) + " HTTP/1.1\r\nHost: a.example\r\n\r\n",
            start + String(repeating: "A", count: 1 << 20) + ": a\r\n\r\n",
        ]
        try await send(requests, idleTimeout: Self.patience) { position, response in
            #expect(
                response.statuses.count <= 1 && !response.statuses.contains(200), "\(position) \(response.statuses)")
        }
    }

    /// None of these ever ends its request. The server waits for them no longer than it was told to.
    @Test func slowClients() async throws {
        let requests = [
            "", "GET /orders HTTP/1.1\r\nHost: a.exa",
            "GET /orders HTTP/1.1\r\nAuthorization: Bearer \(token.prefix(40))",
            "POST /orders HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\nContent-Length: 10\r\n\r\nabc",
        ]
        try await send(requests, idleTimeout: Self.patience) { position, response in
            #expect(!response.statuses.contains(200), "\(position) \(response.text)")
        }
    }
}
