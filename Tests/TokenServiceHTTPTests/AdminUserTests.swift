import FastVerify
import FastVerifyAccess
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import TokenService
import Testing

@testable import TokenServiceHTTP

extension EndpointScene {
    /// What a client called `name` with these scopes sends.
    func bearer(
        _ name: String = "root", scopes: [String] = [TokenIssuer.administration], audiences: [String] = []
    ) async throws -> HTTPFields {
        let (client, _) = try await issuer.addClient(
            id: name, .secret, grants: [.clientCredentials], scopes: scopes, audiences: audiences)
        let (token, _) = try await issuer.clientToken(for: client, scopes: [], audience: nil, from: nil)
        return [.authorization: "Bearer \(token.text)"]
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ fields: HTTPFields, json: String,
        type: String = "application/json"
    ) async throws -> Answer {
        var fields = fields
        fields[.contentType] = type
        return try await send(method, path, fields, body: json)
    }

    /// Whether the last entries of the audit log are these, by this actor. Keys come by themselves.
    func expectAudit(_ actions: [String], by actor: String) async throws {
        let all = try await issuer.auditLines(from: 1, limit: 1000)
        let lines = all.filter { !$0.contains("\"what\":\"key_added\"") }.suffix(actions.count)
        #expect(lines.count == actions.count)
        for (line, action) in zip(lines, actions) {
            #expect(line.contains("\"what\":\"\(action)\"") && line.contains("\"who\":\"\(actor)\""), "\(line)")
        }
    }
}

@Suite struct AdminUserTests {
    private static let users = "/api/admin/users"

    /// Every resource asks for the scope, whatever the method.
    @Test func onlyAdministratorsGetIn() async throws {
        try await EndpointScene.with { scene in
            let other = try await scene.bearer("other", scopes: ["orders:read"], audiences: ["https://id.example"])
            // With the scope, but for an API that could hand it on.
            let elsewhere = try await scene.bearer("elsewhere", audiences: ["orders", "https://id.example"])
            let alice: String = try await scene.login().member("accessToken")
            let routes = try IssuerEndpoints(scene.issuer, origin: EndpointScene.origin).routes.routes
            let admin = routes.filter { "\($0.path)".hasPrefix("/api/admin") }
            #expect(admin.count == 18)
            for route in admin {
                let path = "\(route.path)".replacingOccurrences(of: ":", with: "")
                #expect(try await scene.send(route.method, path).status == 401, "\(route)")
                #expect(try await scene.send(route.method, path, other).status == 403, "\(route)")
                let fields: HTTPFields = [.authorization: "Bearer \(alice)"]
                #expect(try await scene.send(route.method, path, fields).status == 401, "\(route)")
                #expect(try await scene.send(route.method, path, elsewhere).status == 401, "\(route)")
            }
            let answer = try await scene.send(.get, Self.users, other)
            #expect(answer.fields[.wwwAuthenticate]?.contains("scope=\"issuer:admin\"") == true)
        }
    }

