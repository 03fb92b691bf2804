import Foundation
import Testing

@testable import TokenService
@testable import TokenServiceHTTP

/// What pages show, without a server.
@Suite struct PageViewTests {
    @Test func longLists() throws {
        let user = User(
            id: "u", name: "alice", roles: [], permissions: [], tenant: nil, plan: nil, version: 1, isDisabled: false,
            createdAt: 0)
        let sessions = (0..<102).map { number in
            Session(
                id: "s\(number)", userID: "u", clientID: number == 0 ? "app<" : nil, scopes: [], label: "curl/8.5.0",
                createdAt: 0, lastUsedAt: 0, expiresAt: 9, idleSeconds: 9, userVersion: 1, device: "", addressClass: "")
        }
        let page = PageLayout(site: "https://id.example", prefix: "/id").sessionsPage(
            SessionsPage(
                presence: Presence(session: sessions[101], user: user, at: 0), sessions: sessions, notice: nil,
                formToken: "t")
        ).text
        #expect(page.components(separatedBy: "<tr role").count == 102 && page.contains("And 2 more"))
        // This browser's is first, and cannot be cut off.
        let (own, first) = (page.firstRange(of: "this browser"), page.firstRange(of: "/sessions/s0/end"))
        let (here, others) = (try #require(own).lowerBound, try #require(first).lowerBound)
        #expect(here < others)
        #expect(page.contains("/sessions/s98/end") && !page.contains("/sessions/s99/end"))
        #expect(
            page.contains("Application <bdi>app&lt;</bdi>") && page.contains("<title>Sessions · id.example</title>"))
        // Where a proxy takes something from the beginning of paths, browsers must write it.
        for path in [
            "href=\"/id/\"", "href=\"/id/style.css?", "action=\"/id/logout\"", "action=\"/id/sessions/end-others\"",
        ] {
            #expect(page.contains(path))
        }
    }

    @Test(arguments: [
        ("", "Unknown program"), ("curl/8.5.0", "curl"), ("<b>/1", "Unknown program"),
        ("Mozilla/5.0", "Unknown browser"),
        (String(repeating: "a", count: 41), "Unknown program"), (Visitor.agent, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
            "Edge on Windows"
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
            "Chrome on Android"
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
            "Safari on iPhone"
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
            "Safari on macOS"
        ),
    ]) func names(_ agent: String, _ name: String) { #expect(AgentName.short(agent) == name) }

    @Test func moments() {
        let now: Int64 = 1_800_000_000
        for (past, words) in [
            (-5, "just now"), (59, "just now"), (60, "1 minute ago"), (3599, "59 minutes ago"), (7200, "2 hours ago"),
            (86_400, "1 day ago"), (40 * 86_400, "40 days ago"),
        ] as [(Int64, String)] {
            #expect(PageTime.ago(now - past, now: now).text.contains(">\(words)</time>"))
        }
        #expect(
            PageTime.ago(now, now: now).text
                == "<time datetime=\"2027-01-15T08:00:00Z\" title=\"2027-01-15 08:00 UTC\">just now</time>")
    }
}
