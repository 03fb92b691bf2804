// The range proof: the arithmetic of the lanes over intervals (Tests/CWeierstrass/interval.h).
import CWeierstrass
import Testing

@Suite struct RangeTests {
    static let operations = (0..<CW_OPERATION_COUNT.rawValue).map { cw_operation(rawValue: $0) }
        .filter { $0 != CW_WORDS }

    /// No limb overflows, and every result keeps its stated range, for any operands within theirs.
    @Test(arguments: Curve.all, operations) func statedRangesSuffice(_ curve: Curve, _ operation: cw_operation) {
        #expect(curve.lanes.range_violations(operation, -1) == 0)
    }

    /// The proof sees a range that is too wide: twice the bound of an operand is a violation everywhere. Affine addition
    /// carries its first operands before it multiplies; its last one is a factor.
    @Test(arguments: Curve.all, operations) func widenedRangesFail(_ curve: Curve, _ operation: cw_operation) {
        #expect(curve.lanes.range_violations(operation, operation == CW_AFFINE_ADD ? 4 : 0) > 0)
    }
}
