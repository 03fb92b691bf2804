// The range proof: the arithmetic of the lanes over intervals (Tests/CP256/interval.c).
import CP256
import Testing

@Suite struct RangeTests {
    static let operations = (0..<CP256_OPERATION_COUNT.rawValue).map { cp256_operation(rawValue: $0) }
        .filter { $0 != CP256_WORDS }

    /// No limb overflows, and every result keeps its stated range, for any operands within theirs.
    @Test(arguments: operations) func statedRangesSuffice(_ operation: cp256_operation) {
        #expect(cp256_range_violations(operation, -1) == 0)
    }

    /// The proof sees a range that is too wide: twice the bound of operand 0 is a violation everywhere.
    @Test(arguments: operations) func widenedRangesFail(_ operation: cp256_operation) {
        #expect(cp256_range_violations(operation, 0) > 0)
    }
}
