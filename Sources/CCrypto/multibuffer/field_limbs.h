// Elements of the field of a short Weierstrass curve over `lane`: what is the same for every modulus. field_p256.h and
// its siblings state a modulus by macros, include this, and say how columns are folded and values reduced:
//
//   FIELD_BITS, FIELD_LIMBS, FIELD_MODULUS       p and the limbs of 52 bits that hold it, least significant first
//   FIELD_FORM, FIELD_FORM_2, FIELD_FORM_3       F, F^2 and F^3 mod p, see below
//   fe_fold                                      columns of a product, divided by F, to limbs before carries
//   fe_reduce, fe_product                        those limbs, with small multiples of p and elements added or taken
//                                                away or without, to a coordinate or to a product
//
// An element a is held as a F mod p or that plus a small multiple of p, and a product of A and B is A B / F: F is 2^(52
// limbs) where Montgomery's reduction is used, else 1 or what makes the reduction cheapest. Ranges, checked by the
// interval lane (Tests: Range…) with the bounds that each field states for the top limb:
//   operand      every limb in 0 … 2^52 - 1, below 8 p; what a product may be given
//   product      an operand, result of fe_mul or fe_sqr
//   coordinate   an operand, little above p; what fe_reduce makes. Not canonical.
//   canonical    below p
//   signed       limbs of a canonical element or all of them negated
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "modular_inverse.h"

#define LIMB_52 ((UINT64_C(1) << 52) - 1)
#ifdef LANES_INTERVAL  // run once: what matters is the time it takes to compile
#define UNROLL
#define INLINE static __attribute__((noinline, unused))
#elif defined(DEBUG)  // sanitizers make inlined products take minutes to compile
#define UNROLL
#define INLINE static __attribute__((unused))
#else
#define UNROLL _Pragma("clang loop unroll(full)")
// Products are inlined whatever their length: a call would pass operands through memory, twice.
#define INLINE static inline __attribute__((always_inline))
#endif

enum {
    FIELD_WORDS = (FIELD_BITS + 63) / 64,
    FIELD_BYTES = (FIELD_BITS + 7) / 8,
    FIELD_COLUMNS = 2 * FIELD_LIMBS,
    FIELD_TOP = FIELD_LIMBS - 1,                   // index of the top limb
    FIELD_TOP_BITS = FIELD_BITS - 52 * FIELD_TOP,  // bits of p there
};

typedef struct {
    lane limb[FIELD_LIMBS];
} fe;

INLINE fe fe_set(const uint64_t limbs[FIELD_LIMBS]) {
    fe r;
    UNROLL for (int i = 0; i < FIELD_LIMBS; i++) r.limb[i] = lane_set(limbs[i]);
    return r;
}

static inline fe fe_zero(void) { return fe_set((const uint64_t[FIELD_LIMBS]){0}); }
/// The one of the form above.
static inline fe fe_one(void) { return fe_set((const uint64_t[FIELD_LIMBS]){FIELD_FORM}); }

/// Carries once through limbs of up to 62 bits and sign, a value that is not negative: an operand, if the value fits.
INLINE fe fe_carry(fe a) {
    const lane mask = lane_set(LIMB_52);
    UNROLL for (int i = 0; i < FIELD_TOP; i++) {
        a.limb[i + 1] = lane_add(a.limb[i + 1], lane_sar(a.limb[i], 52));
        a.limb[i] = lane_and(a.limb[i], mask);
    }
    return a;
}

INLINE fe fe_add_uncarried(fe a, fe b) {
    UNROLL for (int i = 0; i < FIELD_LIMBS; i++) a.limb[i] = lane_add(a.limb[i], b.limb[i]);
    return a;
}
INLINE fe fe_sub_uncarried(fe a, fe b) {
    UNROLL for (int i = 0; i < FIELD_LIMBS; i++) a.limb[i] = lane_sub(a.limb[i], b.limb[i]);
    return a;
}
INLINE fe fe_shl_uncarried(fe a, unsigned bits) {
    UNROLL for (int i = 0; i < FIELD_LIMBS; i++) a.limb[i] = lane_shl(a.limb[i], bits);
    return a;
}

/// The limbs of multiple * p, not carried: what is added before a subtraction so that the value stays positive.
INLINE fe fe_modulus(uint64_t multiple) {
    static const uint64_t modulus[FIELD_LIMBS] = {FIELD_MODULUS};
    fe r;
    UNROLL for (int i = 0; i < FIELD_LIMBS; i++) r.limb[i] = lane_set(multiple * modulus[i]);
    return r;
}

/// a - b + multiple * p without carries; a and b operands or signed.
INLINE fe fe_difference(fe a, fe b, uint64_t multiple) {
    return fe_sub_uncarried(fe_add_uncarried(a, fe_modulus(multiple)), b);
}

/// a - b + multiple * p as an operand; b at most multiple * p, or signed.
INLINE fe fe_sub(fe a, fe b, uint64_t multiple) { return fe_carry(fe_difference(a, b, multiple)); }

static inline fe fe_negate_where(lane_mask mask, fe a) {
    UNROLL for (int i = 0; i < FIELD_LIMBS; i++) {
        a.limb[i] = lane_select(mask, lane_sub(lane_set(0), a.limb[i]), a.limb[i]);
    }
    return a;
}

static inline fe fe_select(lane_mask mask, fe a, fe b) {
    UNROLL for (int i = 0; i < FIELD_LIMBS; i++) a.limb[i] = lane_select(mask, a.limb[i], b.limb[i]);
    return a;
}

static inline fe fe_swap(fe a, unsigned distance) {
    UNROLL for (int i = 0; i < FIELD_LIMBS; i++) a.limb[i] = lane_swap(a.limb[i], distance);
    return a;
}

