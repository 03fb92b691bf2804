internal import FastVerify
internal import FastVerifyAccess

/// The entries in their order, each with a MAC over itself and the MAC before it: an entry that is changed, moved, left out or put in breaks the
/// chain for whoever has the key, and nobody without the key can mend it. That the last ones are missing shows in `head`, noted elsewhere.
///
/// An entry is written in the transaction of what it tells of, so neither is there without the other.
public struct AuditLog: Sendable {
    /// The last entry's number and MAC.
    public struct Head: Sendable, Hashable {
        public let number: Int64
        public let chain: String
    }

    /// What is wrong with a chain.
    public enum Damage: Error, Sendable, Hashable {
        /// The first number whose MAC is not that of its entry and the one before.
        case changed(Int64)
        /// The first number that is not there.
        case missing(Int64)
    }

    private static let origin = "fastverify audit log"
    private let key: MessageAuthentication

    init(_ key: MessageAuthentication) { self.key = key }

    func append(_ entry: AuditEntry, in transaction: any SQLTransaction) throws(StoreError) {
        let number = try transaction.next("audit")
        let last = try transaction.run("SELECT chain FROM audit WHERE number = $1", [.integer(number - 1)])
        guard number == 1 || !last.isEmpty else { throw .unexpected("the audit log has a gap before \(number)") }
        let text = entry.json(number: number)
        let chain = link(text, after: try last.first?.text(0))
        try transaction.run(
            "INSERT INTO audit (number, entry, chain) VALUES ($1, $2, $3)",
            [.integer(number), .text(text), .text(chain)])
    }

    private func link(_ entry: String, after chain: String?) -> String {
        Base64URL.encode(key.tag([Array((chain ?? Self.origin).utf8), Array(entry.utf8)]))
    }

    /// Entries from a number on, as lines of JSON with `"chain"` at their end.
    func lines(from number: Int64, limit: Int, in transaction: any SQLTransaction) throws(StoreError) -> [String] {
        let rows = try transaction.run(
            "SELECT entry, chain FROM audit WHERE number >= $1 ORDER BY number LIMIT $2",
            [.integer(number), .integer(Int64(limit))])
        return try rows.map { row throws(StoreError) in
            "\(try row.text(0).dropLast()),\"chain\":\(JSONText.quoted(try row.text(1)))}"
        }
    }

    /// Follows the whole chain, a thousand entries at a time.
    ///
    /// - Throws: `Damage`, `StoreError`.
    func check(_ store: some Store) async throws -> Head? {
        var head: Head?
        while true {
            let (from, before) = ((head?.number ?? 0) + 1, head)
            let next = try await store.read { try check(from: from, after: before, in: $0) }
            guard let next else { return head }
            head = next
        }
    }

    private func check(from first: Int64, after head: Head?, in transaction: any SQLTransaction) throws -> Head? {
        let rows = try transaction.run(
            "SELECT number, entry, chain FROM audit WHERE number >= $1 ORDER BY number LIMIT 1000", [.integer(first)])
        if rows.isEmpty {
            // The counter remembers how many there were.
            let counted = try transaction.run("SELECT value FROM counters WHERE name = 'audit'", [])
            guard try counted.first?.integer(0) == first - 1 else { throw Damage.missing(first) }
            return nil
        }
        var head = head
        var expected = first
        for row in rows {
            let (number, entry, chain) = (try row.integer(0), try row.text(1), try row.text(2))
            guard number == expected else { throw Damage.missing(expected) }
            guard chain == link(entry, after: head?.chain) else { throw Damage.changed(number) }
            head = Head(number: number, chain: chain)
            expected += 1
        }
        return head
    }
}
