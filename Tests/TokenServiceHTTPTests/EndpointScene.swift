import FastVerify
import FastVerifyAccess
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import TokenService
import Testing

@testable import TokenServiceHTTP

/// The token service on a database of its own, asked as a client would.
struct EndpointScene: Sendable {
    static let origin = WebOrigin("https://id.example")!
    static let password = "correct horse battery staple"

    let store: any Store
    let issuer: TokenIssuer
    let client: any TestClientProtocol

    static func with(
        _ framework: TestingSetup = .router, _ change: (inout IssuerRules) -> Void = { _ in },
        _ body: @escaping @Sendable (EndpointScene) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(TokenSigner.tokenID())
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try SQLiteStore(path: folder.appendingPathComponent("issuer.db").path)
        var rules = IssuerRules(
            issuer: "https://id.example", audience: "orders",
            passwordCost: PasswordHashing.Cost(passes: 1, memoryBytes: 8 << 10), userScopes: ["orders:read"],
            limits: .init(perAddress: 1000, perNameAndAddress: 5, perName: 1000))
        change(&rules)
        let issuer = try await TokenIssuer(store, sealing: SealingKey(), rules: rules)
        _ = try await issuer.addUser(name: "alice", password: password, roles: ["admin"])
        let application = Application(router: try IssuerEndpoints(issuer, origin: origin).router)
        try await application.test(framework) { client in
            try await body(EndpointScene(store: store, issuer: issuer, client: client))
        }
        await store.close()
    }

    struct Answer: Sendable {
        let status: Int
        let fields: HTTPFields
        let text: String

        func member<T>(_ name: String, as type: T.Type = String.self) throws -> T {
            let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            return try #require(object?[name] as? T, "\(name) in \(text)")
        }

        /// The cookies of the answer by name.
        var cookies: [String: String] {
            var found: [String: String] = [:]
            for cookie in fields[values: .setCookie] {
                let pair = cookie.prefix { $0 != ";" }.split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                found[String(pair[0])] = String(pair[1])
            }
            return found
        }
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ fields: HTTPFields = [:], body: String = ""
    ) async throws -> Answer {
        try await client.execute(
            uri: path, method: method, headers: fields, body: body.isEmpty ? nil : ByteBuffer(string: body)
        ) { response in
            Answer(status: response.status.code, fields: response.headers, text: String(buffer: response.body))
        }
    }

    func json(_ path: String, _ body: String, _ fields: HTTPFields = [:]) async throws -> Answer {
        var fields = fields
        fields[.contentType] = "application/json"
        return try await send(.post, path, fields, body: body)
    }

    func form(_ path: String, _ body: String, _ fields: HTTPFields = [:]) async throws -> Answer {
        var fields = fields
        fields[.contentType] = "application/x-www-form-urlencoded"
        return try await send(.post, path, fields, body: body)
    }

    func login(_ members: String = "") async throws -> Answer {
        try await json(
            "/api/auth/login", "{\"username\":\"alice\",\"password\":\"\(Self.password)\"\(members)}",
            [.origin: Self.origin.description, HTTPField.Name("Sec-Fetch-Site")!: "same-origin"])
    }
}
