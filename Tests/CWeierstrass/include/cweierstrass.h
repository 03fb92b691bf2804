// The arithmetic of CCrypto's multibuffer short Weierstrass curves, one operation at a time, for every lane: what the
// tests compare with OpenSSL's big integers, and the range proof.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef enum {
    CW_MUL,         // a b / F mod p
    CW_SQUARE,      // a^2 / F
    CW_MUL2,        // (a b + c d) / F
    CW_SUB,         // a - b
    CW_SUB_SIGNED,  // a - (-b)
    CW_REDUCE,      // a
    CW_CANONICAL,   // a, canonical
    CW_WORDS,       // a through 64-bit words and back
    CW_SCALAR_MUL,  // a b / 2^(52 limbs) mod n
    CW_SCALAR_CANONICAL,
    CW_SCALAR_ODD,           // the odd one of a and n - a
    CW_AFFINE_ADD,           // (a, b) + (c, d) by affine addition: coordinates, e the inverse; r = x, y
    CW_JACOBIAN_ADD_AFFINE,  // (a, b, c) + (d, e): r = x, y, z
    CW_JACOBIAN_SUB_AFFINE,  // (a, b, c) - (d, e)
    CW_JACOBIAN_ADD,         // (a, b, c) + (d, e, f)
    CW_JACOBIAN_DOUBLE,      // 2 (a, b, c)
    CW_OPERATION_COUNT
} cw_operation;

#define CW_OPERANDS 6
#define CW_RESULTS 3
#define CW_LIMBS_MAX 11

/// Operand k of lane l at in[(k * lanes + l) * limbs]; results likewise.
typedef void cw_row(cw_operation operation, const uint64_t *in, uint64_t *out);

typedef struct {
    unsigned limbs;                                      // of 52 bits
    uint64_t modulus[CW_LIMBS_MAX], form[CW_LIMBS_MAX];  // p, and F as the field file has it
    uint64_t form_2[CW_LIMBS_MAX], form_3[CW_LIMBS_MAX];
    uint64_t order[CW_LIMBS_MAX], order_form_2[CW_LIMBS_MAX];
    unsigned key_width, generator_width, streams;
    cw_row *scalar, *avx512ifma;  // 1 and 8 lanes
    /// Violations counted when `operation` runs on the ranges stated for its operands, with the bound of every limb of
    /// operand `widened` doubled (none for -1); results of the operation beyond the range stated for them count too.
    unsigned (*range_violations)(cw_operation operation, int widened);
    /// value := 1 / value mod p (0) or n (1).
    void (*invert)(int order, uint64_t *value);
} cw_curve;

extern const cw_curve cw_p256, cw_p384, cw_p521, cw_secp256k1;
