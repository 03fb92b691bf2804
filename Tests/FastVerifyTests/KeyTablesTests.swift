import CTableKinds
import FastVerify
import Foundation
import Testing

/// The store of the process as the library's user sees it. Other tests use the same store at the same time, so what is
/// counted can only be bounded from below.
@Suite(.serialized) struct KeyTablesTests {
    @Test func budgetIsWhatWasSet() {
        let before = KeyTables.budget
        defer { KeyTables.budget = before }
        for bytes in [0, 1, 32 << 20, .max] {
            KeyTables.budget = bytes
            #expect(KeyTables.budget == bytes)
            #expect(KeyTables.counters.budgetBytes == UInt64(bytes))
        }
        KeyTables.budget = -1
        #expect(KeyTables.budget == 0)
    }

    @Test(.enabled(if: getenv("FASTVERIFY_TABLES") == nil, "it counts the uses that earn a table"))
    func countersFollowAKey() {
        KeyTables.setSynchronous(true)
        defer { KeyTables.setSynchronous(false) }
        let before = KeyTables.counters
        let key = fv_test_key_open(nil, 1, 1000, 4000)!
        let slot = fv_test_key_slot(key)
        for uses: UInt32 in [7, 1, 512] { fv_table_release(slot, fv_table_acquire(slot, uses)) }
        let during = KeyTables.counters
        fv_test_key_close(key)
        #expect(during.usesWithoutTable >= before.usesWithoutTable + 7)
        #expect(during.smallTableUses >= before.smallTableUses + 1)
        #expect(during.largeTableUses >= before.largeTableUses + 512)
        #expect(during.smallTableBuilds > before.smallTableBuilds)
        #expect(during.largeTableBuilds > before.largeTableBuilds)
        #expect(during.bytes >= 4032 && during.peakBytes >= 4032 + 1024)
        #expect(during.bytes <= during.peakBytes)
        #expect(KeyTables.counters.largeTableUses >= during.largeTableUses)
    }
}