// MARK: Products

#if LANES == 1 && !defined(LANES_INTERVAL)
#include "field_columns_wide.h"
#else
#include "field_columns.h"
#endif

INLINE fe fe_fold(column columns[FIELD_COLUMNS]);
INLINE fe fe_reduce(fe a);
INLINE fe fe_product(fe a);

static inline void fe_check_operand(fe a) {
    UNROLL for (int i = 0; i < FIELD_LIMBS; i++) lane_check_operand(a.limb[i]);
}

/// columns += a b. Halves: a column grows by less than 2 * FIELD_LIMBS * 2^52.
INLINE void columns_product(column columns[FIELD_COLUMNS], fe a, fe b) {
    fe_check_operand(a);
    fe_check_operand(b);
    UNROLL for (int i = 0; i < FIELD_LIMBS; i++) {
        UNROLL for (int j = 0; j < FIELD_LIMBS; j++) column_madd(&columns[i + j], a.limb[j], b.limb[i]);
    }
}

/// columns, all 0, := a a, with the mixed products formed once; the doubling is done to the columns, as doubled limbs
/// would have 53 bits.
INLINE void columns_square(column columns[FIELD_COLUMNS], fe a) {
    fe_check_operand(a);
    UNROLL for (int i = 0; i < FIELD_LIMBS; i++) {
        UNROLL for (int j = i + 1; j < FIELD_LIMBS; j++) column_madd(&columns[i + j], a.limb[j], a.limb[i]);
    }
    UNROLL for (int k = 1; k < FIELD_COLUMNS - 1; k++) column_double(&columns[k]);
    UNROLL for (int i = 0; i < FIELD_LIMBS; i++) column_madd(&columns[2 * i], a.limb[i], a.limb[i]);
}

#define COLUMNS(name)           \
    column name[FIELD_COLUMNS]; \
    UNROLL for (int k = 0; k < FIELD_COLUMNS; k++) name[k] = column_zero()

INLINE fe fe_mul_uncarried(fe a, fe b) {
    COLUMNS(columns);
    columns_product(columns, a, b);
    return fe_fold(columns);
}
INLINE fe fe_sqr_uncarried(fe a) {
    COLUMNS(columns);
    columns_square(columns, a);
    return fe_fold(columns);
}
/// (a b + c d) / F with one reduction.
INLINE fe fe_mul2_uncarried(fe a, fe b, fe c, fe d) {
    COLUMNS(columns);
    columns_product(columns, a, b);
    columns_product(columns, c, d);
    return fe_fold(columns);
}

/// a b / F mod p: a product.
INLINE fe fe_mul(fe a, fe b) { return fe_product(fe_mul_uncarried(a, b)); }
INLINE fe fe_sqr(fe a) { return fe_product(fe_sqr_uncarried(a)); }

// MARK: Canonical form, comparison, words

/// `a` where its value is not negative, else `b`.
static inline fe fe_unless_negative(fe a, fe b) {
    fe r = fe_select(lane_eq(lane_sar(a.limb[FIELD_TOP], 63), lane_set(0)), a, b);
    // Changes nothing; it is how the interval lane learns of the test.
    r.limb[FIELD_TOP] = lane_and(r.limb[FIELD_TOP], lane_set(LIMB_52));
    return r;
}

/// Canonical from an operand below 2p.
static inline fe fe_canonical(fe a) { return fe_unless_negative(fe_carry(fe_sub_uncarried(a, fe_modulus(1))), a); }

/// Where two elements with canonical limbs are equal.
static inline lane_mask fe_eq(fe a, fe b) {
    lane different = lane_xor(a.limb[0], b.limb[0]);
    UNROLL for (int i = 1; i < FIELD_LIMBS; i++) different = lane_or(different, lane_xor(a.limb[i], b.limb[i]));
    return lane_eq(different, lane_set(0));
}

static inline lane_mask fe_is_zero(fe product) { return fe_eq(fe_canonical(product), fe_zero()); }

/// Big-endian, at most as many bytes as the words hold.
static inline void words_from_bytes(const uint8_t *bytes, size_t count, uint64_t words[FIELD_WORDS]) {
    for (size_t i = 0; i < FIELD_WORDS; i++) {
        uint64_t word = 0;
        const size_t taken = count < 8 ? count : 8;
        count -= taken;
        memcpy((uint8_t *)&word + 8 - taken, bytes + count, taken);
        words[i] = __builtin_bswap64(word);
    }
}

/// 64-bit words to limbs.
static inline fe fe_from_words(const lane words[FIELD_WORDS]) {
    const lane mask = lane_set(LIMB_52);
    fe r;
    UNROLL for (unsigned i = 0; i < FIELD_LIMBS; i++) {
        const unsigned word = 52 * i / 64, offset = 52 * i % 64;
        lane limb = lane_shr(words[word], offset);
        if (offset > 12 && word + 1 < FIELD_WORDS) limb = lane_or(limb, lane_shl(words[word + 1], 64 - offset));
        r.limb[i] = lane_and(limb, mask);
    }
    return r;
}

/// Back; of an operand below 2^(64 words).
static inline void fe_to_words(fe a, lane words[FIELD_WORDS]) {
    UNROLL for (unsigned i = 0; i < FIELD_WORDS; i++) {
        const unsigned limb = 64 * i / 52, offset = 64 * i % 52;
        words[i] = lane_shr(a.limb[limb], offset);
        if (limb + 1 < FIELD_LIMBS) words[i] = lane_or(words[i], lane_shl(a.limb[limb + 1], 52 - offset));
        if (offset > 40 && limb + 2 < FIELD_LIMBS)
            words[i] = lane_or(words[i], lane_shl(a.limb[limb + 2], 104 - offset));
    }
}
