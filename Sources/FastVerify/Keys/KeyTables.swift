internal import CCrypto

/// Precomputed multiples of the keys in use, which make checking their signatures several times faster.
///
/// There is one store for the process and nothing has to be done for it to work: a key of a `KeySet` earns a table after 8
/// signatures, built on a background thread; when the budget is used up, tables of idle keys make room. The store also
/// knows large tables, after 256 signatures; no kernel asks for them today, because none was found to gain by them
/// (weierstrass.md). A key's tables end with its key set. Tokens cannot cause a table for a key that no key set holds; the key
/// of a proof (`PossessionVerifier`) may earn one while it stays prepared, and a verified token has to vouch for it first.
///
/// The environment variable FASTVERIFY_TABLES sets the start: a comma-separated list of `off`, `sync` and a budget in
/// MiB. All members are safe to use from any thread.
public enum KeyTables {
    /// Bytes that all tables together may take: 64 MiB at first, a negative number counts as 0. Setting 0 forbids
    /// tables. Setting less than is in use releases the least recently used tables at once, and those that are being
    /// read at that moment right after.
    public static var budget: Int {
        get { Int(clamping: counters.budgetBytes) }
        set { fv_tables_set_budget(max(0, newValue)) }
    }

    /// Builds tables at once on the verifying thread whose signature earns them: for benchmarks and reproducible tests.
    /// Verification then pays 20 to 100 µs for each table, and waits where another thread is building one.
    public static func setSynchronous(_ synchronous: Bool) { fv_tables_set_synchronous(synchronous) }

    /// What happened since the start of the process. Takes O(prepared keys); for metrics, not for every request.
    ///
    /// All but the signature counts are one consistent picture; those may be moving while other threads verify.
    public static var counters: Counters {
        var read = fv_table_counters()
        fv_tables_read(&read)
        return Counters(read)
    }

    /// Counts of signatures and tables, and bytes.
    public struct Counters: Sendable, Hashable {
        /// Signatures checked with a small and with a large table.
        public let smallTableUses, largeTableUses: UInt64
        /// Signatures checked without a table by kernels that know tables.
        public let usesWithoutTable: UInt64
        /// Tables finished.
        public let smallTableBuilds, largeTableBuilds: UInt64
        /// Builds given up: out of memory, or the budget shrank meanwhile.
        public let failedBuilds: UInt64
        /// Tables taken from a key to make room.
        public let evictions: UInt64
        /// Requests that found no room, and no table worth less.
        public let requestsWithoutRoom: UInt64
        /// Requests not accepted because the queue was full or busy; such a key asks again.
        public let refusedRequests: UInt64
        /// Bytes of tables now and at most, those of a running build included.
        public let bytes, peakBytes: UInt64
        /// Bytes allowed.
        public let budgetBytes: UInt64

        init(_ read: fv_table_counters) {
            usesWithoutTable = read.uses.0
            smallTableUses = read.uses.1
            largeTableUses = read.uses.2
            smallTableBuilds = read.builds.1
            largeTableBuilds = read.builds.2
            failedBuilds = read.failures
            evictions = read.evictions
            requestsWithoutRoom = read.no_room
            refusedRequests = read.queue_refusals
            bytes = read.bytes
            peakBytes = read.peak_bytes
            budgetBytes = read.budget_bytes
        }
    }
}
