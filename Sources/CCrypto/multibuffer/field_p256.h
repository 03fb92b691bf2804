// The field of P-256 over `lane` (a lanes_*.h comes first): p = 2^256 - 2^224 + 2^192 + 2^96 - 1 (FIPS 186-5, SP
// 800-186).
//
// An element is five limbs of 52 bits, least significant first, in Montgomery form: the limbs hold a * 2^260 mod p or
// that plus a small multiple of p. Ranges, checked by the interval lane (Tests: Range…):
//   operand      every limb in 0 … 2^52 - 1; what a product may be given. The value is bounded through the top limb.
//   product      an operand of at most (ab / 16 + 1) p, where the factors are at most a p and b p, a
//                and b at most 8
//   coordinate   an operand below p + 2^230: limb 4 at most 2^48 + 2^21. Not canonical.
//   signed       limb i of magnitude at most that of a coordinate, either sign: a negated coordinate, before any carry
//   canonical    below p
// p = -1 mod 2^52, so the quotient digit of Montgomery's reduction is the low limb itself, and adding q p + q instead
// of q p only shifts that limb away: p + 1 has the limbs 0, 2^44, 0, 2^36, 2^48 - 2^16.
#pragma once
#include <stdint.h>

#include "field_p256_inverse.h"

#define LIMB_52 ((UINT64_C(1) << 52) - 1)
#define P256_P1 (UINT64_C(1) << 44)            // limb 1 of p + 1
#define P256_P3 (UINT64_C(1) << 36)            // limb 3
#define P256_P4 ((UINT64_C(1) << 48) - 65536)  // limb 4

typedef struct {
    lane limb[5];
} fe;

#define UNROLL _Pragma("clang loop unroll(full)")

static inline fe fe_set(const uint64_t limbs[5]) {
    fe r;
    UNROLL for (int i = 0; i < 5; i++) r.limb[i] = lane_set(limbs[i]);
    return r;
}

static inline fe fe_zero(void) { return fe_set((const uint64_t[5]){0}); }

/// Carries once through limbs of up to 62 bits and sign, a value that is not negative: an operand, if the value fits.
static inline fe fe_carry(fe a) {
    const lane mask = lane_set(LIMB_52);
    UNROLL for (int i = 0; i < 4; i++) {
        a.limb[i + 1] = lane_add(a.limb[i + 1], lane_sar(a.limb[i], 52));
        a.limb[i] = lane_and(a.limb[i], mask);
    }
    return a;
}

/// The limbs of multiple * p, not carried: what is added before a subtraction so that the value stays positive.
static inline fe fe_modulus(uint64_t multiple) {
    return fe_set(
        (const uint64_t[5]){multiple * LIMB_52, multiple * (P256_P1 - 1), 0, multiple * P256_P3, multiple * P256_P4});
}

/// a - b + multiple * p without carries; a and b operands or signed.
static inline fe fe_difference(fe a, fe b, uint64_t multiple) {
    const fe modulus = fe_modulus(multiple);
    UNROLL for (int i = 0; i < 5; i++) a.limb[i] = lane_sub(lane_add(a.limb[i], modulus.limb[i]), b.limb[i]);
    return a;
}

/// a - b + multiple * p as an operand; b at most multiple * p, or signed.
static inline fe fe_sub(fe a, fe b, uint64_t multiple) { return fe_carry(fe_difference(a, b, multiple)); }

static inline fe fe_negate_where(lane_mask mask, fe a) {
    UNROLL for (int i = 0; i < 5; i++) a.limb[i] = lane_select(mask, lane_sub(lane_set(0), a.limb[i]), a.limb[i]);
    return a;
}

static inline fe fe_select(lane_mask mask, fe a, fe b) {
    UNROLL for (int i = 0; i < 5; i++) a.limb[i] = lane_select(mask, a.limb[i], b.limb[i]);
    return a;
}

/// A coordinate from limbs before carries, of a value between p + 2^210 and 30 p: takes away floor(value / 2^256) times
/// p, with 2^256 = p + 2^224 - 2^192 - 2^96 + 1. The estimate is at least 1, so its 2^224 pays for any borrow from
/// below.
static inline fe fe_reduce(fe a) {
    const lane estimate = lane_shr(a.limb[4], 48);
    a.limb[4] = lane_add(lane_and(a.limb[4], lane_set((UINT64_C(1) << 48) - 1)), lane_shl(estimate, 16));
    a.limb[3] = lane_sub(a.limb[3], lane_shl(estimate, 36));
    a.limb[1] = lane_sub(a.limb[1], lane_shl(estimate, 44));
    a.limb[0] = lane_add(a.limb[0], estimate);
    return fe_carry(a);
}

#if LANES == 1 && !defined(LANES_INTERVAL)
#include "field_p256_wide.h"
#else

/// columns[k] += the part of a * b at 2^(52 k). Each column grows by less than 10 * 2^52.
static inline void fe_columns(lane columns[10], fe a, fe b) {
    UNROLL for (int i = 0; i < 5; i++) {
        UNROLL for (int j = 0; j < 5; j++) {
            columns[i + j] = lane_madd_lo(columns[i + j], a.limb[j], b.limb[i]);
            columns[i + j + 1] = lane_madd_hi(columns[i + j + 1], a.limb[j], b.limb[i]);
        }
    }
}

