internal import FastVerify
internal import FastVerifyAccess

extension TokenIssuer {
    /// What a database needs that was restored from a backup. Sessions may have ended and tokens may have been used since, which it
    /// knows nothing of: so all sessions end, all access tokens are taken back, and the revocation log gets another name, by which its followers see
    /// that its numbers begin anew.
    public func beginAnew(by actor: String = "operator") async throws {
        let now = clock.now
        let log = TokenSigner.tokenID()
        try await store.transaction { [self] transaction in
            try transaction.run(
                "UPDATE settings SET value = $1 WHERE name = $2", [.text(log), .text(RevocationLog.setting)])
            try transaction.run(
                "UPDATE sessions SET ended_at = $1, end_reason = $2 WHERE ended_at IS NULL",
                [.integer(now), .text(Session.End.operatorEnded.rawValue)])
            let event = RevocationEvent(
                issuer: rules.issuer, .everything(issuedBefore: now + 1), expiration: now + 2 * ending.longestLife)
            try revocations.append(event, in: transaction)
            try auditLog.append(AuditEntry(at: now, .restored, actor: actor), in: transaction)
        }
    }
}
