internal import FastVerify
internal import FastVerifyAccess

// What a server needs that runs an issuer.
extension TokenIssuer {
    /// 32 bytes for a purpose, the same in all instances.
    public func derivedSecret(_ purpose: String) -> [UInt8] {
        MessageAuthentication(secret, purpose: "derived").tag([Array(purpose.utf8)])
    }

    /// Yields at once, and whenever another instance or this one may have changed keys or revocations.
    public var announcements: AsyncStream<Void> { store.announcements }

    /// Whether tokens can be issued: the store answers, and a key signs.
    public func checkReadiness() async throws {
        _ = try keys.signer()
        _ = try await store.read { try $0.run("SELECT 1", []) }
    }

    /// Forgets what no living token and no open session needs: rules of revocation, assertions, and sessions a while after their end,
    /// with their refresh tokens. A thousand sessions at a time.
    public func prune() async throws {
        let now = clock.now
        // As long as somebody may still want to know why a session ended.
        let ended = now - 7 * 86_400
        try await store.transaction { [revocations, statuses] transaction in
            try revocations.prune(at: now, in: transaction)
            try statuses?.register.prune(at: now, in: transaction)
            try transaction.run("DELETE FROM assertions WHERE expires_at < $1", [.integer(now - 300)])
            let sessions = try transaction.run(
                "SELECT id FROM sessions WHERE ended_at < $1 OR expires_at < $2 LIMIT 1000",
                [.integer(ended), .integer(ended)])
            for session in sessions {
                let id = SQLValue.text(try session.text(0))
                try transaction.run("DELETE FROM refresh_tokens WHERE session_id = $1", [id])
                try transaction.run("DELETE FROM sessions WHERE id = $1", [id])
            }
        }
    }
}
