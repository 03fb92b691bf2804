import CEd25519
import Testing

/// field_25519.h and scalar_25519.h against OpenSSL's big integers, and their ranges over interval lanes.
@Suite struct Ed25519ArithmeticTests {
    static let operations = (0..<CED25519_OPERATION_COUNT.rawValue).map { ced25519_operation(rawValue: $0) }

    @Test(arguments: operations) func equalsBigIntegers(_ operation: ced25519_operation) {
        let slow = operation == CED25519_INVERT || operation == CED25519_ROOT
        let rounds: UInt32 = slow ? 200 : 4000
        let seed = UInt64.random(in: 0 ... .max)
        #expect(ced25519_check_scalar(operation, seed, rounds) == 0, "seed \(seed)")
        if ced25519_has_avx512ifma() != 0 {
            #expect(ced25519_check_avx512ifma(operation, seed, rounds / 4) == 0, "seed \(seed)")
        }
    }

    /// No violation on the stated ranges; widened by so many bits, and not by fewer, there is one. The bits are what
    /// each range has to spare.
    @Test(arguments: [
        (CED25519_RANGE_MULTIPLY_A, 0), (CED25519_RANGE_MULTIPLY_B, 0), (CED25519_RANGE_SQUARE, 0),
        (CED25519_RANGE_REDUCE, 0), (CED25519_RANGE_ADD_ROW, 0), (CED25519_RANGE_ADD_X, 0),
        (CED25519_RANGE_ADD_Y, 4), (CED25519_RANGE_ADD_Z, 3), (CED25519_RANGE_ADD_T, 4),
        (CED25519_RANGE_CACHED_X, 0), (CED25519_RANGE_CACHED_Z, 4), (CED25519_RANGE_DOUBLE_X, 4),
        (CED25519_RANGE_DOUBLE_Z, 4), (CED25519_RANGE_CANONICAL, 0),
    ])
    func statedRangesHold(_ range: ced25519_range, spare: UInt32) {
        for widened in 0...spare { #expect(ced25519_range_violations(range, widened) == 0) }
        #expect(ced25519_range_violations(range, spare + 1) > 0)
    }
}
