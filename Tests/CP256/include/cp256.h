// The arithmetic of CCrypto's multibuffer P-256, one operation at a time, for every lane: what the tests compare with
// OpenSSL's big integers, and the range proof.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef enum {
    CP256_MUL,         // a b / 2^260 mod p
    CP256_SQUARE,      // a^2 / 2^260
    CP256_MUL2,        // (a b + c d) / 2^260
    CP256_SUB,         // a - b
    CP256_SUB_SIGNED,  // a - (-b)
    CP256_REDUCE,      // a
    CP256_CANONICAL,   // a, canonical
    CP256_WORDS,       // a through 64-bit words and back
    CP256_SCALAR_MUL,  // a b / 2^260 mod n
    CP256_SCALAR_CANONICAL,
    CP256_SCALAR_ODD,  // the odd one of a and n - a
    CP256_AFFINE_ADD,  // (a, b) + (c, d) by affine addition: a, b, c, d are coordinates, e the inverse; r = x, y
    CP256_JACOBIAN_ADD_AFFINE,  // (a, b, c) + (d, e): r = x, y, z
    CP256_JACOBIAN_SUB_AFFINE,  // (a, b, c) - (d, e)
    CP256_JACOBIAN_ADD,         // (a, b, c) + (d, e, f)
    CP256_JACOBIAN_DOUBLE,      // 2 (a, b, c)
    CP256_OPERATION_COUNT
} cp256_operation;

#define CP256_OPERANDS 6
#define CP256_RESULTS 3

/// Operand k of lane l at in[(k * lanes + l) * 5]; results likewise. `lanes` is what the function says it has.
typedef void cp256_row(cp256_operation operation, const uint64_t *in, uint64_t *out);
cp256_row cp256_run_scalar, cp256_run_avx512ifma;

/// Violations counted when `operation` runs on the ranges field_p256.h states for its operands, with the bound of every
/// limb of operand `widened` doubled (none for -1); results of the operation beyond the range stated for them count
/// too.
unsigned cp256_range_violations(cp256_operation operation, int widened);

/// value := 1 / value mod p (0) or n (1).
void cp256_invert(int order, uint64_t value[5]);