    @Test func addShowChange() async throws {
        try await EndpointScene.with { scene in
            let root = try await scene.bearer()
            let body =
                "{\"name\":\"Bob\",\"password\":\"a long password\",\"roles\":[\"reader\"],\"tenant\":\"acme\",\"plan\":null}"
            let added = try await scene.send(.post, Self.users, root, json: body)
            #expect(added.status == 201 && added.fields[.cacheControl] == "no-store")
            #expect(!added.text.contains("password") && !added.text.contains("argon"))
            try await scene.expectAudit(["user_added"], by: "root")
            let path = try #require(added.fields[.location])
            let shown = try await scene.send(.get, path, root)
            #expect(shown.status == 200 && shown.text == added.text)
            #expect(try shown.member("name") == "bob" && shown.member("tenant") == "acme")
            #expect(try shown.member("roles", as: [String].self) == ["reader"])
            #expect(try await scene.send(.post, Self.users, root, json: body).status == 409)

            let login = try await scene.issuer.login(
                name: "bob", password: "a long password", from: Device(fingerprint: "x", address: "192.0.2.1"))
            // What changes nothing ends no session.
            for patch in ["{}", "{\"roles\":[\"reader\"],\"disabled\":false}"] {
                #expect(try await scene.send(.patch, path, root, json: patch).text == shown.text)
            }
            #expect(try await scene.issuer.verifiedToken(login.accessToken.text) != nil)
            let changed = try await scene.send(
                .patch, path, root, json: "{\"tenant\":null,\"plan\":\"gold\",\"permissions\":[\"a\",\"b\"]}",
                type: "application/merge-patch+json; charset=utf-8")
            #expect(changed.status == 200 && changed.text.contains("\"tenant\":null"))
            #expect(try changed.member("plan") == "gold" && changed.member("version", as: Int.self) == 2)
            #expect(try changed.member("roles", as: [String].self) == ["reader"])
            try await scene.expectAudit(["session_ended", "user_changed"], by: "root")
            #expect(try await scene.issuer.verifiedToken(login.accessToken.text) == nil)
            #expect(try await scene.send(.get, path, root).text == changed.text)

            let disabled = try await scene.send(.patch, path, root, json: "{\"disabled\":true}")
            #expect(try disabled.member("disabled", as: Bool.self))
            await #expect(throws: IssuerRefusal.self) {
                _ = try await scene.issuer.login(
                    name: "bob", password: "a long password", from: Device(fingerprint: "x", address: "192.0.2.1"))
            }
        }
    }

    @Test func auditLogSaysFromWhere() async throws {
        try await EndpointScene.with(.live) { scene in
            let root = try await scene.bearer()
            let user = "{\"name\":\"bob\",\"password\":\"a long password\"}"
            let path = try #require(
                try await scene.send(.post, Self.users, root, json: user).fields[.location])
            let login = try await scene.login()
            let (id, alice) = (
                try login.member("sessionId"), try #require(try await scene.issuer.user(named: "alice")).id
            )
            let requests: [(HTTPRequest.Method, String, String)] = [
                (.patch, path, "{\"plan\":\"gold\"}"), (.put, "\(path)/password", "{\"password\":\"a long password\"}"),
                (.delete, "\(Self.users)/\(alice)/sessions/\(id)", ""),
                (.post, "/api/admin/clients", "{\"id\":\"x\"}"),
                (.patch, "/api/admin/clients/x", "{\"disabled\":true}"),
                (.post, "/api/admin/revocations", "{\"kind\":\"token\",\"id\":\"x\"}"), (.post, "/api/admin/keys", ""),
            ]
            for (method, path, body) in requests {
                #expect(try await scene.send(method, path, root, json: body).status < 300, "\(path)")
            }
            let lines = try await scene.issuer.auditLines().filter { $0.contains("\"who\":\"root\"") }
            #expect(lines.count { $0.contains("\"from\":\"127.0.0.1\"") } == requests.count + 1)
        }
    }

    @Test func passwords() async throws {
        try await EndpointScene.with { scene in
            let root = try await scene.bearer()
            let alice = try #require(try await scene.issuer.user(named: "Alice"))
            let before: String = try await scene.login().member("accessToken")
            let path = "\(Self.users)/\(alice.id)/password"
            let set = try await scene.send(.put, path, root, json: "{\"password\":\"another long password\"}")
            #expect(set.status == 204 && set.text.isEmpty)
            try await scene.expectAudit(["session_ended", "password_changed"], by: "root")
            #expect(try await scene.issuer.verifiedToken(before) == nil)
            #expect(try await scene.login().status == 401)
            // What is refused is not repeated.
            for secret in ["s3cret", String(repeating: "s3cret", count: 50)] {
                for (method, path, body) in [
                    (.put, path, "{\"password\":\"\(secret)\"}"),
                    (.post, Self.users, "{\"name\":\"x\",\"password\":\"\(secret)\"}"),
                    (.put, path, "{\"\(secret)\":\"\(secret)\"}"), (.put, path, "{\"password\":[\"\(secret)\"]}"),
                    (.put, path, "{\"password\":\"\(secret)\""),
                ] as [(HTTPRequest.Method, String, String)] {
                    let answer = try await scene.send(method, path, root, json: body)
                    #expect([400, 422].contains(answer.status) && !answer.text.contains("s3cret"), "\(answer)")
                }
            }
        }
    }

    @Test func pages() async throws {
        try await EndpointScene.with { scene in
            let root = try await scene.bearer()
            for name in ["eve", "bob", "dave", "carol"] {
                _ = try await scene.issuer.addUser(name: name, password: "a long password")
            }
            func names(_ query: String) async throws -> ([String], String?) {
                let answer = try await scene.send(.get, Self.users + query, root)
                let users = try answer.member("users", as: [[String: Any]].self)
                let next: String? = answer.text.contains("\"next\"") ? try answer.member("next") : nil
                return (users.compactMap { $0["name"] as? String }, next)
            }
            let all = ["alice", "bob", "carol", "dave", "eve"]
            #expect(try await names("") == (all, nil))
            #expect(try await names("?limit=5") == (all, nil))
            #expect(try await names("?limit=2") == (["alice", "bob"], "bob"))
            #expect(try await names("?limit=2&after=bob") == (["carol", "dave"], "dave"))
            #expect(try await names("?limit=2&after=dave") == (["eve"], nil))
            #expect(try await names("?name=CAROL") == (["carol"], nil))
            #expect(try await names("?name=nobody") == ([], nil))
            for query in [
                "limit=0", "limit=1001", "limit=-1", "limit=x", "limit=", "limit=1&limit=2", "after=", "after=%ff",
                "after=\(String(repeating: "a", count: 201))", "limit=99999999999999999999", "name=a&name=b",
            ] {
                #expect(try await scene.send(.get, "\(Self.users)?\(query)", root).status == 400, "\(query)")
            }
        }
    }

    @Test func malformedBodies() async throws {
        try await EndpointScene.with { scene in
            let root = try await scene.bearer()
            let password = "\"password\":\"a long password\""
            let bodies: [(String, Int, String)] = [
                ("", 400, "A body is needed"), ("[]", 400, "no JSON object"), ("{", 400, "no JSON object"),
                ("\"\\ud800\"", 400, "no JSON object"), ("{\"name\":\"x\"}", 400, "\\\"password\\\" is missing"),
                ("{\"name\":1,\(password)}", 400, "\\\"name\\\" is of a wrong type"),
                ("{\"name\":\"x\",\(password),\"role\":[]}", 400, "known are: name, password, roles"),
                ("{\"name\":\"x\",\(password),\"roles\":null}", 400, "\\\"roles\\\" is of a wrong type"),
                ("{\"name\":\"x\",\(password),\"roles\":[1]}", 400, "\\\"roles\\\" is of a wrong type"),
                ("{\"name\":\"x\",\(password),\"roles\":[\"a b\"]}", 422, "\\\"roles\\\""),
                ("{\"name\":\"x\",\(password),\"permissions\":[\"\"]}", 422, "\\\"permissions\\\""),
                ("{\"name\":\"x\",\(password),\"tenant\":\"\"}", 422, "\\\"tenant\\\""),
                ("{\"name\":\"x\",\(password),\"plan\":\"a\\u0000\"}", 422, "\\\"plan\\\""),
                ("{\"name\":\"\",\(password)}", 422, "\\\"name\\\""),
                ("{\"name\":\" x\",\(password)}", 422, "\\\"name\\\""),
                ("{\"name\":\"a  b\",\(password)}", 422, "\\\"name\\\""),
                ("{\"name\":\"a\\u202eb\",\(password)}", 422, "\\\"name\\\""),
                ("{\"name\":\"\(String(repeating: "x", count: 201))\",\(password)}", 422, "\\\"name\\\""),
                (String(repeating: " ", count: 17_000), 413, "16384"),
            ]
            for (body, status, detail) in bodies {
                let answer = try await scene.send(.post, Self.users, root, json: body)
                #expect(answer.status == status && answer.text.contains(detail), "\(body.prefix(80)): \(answer)")
                #expect(answer.fields[.contentType] == "application/problem+json")
            }
            for type in ["text/plain", "application/x-www-form-urlencoded", ""] {
                let answer = try await scene.send(
                    .post, Self.users, root, json: "{\"name\":\"x\",\(password)}", type: type)
                #expect(answer.status == 415)
            }
            for path in ["x", "%00", "%ff", "alice"] {
                #expect(try await scene.send(.get, "\(Self.users)/\(path)", root).status == 404)
                #expect(try await scene.send(.patch, "\(Self.users)/\(path)", root, json: "{}").status == 404)
            }
            #expect(try await scene.issuer.users().count == 1)
        }
    }

    @Test func sessions() async throws {
        try await EndpointScene.with { scene in
            let root = try await scene.bearer()
            let alice = try #require(try await scene.issuer.user(named: "alice"))
            let bob = try await scene.issuer.addUser(name: "bob", password: "a long password")
            let (first, second) = (try await scene.login(), try await scene.login())
            let path = "\(Self.users)/\(alice.id)/sessions"
            let listed = try await scene.send(.get, path, root)
            #expect(try listed.member("sessions", as: [[String: Any]].self).count == 2)
            let id: String = try first.member("sessionId")
            // Somebody else's it is not.
            #expect(try await scene.send(.delete, "\(Self.users)/\(bob.id)/sessions/\(id)", root).status == 404)
            #expect(try await scene.send(.delete, "\(path)/\(id)", root).status == 204)
            try await scene.expectAudit(["session_ended"], by: "root")
            #expect(try await scene.send(.delete, "\(path)/\(id)", root).status == 404)
            #expect(try await scene.issuer.verifiedToken(second.member("accessToken")) != nil)
            #expect(try await scene.issuer.verifiedToken(first.member("accessToken")) == nil)
            #expect(try await scene.send(.delete, path, root).member("ended", as: Int.self) == 1)
            #expect(try await scene.issuer.verifiedToken(second.member("accessToken")) == nil)
            #expect(try await scene.send(.get, path, root).text == "{\"sessions\":[]}")
        }
    }
}
