import FastVerify
import FastVerifyAccess
import Foundation
import HTTPTypes
import Testing
import TokenService

@testable import TokenServiceHTTP

@Suite struct AuthRoutesTests {
    @Test func loginRefreshLogout() async throws {
        try await EndpointScene.with { scene in
            let login = try await scene.login()
            #expect(login.status == 200 && login.fields[.cacheControl] == "no-store")
            #expect(try login.member("expiresIn", as: Int.self) == 900 && login.member("tokenType") == "Bearer")
            let access: String = try login.member("accessToken")
            #expect(try await scene.issuer.verifiedToken(access)?.roles == ["admin"])
            let bearer: HTTPFields = [.authorization: "Bearer \(access)"]
            let sessions = try await scene.send(.get, "/api/auth/sessions", bearer)
            #expect(try sessions.member("sessions", as: [[String: Any]].self).count == 1)
            #expect(sessions.text.contains("\"current\":true"))

            let refresh: String = try login.member("refreshToken")
            let next = try await scene.json("/api/auth/refresh", "{\"refreshToken\":\"\(refresh)\"}")
            #expect(next.status == 200)
            let second: String = try next.member("refreshToken")
            #expect(second != refresh)
            let other = try await scene.login()
            let id: String = try other.member("sessionId")
            for (path, status) in [
                ("/api/auth/sessions/\(id)", 204), ("/api/auth/sessions/\(id)", 404), ("/api/auth/sessions/x", 404),
            ] {
                #expect(try await scene.send(.delete, path, bearer).status == status)
            }
            let logout = try await scene.json("/api/auth/logout", "{\"refreshToken\":\"\(second)\"}")
            #expect(logout.status == 204)
            let after = try await scene.json("/api/auth/refresh", "{\"refreshToken\":\"\(second)\"}")
            #expect(after.status == 401)
            #expect(try after.member("error") == "invalid_grant")
            // The access token of an ended session opens nothing here.
            #expect(try await scene.send(.get, "/api/auth/sessions", bearer).status == 401)
        }
    }

    /// Whatever is wrong with a login, a client cannot tell; nor with a refresh token.
    @Test func refusalsLookAlike() async throws {
        try await EndpointScene.with { scene in
            let wrong = [
                ("alice", "wrong password"), ("nobody", "wrong password"), ("", ""),
                ("alice\\u0000", EndpointScene.password),
            ]
            var answers: [EndpointScene.Answer] = []
            for (name, password) in wrong {
                answers.append(
                    try await scene.json("/api/auth/login", "{\"username\":\"\(name)\",\"password\":\"\(password)\"}"))
            }
            for token in ["", "fvr_x", "fvr_" + String(repeating: "A", count: 43)] {
                answers.append(try await scene.json("/api/auth/refresh", "{\"refreshToken\":\"\(token)\"}"))
            }
            for answer in answers {
                #expect(answer.status == 401 && answer.text == answers[0].text && answer.fields == answers[0].fields)
            }
        }
    }

    @Test func malformedRequests() async throws {
        try await EndpointScene.with { scene in
            for body in [
                "", "{", "[]", "null", "{}", "{\"username\":1,\"password\":\"x\"}", "{\"username\":\"a\"}",
            ] {
                #expect(try await scene.json("/api/auth/login", body).status == 400, "\(body.prefix(20))")
            }
            #expect(try await scene.json("/api/auth/login", String(repeating: "x", count: 20_000)).status == 413)
            for body in ["{}", "{\"refreshToken\":null}", "{\"refreshToken\":1}"] {
                #expect(try await scene.json("/api/auth/refresh", body).status == 400)
                #expect(try await scene.json("/api/auth/logout", body).status == 400)
            }
            // A type that a form of another site can have.
            let text = try await scene.send(
                .post, "/api/auth/login", [.contentType: "text/plain"],
                body: "{\"username\":\"alice\",\"password\":\"\(EndpointScene.password)\"}")
            #expect(text.status == 415)
            #expect(try await scene.login(",\"scope\":\"admin\"").status == 400)
        }
    }

    @Test func guessingIsSlowedDown() async throws {
        try await EndpointScene.with { scene in
            for name in ["alice", "nobody"] {
                for attempt in 1...7 {
                    let answer = try await scene.json(
                        "/api/auth/login", "{\"username\":\"\(name)\",\"password\":\"x\"}")
                    #expect(answer.status == (attempt > 5 ? 429 : 401))
                    #expect((answer.fields[.retryAfter] != nil) == (attempt > 5))
                }
            }
        }
    }

    @Test func cookies() async throws {
        try await EndpointScene.with { scene in
            let login = try await scene.login(",\"mode\":\"cookie\"")
            #expect(login.status == 200 && !login.text.contains("refreshToken"))
            let written = login.fields[values: .setCookie]
            #expect(written.count == 2)
            let refresh = try #require(written.first { $0.hasPrefix("__Secure-refresh=") })
            for attribute in ["; HttpOnly", "; Secure", "; SameSite=Strict", "; Path=/api/auth"] {
                #expect(refresh.contains(attribute))
            }
            let cookies = login.cookies
            let csrf = try #require(cookies["__Host-csrf"])
            func fields(_ origin: String?, _ token: String?) -> HTTPFields {
                var fields: HTTPFields = [
                    .cookie: cookies.map { "\($0)=\($1)" }.joined(separator: "; "),
                    HTTPField.Name("Sec-Fetch-Site")!: origin == EndpointScene.origin.description
                        ? "same-origin" : "cross-site",
                ]
                fields[.origin] = origin
                fields[HTTPField.Name("X-CSRF-Token")!] = token
                return fields
            }
            let own = EndpointScene.origin.description
            for (origin, token) in [
                ("https://evil.example", csrf), (own, nil),
                (own, String(csrf.dropLast()) + (csrf.last == "x" ? "y" : "x")), (nil, csrf),
            ] {
                #expect(try await scene.send(.post, "/api/auth/refresh", fields(origin, token)).status == 403)
                #expect(try await scene.send(.post, "/api/auth/logout", fields(origin, token)).status == 403)
            }
            let next = try await scene.send(.post, "/api/auth/refresh", fields(own, csrf))
            #expect(next.status == 200 && next.cookies["__Secure-refresh"] != cookies["__Secure-refresh"])
            // A cookie and a body: which is meant, nobody could tell.
            var both = fields(own, csrf)
            both[.contentType] = "application/json"
            #expect(
                try await scene.send(.post, "/api/auth/refresh", both, body: "{\"refreshToken\":\"fvr_x\"}").status
                    == 400)
            let logout = try await scene.send(.post, "/api/auth/logout", fields(own, csrf))
            #expect(logout.status == 204 && logout.fields[values: .setCookie].allSatisfy { $0.contains("Max-Age=0") })
            // Another site cannot log its visitor in.
            let forged = try await scene.json(
                "/api/auth/login",
                "{\"username\":\"alice\",\"password\":\"\(EndpointScene.password)\",\"mode\":\"cookie\"}",
                [.origin: "https://evil.example"])
            #expect(forged.status == 403 && forged.cookies.isEmpty)
        }
    }
}
