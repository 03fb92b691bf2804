import FastVerify
import Testing

@testable import TokenService

@Suite struct RefreshTests {
    @Test(arguments: TestStore.available) func loginAndRefresh(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            let grant = try await scene.login()
            let token = try scene.issuer.verifier.verify(grant.accessToken.text)
            #expect(token.subject == scene.user.id && token.audience == ["orders"] && token.roles == ["admin"])
            #expect(token.scopes == ["orders:read", "orders:write"] && grant.scopes == token.scopes)
            #expect(token.claims["tenant"]?.string == "acme" && token.claims["plan"]?.string == "pro")
            #expect(token.claims["sid"]?.string == grant.sessionID)
            #expect(grant.expiresIn == 900 && grant.sessionExpiresIn == 30 * 86_400)
            // What RFC 9068 asks of access tokens.
            let policy = ClaimPolicy.accessToken(
                issuer: "https://id.example", audience: "orders", algorithms: [.es256])
            let verifier = Verifier(policy, keys: scene.issuer.keys.source, clock: scene.clock.clock)
            #expect(try verifier.verify(grant.accessToken.text).claims.clientID == TokenIssuer.ownClientID)

            scene.clock.advance(600)
            let next = try await scene.issuer.refresh(grant.refreshToken, scopes: ["orders:read"], from: Scene.phone)
            #expect(next.refreshToken != grant.refreshToken && next.sessionID == grant.sessionID)
            #expect(next.accessToken.tokenID != grant.accessToken.tokenID && next.scopes == ["orders:read"])
            #expect(try scene.issuer.verifier.verify(next.accessToken.text).scopes == ["orders:read"])
            // Narrowing an access token does not narrow the session.
            let third = try await scene.issuer.refresh(next.refreshToken, from: Scene.phone)
            #expect(third.scopes == ["orders:read", "orders:write"])
            #expect(try await scene.auditActions() == ["key_added", "user_added", "login", "refresh", "refresh"])
        }
    }

    @Test(arguments: TestStore.available) func badLogins(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            for (name, password) in [
                ("alice", "wrong"), ("bob", Scene.password), ("alice", ""), ("", ""), ("alice\0", Scene.password),
            ] {
                await #expect(throws: IssuerRefusal(.invalidGrant, "login_failed")) {
                    try await scene.issuer.login(name: name, password: password, from: Scene.phone)
                }
            }
            await #expect(throws: IssuerRefusal(.invalidScope, "login_scope")) {
                try await scene.login(scopes: ["admin"])
            }
            for name in [" ALICE\t", "Alice"] {
                _ = try await scene.issuer.login(name: name, password: Scene.password, from: Scene.phone)
            }
            _ = try await scene.issuer.changeUser(named: "alice") { $0.isDisabled = true }
            await #expect(throws: IssuerRefusal.self) { try await scene.login() }
        }
    }

    /// RFC 9700 §4.14.2: whoever sends a used token again ends the family, thief and owner alike.
    @Test(arguments: TestStore.available) func reuseEndsTheSession(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            let (stolen, other) = (try await scene.login(), try await scene.login())
            let next = try await scene.issuer.refresh(stolen.refreshToken, from: Scene.phone)
            scene.clock.advance(11)
            #expect(try await scene.refusal(of: stolen.refreshToken) == "refresh_reused")
            #expect(try await scene.refusal(of: next.refreshToken) == "refresh_ended")
            #expect(try await scene.refusal(of: stolen.refreshToken) == "refresh_ended")
            // The other session goes on.
            #expect(try await scene.refusal(of: other.refreshToken) == nil)
            #expect(try await scene.auditActions().filter { $0 == "refresh_reused" }.count == 1)
        }
    }

    @Test(arguments: TestStore.available) func aRetryGetsTheSameSuccessor(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            let grant = try await scene.login()
            let first = try await scene.issuer.refresh(grant.refreshToken, from: Scene.phone)
            scene.clock.advance(10)
            let again = try await scene.issuer.refresh(grant.refreshToken, from: Scene.phone)
            #expect(again.refreshToken == first.refreshToken)
            #expect(again.accessToken.tokenID != first.accessToken.tokenID)
            // Once the successor is used, nobody lost an answer.
            let second = try await scene.issuer.refresh(first.refreshToken, from: Scene.phone)
            #expect(try await scene.refusal(of: grant.refreshToken) == "refresh_reused")
            #expect(try await scene.refusal(of: second.refreshToken) == "refresh_ended")
        }
    }

    @Test(arguments: TestStore.available) func whatIsNoToken(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            let good = try await scene.login().refreshToken
            let changed = good.dropLast() + (good.hasSuffix("A") ? "E" : "A")
            for text in [
                "", "fvr_", String(good.dropFirst()), good + "A", String(changed),
                "fvr_" + String(repeating: "A", count: 43), String(repeating: "x", count: 100_000), "' OR 1=1 --",
            ] {
                #expect(try await scene.refusal(of: text) == "refresh_unknown")
            }
            #expect(try await scene.refusal(of: good) == nil)
        }
    }

    @Test(arguments: TestStore.available) func lifetimes(_ kind: TestStore) async throws {
        try await Scene.with(kind, { ($0.sessionLifetime, $0.sessionIdle) = (1000, 400) }) { scene in
            var token = try await scene.login().refreshToken
            let idle = try await scene.login().refreshToken
            scene.clock.advance(400)
            token = try await scene.issuer.refresh(token, from: Scene.phone).refreshToken
            scene.clock.advance(1)
            #expect(try await scene.refusal(of: idle) == "refresh_idle")
            scene.clock.advance(398)
            token = try await scene.issuer.refresh(token, from: Scene.phone).refreshToken
            scene.clock.advance(200)
            token = try await scene.issuer.refresh(token, from: Scene.phone).refreshToken
            scene.clock.advance(1)
            #expect(try await scene.refusal(of: token) == "refresh_expired")
            #expect(try await scene.refusal(of: token) == "refresh_ended")
        }
    }

    @Test(arguments: TestStore.available) func anotherDeviceEndsOneSession(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            let (first, second) = (try await scene.login(), try await scene.login())
            let elsewhere = Device(fingerprint: "phone", address: "198.51.100.1")
            let moved = try await scene.issuer.refresh(first.refreshToken, from: elsewhere)
            let thief = Device(fingerprint: "laptop", address: "198.51.100.1")
            #expect(try await scene.refusal(of: moved.refreshToken, from: thief) == "refresh_device")
            #expect(try await scene.refusal(of: moved.refreshToken, from: elsewhere) == "refresh_ended")
            #expect(try await scene.refusal(of: second.refreshToken) == nil)
            #expect(try await scene.issuer.sessions(of: scene.user.id).map(\.id) == [second.sessionID])
        }
        try await Scene.with(
            kind, { $0.devices = DevicePolicy(fingerprintChange: .ignore, addressChange: .endSession) }
        ) { scene in
            let grant = try await scene.login()
            let near = Device(fingerprint: "laptop", address: "192.0.255.1")
            let next = try await scene.issuer.refresh(grant.refreshToken, from: near)
            let far = Device(fingerprint: "laptop", address: "192.1.255.1")
            #expect(try await scene.refusal(of: next.refreshToken, from: far) == "refresh_address")
        }
    }

    @Test(arguments: TestStore.available) func sessionsEnd(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            let grants = try await [scene.login(), scene.login(), scene.login(), scene.login()]
            try await scene.issuer.logout(refreshToken: grants[0].refreshToken)
            try await scene.issuer.logout(refreshToken: grants[0].refreshToken)
            try await scene.issuer.logout(refreshToken: "nonsense")
            // Another client cannot end it.
            try await scene.issuer.logout(refreshToken: grants[1].refreshToken, clientID: "other")
            #expect(try await scene.refusal(of: grants[0].refreshToken) == "refresh_ended")
            try await scene.issuer.endSession(grants[1].sessionID, of: scene.user.id)
            for (id, user) in [
                (grants[1].sessionID, scene.user.id), (grants[2].sessionID, "somebody"), ("none", scene.user.id),
            ] {
                await #expect(throws: IssuerRefusal(.notFound, "no_session")) {
                    try await scene.issuer.endSession(id, of: user)
                }
            }
            #expect(try await scene.issuer.sessions(of: scene.user.id).count == 2)
            try await scene.issuer.setPassword("another password", ofUserNamed: "alice")
            #expect(try await scene.refusal(of: grants[3].refreshToken) == "refresh_ended")
            await #expect(throws: IssuerRefusal.self) { try await scene.login() }
        }
    }

    /// A name that nobody has costs what one costs that somebody has.
    @Test func hashesOfNobody() async throws {
        for cost in [Scene.cost, PasswordHashing.Cost(), PasswordHashing.Cost(passes: 3, memoryBytes: 1 << 20)] {
            let hashing = try PasswordHashing(cost)
            #expect(PasswordHashing.isMade(hashing.nobody, with: cost))
            #expect(try PasswordHashing(cost).nobody != hashing.nobody)
        }
    }

    /// A session is its client's, asks for no more than it had, and ends with what its user was when it began.
    @Test(arguments: TestStore.available) func whatASessionWasBegunWith(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            func begin() async throws -> String {
                try await scene.issuer.login(
                    name: "alice", password: Scene.password, clientID: "web", scopes: ["orders:read"],
                    from: Scene.phone
                ).refreshToken
            }
            func refusal(_ token: String, clientID: String?, _ scopes: [String] = []) async throws -> String? {
                do {
                    _ = try await scene.issuer.refresh(token, clientID: clientID, scopes: scopes, from: Scene.phone)
                    return nil
                } catch let refusal as IssuerRefusal {
                    return refusal.reason
                }
            }
            let token = try await begin()
            #expect(try await refusal(token, clientID: nil) == "refresh_client")
            #expect(try await refusal(token, clientID: "other") == "refresh_client")
            #expect(try await refusal(token, clientID: "web") == nil)
            let asking = try await begin()
            #expect(try await refusal(asking, clientID: "web", ["orders:read", "orders:write"]) == "refresh_scope")
            // Neither has used the token up.
            #expect(try await refusal(asking, clientID: "web") == nil)
            // What a login that ran at the same time as a change would leave behind.
            for change in ["version = version + 1", "disabled = 1"] {
                let token = try await begin()
                _ = try await scene.store.transaction { try $0.run("UPDATE users SET \(change)", []) }
                #expect(try await refusal(token, clientID: "web") == "refresh_user")
                #expect(try await refusal(token, clientID: "web") == "refresh_ended")
            }
            await #expect(throws: IssuerRefusal(.invalidGrant, "login_failed")) { try await begin() }
            await #expect(throws: IssuerRefusal(.invalidScope, "login_scope")) {
                try await scene.login(scopes: ["everything"])
            }
        }
    }
}
