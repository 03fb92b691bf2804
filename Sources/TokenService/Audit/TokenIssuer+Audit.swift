extension TokenIssuer {
    /// Follows the chain of the audit log from its first entry to its last.
    ///
    /// - Returns: the last entry's number and MAC, to be noted elsewhere; `nil` of an empty log.
    /// - Throws: `AuditLog.Damage`, `StoreError`. Linear in the log.
    public func checkAuditLog() async throws -> AuditLog.Head? { try await auditLog.check(store) }

    /// Entries from a number on, as lines of JSON.
    public func auditLines(from number: Int64 = 1, limit: Int = 1000) async throws -> [String] {
        try await store.read { [auditLog] in try auditLog.lines(from: number, limit: limit, in: $0) }
    }
}
