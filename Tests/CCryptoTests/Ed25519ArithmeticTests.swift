import CEd25519
import Testing

/// field_25519.h and scalar_25519.h against OpenSSL's big integers, and their ranges over interval lanes.
@Suite struct Ed25519ArithmeticTests {
    static let operations = (0..<CED25519_OPERATION_COUNT.rawValue).map { ced25519_operation(rawValue: $0) }

    @Test(arguments: operations) func equalsBigIntegers(_ operation: ced25519_operation) {
        let slow = operation == CED25519_INVERT || operation == CED25519_ROOT
        let rounds: UInt32 = slow ? 200 : 4000
        let seed = UInt64.random(in: 0...UInt64.max)
        #expect(ced25519_check_scalar(operation, seed, rounds) == 0, "seed \(seed)")
        if ced25519_has_avx512ifma() != 0 {
            #expect(ced25519_check_avx512ifma(operation, seed, rounds / 4) == 0, "seed \(seed)")
        }
    }

    struct Range: Sendable {
        let range: ced25519_range
        /// Bits by which the range may be wider than stated before something breaks.
        let spare: UInt32
        init(_ range: ced25519_range, _ spare: UInt32) {
            self.range = range
            self.spare = spare
        }
    }

    static let ranges: [Range] = [
        Range(CED25519_RANGE_MULTIPLY_A, 0), Range(CED25519_RANGE_MULTIPLY_B, 0), Range(CED25519_RANGE_SQUARE, 0),
        Range(CED25519_RANGE_REDUCE, 0), Range(CED25519_RANGE_ADD_ROW, 0), Range(CED25519_RANGE_ADD_X, 0),
        Range(CED25519_RANGE_ADD_Y, 4), Range(CED25519_RANGE_ADD_Z, 3), Range(CED25519_RANGE_ADD_T, 4),
        Range(CED25519_RANGE_CACHED_X, 0), Range(CED25519_RANGE_CACHED_Z, 4), Range(CED25519_RANGE_DOUBLE_X, 4),
        Range(CED25519_RANGE_DOUBLE_Z, 4), Range(CED25519_RANGE_CANONICAL, 0),
    ]

    /// No violation on the stated ranges; widened beyond what each has to spare, there is one.
    @Test(arguments: ranges) func statedRangesHold(_ item: Range) {
        for widened in 0...item.spare { #expect(ced25519_range_violations(item.range, widened) == 0) }
        #expect(ced25519_range_violations(item.range, item.spare + 1) > 0)
    }
}
