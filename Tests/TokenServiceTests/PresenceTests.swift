import FastVerify
import Testing

@testable import TokenService

@Suite struct PresenceTests {
    @Test(arguments: TestStore.available) func looksWithoutUsing(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            let grant = try await scene.login()
            for _ in 0..<3 {
                let presence = try #require(
                    try await scene.issuer.presence(refreshToken: grant.refreshToken, from: Scene.phone))
                #expect(presence.session.id == grant.sessionID && presence.user.name == "alice")
                #expect(presence.at == scene.clock.now)
            }
            // Nothing was written, and the token is as good as before.
            #expect(try await scene.auditActions() == ["key_added", "user_added", "login"])
            for text in ["", "fvr_x", "fvr_" + String(repeating: "A", count: 43), grant.accessToken.text] {
                #expect(try await scene.issuer.presence(refreshToken: text, from: Scene.phone) == nil)
            }
            // A use is noted now and then, so that a session does not fall asleep under somebody who looks.
            scene.clock.advance(10 * 86_400)
            #expect(try await scene.issuer.presence(refreshToken: grant.refreshToken, from: Scene.phone) != nil)
            #expect(try await scene.issuer.sessions(of: scene.user.id)[0].lastUsedAt == scene.clock.now)
            scene.clock.advance(10 * 86_400)
            #expect(try await scene.issuer.presence(refreshToken: grant.refreshToken, from: Scene.phone) != nil)
            scene.clock.advance(10 * 86_400)
            #expect(try await scene.issuer.presence(refreshToken: grant.refreshToken, from: Scene.phone) == nil)
        }
    }

    /// Pages use no token up, so whoever did was somebody else: even within the period of grace.
    @Test(arguments: TestStore.available) func usedTokens(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            let grant = try await scene.login()
            let next = try await scene.issuer.refresh(grant.refreshToken, from: Scene.phone)
            #expect(try await scene.issuer.presence(refreshToken: next.refreshToken, from: Scene.phone) != nil)
            #expect(try await scene.issuer.presence(refreshToken: grant.refreshToken, from: Scene.phone) == nil)
            #expect(try await scene.refusal(of: next.refreshToken) == "refresh_ended")
            #expect(try await scene.auditActions().suffix(2) == ["refresh_reused", "refresh_refused"])
        }
    }

    @Test(arguments: TestStore.available) func sessionsThatAreOver(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            func isPresent(_ grant: TokenIssuer.Grant, _ device: Device = Scene.phone) async throws -> Bool {
                try await scene.issuer.presence(refreshToken: grant.refreshToken, from: device) != nil
            }
            let (ended, idle) = (try await scene.login(), try await scene.login())
            try await scene.issuer.logout(refreshToken: ended.refreshToken)
            #expect(try await !isPresent(ended))
            scene.clock.advance(14 * 86_400 + 1)
            #expect(try await !isPresent(idle))

            // A session of an application is none of the pages.
            _ = try await scene.issuer.addClient(
                id: "app", .public, grants: [.refreshToken], scopes: [], audiences: [])
            let app = try await scene.issuer.login(
                name: "alice", password: Scene.password, clientID: "app", from: Scene.phone)
            #expect(try await !isPresent(app))
            #expect(try await scene.issuer.sessions(of: scene.user.id).map(\.id) == [app.sessionID])

            let moved = try await scene.login()
            var device = Scene.phone
            device.address = "198.51.100.1"
            #expect(try await isPresent(moved, device))
            #expect(try await isPresent(moved, device))
            #expect(try await scene.auditActions().filter { $0 == "address_changed" }.count == 1)
            device.fingerprint = "another"
            #expect(try await !isPresent(moved, device))
            #expect(try await !isPresent(moved))
            #expect(try await scene.auditActions().filter { $0 == "device_changed" }.count == 1)

            let changed = try await scene.login()
            _ = try await scene.issuer.changeUser(named: "alice") { $0.roles = [] }
            #expect(try await !isPresent(changed))
        }
    }

    @Test(arguments: TestStore.available) func endsTheOthers(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            _ = try await scene.issuer.addUser(name: "bob", password: Scene.password)
            let bob = try await scene.issuer.login(name: "bob", password: Scene.password, from: Scene.phone)
            let (own, first, second) = (try await scene.login(), try await scene.login(), try await scene.login())
            #expect(try await scene.issuer.endOtherSessions(than: own.sessionID, of: scene.user.id) == 2)
            #expect(try await scene.issuer.endOtherSessions(than: own.sessionID, of: scene.user.id) == 0)
            for grant in [first, second] {
                #expect(try await scene.refusal(of: grant.refreshToken) == "refresh_ended")
                #expect(try await scene.issuer.verifiedToken(grant.accessToken.text) == nil)
            }
            for grant in [own, bob] {
                #expect(try await scene.refusal(of: grant.refreshToken) == nil)
                #expect(try await scene.issuer.verifiedToken(grant.accessToken.text) != nil)
            }
        }
    }
}