/// The same for a * a with the ten mixed products formed once, from doubled limbs: those are of 53 bits, so the
/// doubling is done to the columns instead.
static inline void fe_columns_square(lane columns[10], fe a) {
    UNROLL for (int i = 0; i < 5; i++) {
        UNROLL for (int j = i + 1; j < 5; j++) {
            columns[i + j] = lane_madd_lo(columns[i + j], a.limb[j], a.limb[i]);
            columns[i + j + 1] = lane_madd_hi(columns[i + j + 1], a.limb[j], a.limb[i]);
        }
    }
    UNROLL for (int k = 1; k < 9; k++) columns[k] = lane_add(columns[k], columns[k]);
    UNROLL for (int i = 0; i < 5; i++) {
        columns[2 * i] = lane_madd_lo(columns[2 * i], a.limb[i], a.limb[i]);
        columns[2 * i + 1] = lane_madd_hi(columns[2 * i + 1], a.limb[i], a.limb[i]);
    }
}

/// columns / 2^260 mod p, not carried (Montgomery 1985, digit by digit).
static inline fe fe_montgomery(lane columns[10]) {
    const lane p1 = lane_set(P256_P1), p3 = lane_set(P256_P3), p4 = lane_set(P256_P4);
    UNROLL for (int i = 0; i < 5; i++) {
        const lane digit = lane_digit(columns[i]);
        columns[i + 1] = lane_madd_lo(lane_add(columns[i + 1], lane_shr(columns[i], 52)), digit, p1);
        columns[i + 2] = lane_madd_hi(columns[i + 2], digit, p1);
        columns[i + 3] = lane_madd_lo(columns[i + 3], digit, p3);
        columns[i + 4] = lane_madd_lo(lane_madd_hi(columns[i + 4], digit, p3), digit, p4);
        columns[i + 5] = lane_madd_hi(columns[i + 5], digit, p4);
    }
    fe r;
    UNROLL for (int i = 0; i < 5; i++) r.limb[i] = columns[5 + i];
    return r;
}

#define COLUMNS(name) \
    lane name[10];    \
    UNROLL for (int k = 0; k < 10; k++) name[k] = lane_set(0)

static inline fe fe_mul_uncarried(fe a, fe b) {
    COLUMNS(columns);
    fe_columns(columns, a, b);
    return fe_montgomery(columns);
}
static inline fe fe_sqr_uncarried(fe a) {
    COLUMNS(columns);
    fe_columns_square(columns, a);
    return fe_montgomery(columns);
}
/// (a b + c d) / 2^260 with one reduction.
static inline fe fe_mul2_uncarried(fe a, fe b, fe c, fe d) {
    COLUMNS(columns);
    fe_columns(columns, a, b);
    fe_columns(columns, c, d);
    return fe_montgomery(columns);
}

/// a b / 2^260 mod p: a product.
static inline fe fe_mul(fe a, fe b) { return fe_carry(fe_mul_uncarried(a, b)); }
static inline fe fe_sqr(fe a) { return fe_carry(fe_sqr_uncarried(a)); }
#endif

/// `a` where its value is not negative, else `b`.
static inline fe fe_unless_negative(fe a, fe b) {
    fe r = fe_select(lane_eq(lane_sar(a.limb[4], 63), lane_set(0)), a, b);
    r.limb[4] =
        lane_and(r.limb[4], lane_set(LIMB_52));  // changes nothing; it is how the interval lane learns of the test
    return r;
}

/// Canonical from an operand below 2p.
static inline fe fe_canonical(fe a) {
    fe r = a;
    const fe modulus = fe_modulus(1);
    UNROLL for (int i = 0; i < 5; i++) r.limb[i] = lane_sub(r.limb[i], modulus.limb[i]);
    return fe_unless_negative(fe_carry(r), a);
}

/// Where two elements with canonical limbs are equal.
static inline lane_mask fe_eq(fe a, fe b) {
    lane different = lane_xor(a.limb[0], b.limb[0]);
    UNROLL for (int i = 1; i < 5; i++) different = lane_or(different, lane_xor(a.limb[i], b.limb[i]));
    return lane_eq(different, lane_set(0));
}

/// Four 64-bit words to five limbs.
static inline fe fe_from_words(const lane words[4]) {
    const lane mask = lane_set(LIMB_52);
    fe r;
    r.limb[0] = lane_and(words[0], mask);
    UNROLL for (int i = 1; i < 4; i++) {
        const unsigned below = 12 * (unsigned)i;  // bits of word i - 1 that belong to limb i
        r.limb[i] = lane_and(lane_or(lane_shr(words[i - 1], 64 - below), lane_shl(words[i], below)), mask);
    }
    r.limb[4] = lane_shr(words[3], 16);
    return r;
}

/// Back; of an operand below 2^256.
static inline void fe_to_words(fe a, lane words[4]) {
    UNROLL for (int i = 0; i < 4; i++) {
        const unsigned taken = 12 * (unsigned)i;  // bits of limb i that word i - 1 has
        words[i] = lane_or(lane_shr(a.limb[i], taken), lane_shl(a.limb[i + 1], 52 - taken));
    }
}

/// 2^260 mod p, the one of Montgomery form.
static inline fe fe_one(void) { return fe_set((const uint64_t[5]){P256_ONE_LIMBS}); }
