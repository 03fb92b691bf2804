import FastVerify
import FastVerifyAccess
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing
import TokenService

@testable import TokenServiceHTTP

@Suite struct PagesTests {
    @Test func loginListEndLogout() async throws {
        try await EndpointScene.with { scene in
            var visitor = Visitor(scene)
            let form = try await visitor.get()
            #expect(
                form.status == 200 && form.text.contains("action=\"/login\"") && !form.text.contains("role=\"alert\""))
            #expect(form.fields[.contentType] == "text/html; charset=utf-8")

            let login = try await visitor.login()
            #expect(login.status == 303 && login.fields[.location] == "/?notice=logged-in" && login.text.isEmpty)
            let cookie = try #require(login.fields[.setCookie])
            #expect(cookie.hasPrefix("__Host-session=fvr_"))
            for attribute in ["; HttpOnly", "; Secure", "; SameSite=Strict", "; Path=/", "; Max-Age=25"] {
                #expect(cookie.contains(attribute))
            }
            #expect(!cookie.contains("Domain"))

            let other = try await scene.login()
            let (id, refresh): (String, String) = (try other.member("sessionId"), try other.member("refreshToken"))
            let list = try await visitor.get("/?notice=logged-in")
            #expect(list.status == 200 && list.text.contains("<bdi>alice</bdi>"))
            #expect(list.text.contains("Firefox on Linux") && list.text.components(separatedBy: "<tr").count == 4)
            #expect(list.text.components(separatedBy: "aria-current=\"true\"").count == 2)
            // Looking at it again and again uses nothing up.
            #expect(try await visitor.get().status == 200)

            let token = try await visitor.token()
            let end = try await visitor.post("/sessions/\(id)/end", "csrf=\(token)")
            #expect(end.status == 303 && end.fields[.location] == "/?notice=ended")
            #expect(try await visitor.get("/?notice=ended").text.contains("The session has ended."))
            let refused = try await scene.json("/api/auth/refresh", "{\"refreshToken\":\"\(refresh)\"}")
            #expect(refused.status == 401)
            for id in [id, "x", "%00", "..", String(repeating: "a", count: 3000)] {
                let again = try await visitor.post("/sessions/\(id)/end", "csrf=\(token)")
                #expect(again.status == 303 && again.fields[.location] == "/?notice=gone")
            }

            let logout = try await visitor.post("/logout", "csrf=\(token)")
            #expect(logout.status == 303 && logout.fields[.location] == "/?notice=logged-out")
            #expect(visitor.cookies.isEmpty)
            #expect(try await visitor.get("/?notice=logged-out").text.contains("You are logged out."))
            #expect(try await scene.issuer.sessions(of: scene.issuer.users()[0].id).isEmpty)
        }
    }

    @Test func endsAllOthers() async throws {
        try await EndpointScene.with { scene in
            var (first, second) = (Visitor(scene), Visitor(scene))
            _ = (try await first.login(), try await second.login(), try await scene.login())
            let token = try await first.token()
            let end = try await first.post("/sessions/end-others", "csrf=\(token)")
            #expect(end.status == 303 && end.fields[.location] == "/?notice=others-ended")
            let list = try await first.get("/?notice=others-ended").text
            #expect(list.contains("All other sessions have ended.") && list.contains("There are no others."))
            // The other browser hears why, and forgets its cookie.
            let over = try await second.get()
            #expect(over.text.contains("Your session has ended") && over.text.contains("action=\"/login\""))
            #expect(second.cookies.isEmpty)
            // Nothing happens for whoever has no session.
            let late = try await second.post("/sessions/end-others", "csrf=\(token)")
            #expect(late.status == 303 && late.fields[.location] == "/")
            #expect(try await first.get().text.contains("Your sessions"))
            // Who logs in again in the same browser leaves no session behind.
            _ = try await first.login()
            #expect(try await scene.issuer.sessions(of: scene.issuer.users()[0].id).count == 1)
        }
    }

    /// What a program calls itself, and what somebody types, comes back as text.
    @Test func escapes() async throws {
        try await EndpointScene.with { scene in
            let hostile = "<script>alert(1)</script>\"><img src=x onerror='a()'>&lt;\u{202E}"
            _ = try await scene.json(
                "/api/auth/login", "{\"username\":\"alice\",\"password\":\"\(EndpointScene.password)\"}",
                [.userAgent: hostile])
            var visitor = Visitor(scene)
            _ = try await visitor.login()
            let list = try await visitor.get().text
            #expect(
                list.contains(
                    "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;&quot;&gt;&lt;img src=x onerror=&#39;a()&#39;&gt;&amp;lt;"
                ))
            #expect(!list.contains("<script") && !list.contains("<img") && !list.contains("\u{202E}"))

            var guest = Visitor(scene)
            let name = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E%00"
            let wrong = try await guest.login(name, "x").text
            #expect(wrong.contains("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\u{FFFD}\""))
            #expect(!wrong.contains("<script"))
            // Only known words are said.
            #expect(try await guest.get("/?notice=%3Cscript%3E").text == guest.get().text)
        }
        let piece: HTML = "<b title=\"\("\"")\">\("<&>'")\(7)\("<i>" as HTML)</b>"
        #expect(piece.text == "<b title=\"&quot;\">&lt;&amp;&gt;&#39;7<i></b>")
    }

    @Test func everyAnswerIsGuarded() async throws {
        try await EndpointScene.with { scene in
            var visitor = Visitor(scene)
            var answers = [try await visitor.get(), try await visitor.login("alice", "wrong")]
            answers.append(try await visitor.login())
            answers.append(try await visitor.get())
            answers.append(try await visitor.post("/logout", "csrf=wrong"))
            answers.append(try await visitor.post("/logout", "csrf=\(try await visitor.token())"))
            answers.append(try await visitor.post("/login", String(repeating: "x", count: 20_000)))
            answers.append(try await visitor.get("/login"))
            #expect(answers.map(\.status) == [200, 403, 303, 200, 403, 303, 413, 303])
            for answer in answers {
                #expect(
                    answer.fields[.contentSecurityPolicy]
                        == "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
                )
                #expect(answer.fields[.cacheControl] == "no-store" && answer.fields[.xContentTypeOptions] == "nosniff")
                #expect(answer.fields[HTTPField.Name("Referrer-Policy")!] == "same-origin")
                // No style and no script that the policy would have to let in.
                for word in ["style=", "<style", "<script", "javascript:", "onload=", "onclick="] {
                    #expect(!answer.text.contains(word))
                }
            }
            let style = try await visitor.get("/style.css")
            #expect(style.status == 200 && style.fields[.contentType] == "text/css; charset=utf-8")
            #expect(try await visitor.get().text.contains("/style.css?\(PageStyle.digest)\""))
            // All else says what it has always said.
            let keys = try await visitor.get("/.well-known/jwks.json").fields
            #expect(keys[.contentSecurityPolicy] == "default-src 'none'; frame-ancestors 'none'")
            #expect(keys[HTTPField.Name("Referrer-Policy")!] == "no-referrer")
        }
    }

    /// Neither another site nor another session can end, log out or log in.
    @Test func forgery() async throws {
        try await EndpointScene.with { scene in
            var (visitor, other) = (Visitor(scene), Visitor(scene))
            _ = (try await visitor.login(), try await other.login())
            let (token, foreign) = (try await visitor.token(), try await other.token())
            let id = try await scene.issuer.sessions(of: scene.issuer.users()[0].id)[0].id
            let paths = ["/logout", "/sessions/\(id)/end", "/sessions/end-others"]
            for (origin, site) in [
                ("https://evil.example", "cross-site"), ("null", "cross-site"), ("https://evil.example", nil),
                (nil, "cross-site"), (nil, "same-site"), (nil, nil), ("http://id.example", "same-origin"),
            ] {
                var forged = visitor
                (forged.origin, forged.fetchSite) = (origin, site)
                for path in paths {
                    let answer = try await forged.post(path, "csrf=\(token)")
                    #expect(answer.status == 403 && answer.fields[.setCookie] == nil, "\(path) \(origin ?? "-")")
                    #expect(answer.text.contains("https://id.example, or the page was too old. Nothing has changed."))
                    #expect(answer.text.contains("href=\"https://id.example/\""))
                }
                forged.cookies = [:]
                let login = try await forged.login()
                #expect(login.status == 403 && login.fields[.setCookie] == nil, "\(origin ?? "-")")
            }
            for path in paths {
                for wrong in [foreign, "", "x", token + "A", String(token.dropLast())] {
                    #expect(try await visitor.post(path, "csrf=\(wrong)").status == 403, "\(path)")
                }
                for malformed in ["", "token=\(token)", "csrf=\(token)&csrf=\(token)", "csrf=\(token)&x=1"] {
                    #expect(try await visitor.post(path, malformed).status == 400, "\(path)")
                }
                // The token that scripts have for the other endpoints.
                let cookies = try await scene.login(",\"mode\":\"cookie\"").cookies
                #expect(try await visitor.post(path, "csrf=\(cookies["__Host-csrf"] ?? "")").status == 403)
            }
            #expect(try await scene.issuer.sessions(of: scene.issuer.users()[0].id).count == 5)
            // A session of somebody else is not there.
            _ = try await scene.issuer.addUser(name: "bob", password: EndpointScene.password)
            var bob = Visitor(scene)
            _ = try await bob.login("bob")
            let answer = try await bob.post("/sessions/\(id)/end", "csrf=\(try await bob.token())")
            #expect(answer.fields[.location] == "/?notice=gone")
            #expect(try await scene.issuer.sessions(of: scene.issuer.users()[0].id).count == 5)
        }
    }

    @Test func problemsInWords() async throws {
        try await EndpointScene.with { scene in
            var visitor = Visitor(scene)
            let (wrong, unknown) = (try await visitor.login("alice", "x"), try await visitor.login("carol", "x"))
            #expect(wrong.status == 403 && unknown.status == 403)
            #expect(wrong.text == unknown.text.replacing("carol", with: "alice"))
            #expect(wrong.text.contains("role=\"alert\"") && wrong.text.contains("or the password is wrong"))
            for _ in 0..<4 { _ = try await visitor.login("alice", "x") }
            let throttled = try await visitor.login()
            #expect(throttled.status == 429 && throttled.text.contains("Too many attempts."))
            #expect(try Int(#require(throttled.fields[.retryAfter])) ?? 0 > 0 && visitor.cookies.isEmpty)
            let words = (
                multipart: try await scene.send(
                    .post, "/login", [.contentType: "multipart/form-data", .origin: EndpointScene.origin.description],
                    body: "x"),
                large: try await visitor.post("/login", String(repeating: "x", count: 20_000))
            )
            #expect(words.multipart.status == 415 && words.large.status == 413)
            for body in [
                "", "username=alice", "username=alice&password=x&scope=y", "username=alice&password=x&",
                "username=alice&username=bob&password=x", "username=%ff&password=x",
            ] {
                #expect(try await visitor.post("/login", body).status == 400, "\(body)")
            }
            // A browser that has not kept the cookie.
            #expect(try await visitor.get("/?notice=logged-in").text.contains("has not kept the cookie"))
        }
    }

    @Test func withoutAStore() async throws {
        try await EndpointScene.with { scene in
            var visitor = Visitor(scene)
            _ = try await visitor.login()
            let token = try await visitor.token()
            await scene.store.close()
            let answers = [
                try await visitor.get(), try await visitor.login("carol"),
                try await visitor.post("/sessions/end-others", "csrf=\(token)"),
                try await visitor.post("/logout", "csrf=\(token)"),
            ]
            for answer in answers {
                #expect(answer.status == 503 && answer.text.contains("cannot reach its database"))
                #expect(answer.fields[.retryAfter] == "1")
            }
            // The cookie may be as good as ever.
            #expect(!visitor.cookies.isEmpty)
        }
    }

    @Test func withoutPages() async throws {
        try await EndpointScene.with { scene in
            let endpoints = try IssuerEndpoints(scene.issuer, origin: EndpointScene.origin, hasPages: false)
            try await Application(router: endpoints.router).test(.router) { client in
                for (path, expected) in [("/", 404), ("/style.css", 404), ("/login", 404), ("/ready", 204)] {
                    let status = try await client.execute(uri: path, method: .get).status.code
                    #expect(status == expected, "\(path)")
                }
            }
        }
    }
}
