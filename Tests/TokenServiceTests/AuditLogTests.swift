import FastVerify
import FastVerifyAccess
import Testing

@testable import TokenService

@Suite struct AuditLogTests {
    /// Whoever can write to the database can change the log, but not so that nobody sees it.
    @Test(arguments: TestStore.available) func changesShow(_ kind: TestStore) async throws {
        try await Scene.with(kind) { scene in
            for _ in 0..<5 { _ = try await scene.login() }
            let head = try #require(try await scene.issuer.checkAuditLog())
            #expect(head.number == 7)
            let lines = try await scene.issuer.auditLines()
            #expect(lines.count == 7 && lines.last?.hasSuffix("\"chain\":\"\(head.chain)\"}") == true)
            #expect(try await scene.issuer.auditLines(from: 6, limit: 1) == [lines[5]])

            let attacks: [(String, String, AuditLog.Damage)] = [
                (
                    "UPDATE audit SET entry = replace(entry, '192.0.2.7', '192.0.2.8') WHERE number = 4",
                    "UPDATE audit SET entry = replace(entry, '192.0.2.8', '192.0.2.7') WHERE number = 4", .changed(4)
                ),
                (
                    "UPDATE audit SET number = -5 WHERE number = 5", "UPDATE audit SET number = 5 WHERE number = -5",
                    .missing(5)
                ),
                (
                    "UPDATE audit SET number = -7 WHERE number = 7", "UPDATE audit SET number = 7 WHERE number = -7",
                    .missing(7)
                ),
                (
                    "UPDATE audit SET number = -1 WHERE number = 1", "UPDATE audit SET number = 1 WHERE number = -1",
                    .missing(1)
                ),
            ]
            for (attack, repair, damage) in attacks {
                _ = try await scene.store.transaction { try $0.run(attack, []) }
                await #expect(throws: damage) { try await scene.issuer.checkAuditLog() }
                _ = try await scene.store.transaction { try $0.run(repair, []) }
                #expect(try await scene.issuer.checkAuditLog() == head)
            }
            // Two entries change places.
            try await scene.store.transaction { transaction in
                for (from, to) in [(4, -4), (5, 4), (-4, 5)] {
                    try transaction.run("UPDATE audit SET number = \(to) WHERE number = \(from)", [])
                }
            }
            await #expect(throws: AuditLog.Damage.changed(4)) { try await scene.issuer.checkAuditLog() }
        }
    }

    /// Another service's key makes another chain.
    @Test func theChainNeedsTheKey() async throws {
        try await Scene.with(.sqlite) { scene in
            let stranger = try SigningKey(generate: .hs256)
            let log = AuditLog(.init(stranger, purpose: "audit"))
            await #expect(throws: AuditLog.Damage.changed(1)) { try await log.check(scene.store) }
        }
    }

    /// What goes into the log from outside stays one line, and one string.
    @Test func textFromOutside() {
        let entry = AuditEntry(at: 1, .login, actor: "a\"b\n", origin: "\u{2028}\\", detail: "x")
        #expect(
            entry.json(number: 3)
                == "{\"number\":3,\"at\":1,\"what\":\"login\",\"who\":\"a\\\"b\\u000a\",\"from\":\"\u{2028}\\\\\",\"detail\":\"x\"}"
        )
    }
}
