// Arithmetic modulo n, the order of P-256, over `lane`: limbs as in field_p256.h, plain Montgomery reduction.
//
// A scalar is an operand; a product of a and b is below (ab / 16 + 1) n for factors of a n and b n, as for p. Factors
// are at most 2^256 (r, s, e: 1.0001 n) or products, so every product is below 1.1 n.
#pragma once
#include "field_p256.h"

#define P256_N_LIMBS 0x9cac2fc632551, 0xada7179e84f3b, 0xfffffffbce6fa, 0xfffffffff, 0xffffffff0000
#define P256_N_QUOTIENT 0x1c8aaee00bc4f  // -1 / n mod 2^52
// 2^520 mod n and 2^780 mod n, the factors that lead into Montgomery form and that mend an inverse of it.
#define P256_N_R2_LIMBS 0x5cc0dea6dc3ba, 0x192a067d8a084, 0xbec59615571bb, 0x1fc245b2392b6, 0xe12d9559d956
#define P256_N_R3_LIMBS 0x9617f757e3b0d, 0x73e9fd26776fc, 0xe93f26238f08c, 0x4d513b9246ba5, 0xa54e7b437be6

typedef fe scalar;

static inline scalar scalar_mul(scalar a, scalar b) {
    static const uint64_t n[5] = {P256_N_LIMBS};
    const scalar modulus = fe_set(n);
    const lane quotient = lane_set(P256_N_QUOTIENT), zero = lane_set(0);
    lane columns[10];
    UNROLL for (int k = 0; k < 10; k++) columns[k] = zero;
    UNROLL for (int i = 0; i < 5; i++) {
        UNROLL for (int j = 0; j < 5; j++) {
            columns[i + j] = lane_madd_lo(columns[i + j], a.limb[j], b.limb[i]);
            columns[i + j + 1] = lane_madd_hi(columns[i + j + 1], a.limb[j], b.limb[i]);
        }
    }
    UNROLL for (int i = 0; i < 5; i++) {
        const lane digit = lane_digit(lane_madd_lo(zero, lane_digit(columns[i]), quotient));
        UNROLL for (int j = 0; j < 5; j++) {
            columns[i + j] = lane_madd_lo(columns[i + j], digit, modulus.limb[j]);
            columns[i + j + 1] = lane_madd_hi(columns[i + j + 1], digit, modulus.limb[j]);
        }
        columns[i + 1] = lane_add(columns[i + 1], lane_shr(columns[i], 52));
    }
    scalar r;
    UNROLL for (int i = 0; i < 5; i++) r.limb[i] = columns[5 + i];
    return fe_carry(r);
}

/// a - n where that is not negative, else a: canonical from an operand below 2 n.
static inline scalar scalar_canonical(scalar a) {
    static const uint64_t n[5] = {P256_N_LIMBS};
    const scalar modulus = fe_set(n);
    scalar r;
    UNROLL for (int i = 0; i < 5; i++) r.limb[i] = lane_sub(a.limb[i], modulus.limb[i]);
    return fe_unless_negative(fe_carry(r), a);
}

/// The odd one of a and n - a, of a canonical scalar; *negated is where it is n - a. 0 becomes n.
static inline scalar scalar_odd(scalar a, lane_mask *negated) {
    static const uint64_t n[5] = {P256_N_LIMBS};
    const scalar modulus = fe_set(n);
    scalar r;
    UNROLL for (int i = 0; i < 5; i++) r.limb[i] = lane_sub(modulus.limb[i], a.limb[i]);
    r = fe_unless_negative(fe_carry(r), a);
    *negated = lane_eq(lane_and(a.limb[0], lane_set(1)), lane_set(0));
    return fe_select(*negated, r, a);
}
