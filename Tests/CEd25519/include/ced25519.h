// The arithmetic of CCrypto's multibuffer Ed25519, one operation at a time, for every lane, against OpenSSL's big
// integers; and the range proof.
#pragma once
#include <stdint.h>

typedef enum {
    CED25519_MULTIPLY,
    CED25519_SQUARE,
    CED25519_SUM,         // a + b of two products
    CED25519_DIFFERENCE,  // a - b of two products
    CED25519_NEGATE,      // -(a b)
    CED25519_CANONICAL,   // of a factor; must be below p
    CED25519_INVERT,
    CED25519_ROOT,    // a^((p - 5) / 8)
    CED25519_WORDS,   // 256 bits through digits and back
    CED25519_REDUCE,  // 512 bits modulo L; must be below L
    CED25519_OPERATION_COUNT
} ced25519_operation;

/// Results that differ from the oracle's, over `rounds` vectors of random operands and edges. 0 where the processor
/// lacks the lane, which `ced25519_has_avx512ifma` tells.
typedef unsigned ced25519_check(ced25519_operation operation, uint64_t seed, unsigned rounds);
ced25519_check ced25519_check_scalar, ced25519_check_avx512ifma;
int ced25519_has_avx512ifma(void);

typedef enum {
    CED25519_RANGE_MULTIPLY_A,
    CED25519_RANGE_MULTIPLY_B,
    CED25519_RANGE_SQUARE,
    CED25519_RANGE_REDUCE,
    CED25519_RANGE_ADD_X,  // coordinates of the first operand of an affine addition
    CED25519_RANGE_ADD_Y,
    CED25519_RANGE_ADD_Z,
    CED25519_RANGE_ADD_T,
    CED25519_RANGE_ADD_ROW,  // the second operand
    CED25519_RANGE_CACHED_X,
    CED25519_RANGE_CACHED_Z,
    CED25519_RANGE_DOUBLE_X,
    CED25519_RANGE_DOUBLE_Z,
    CED25519_RANGE_CANONICAL,
    CED25519_RANGE_COUNT
} ced25519_range;

/// Violations when an operation runs on the whole stated range of all its operands, that of the named one widened by
/// so many bits.
unsigned ced25519_range_violations(ced25519_range range, unsigned widened);
