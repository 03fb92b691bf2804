// Arithmetic modulo p = 2^255 - 19, written once over `lane` (a lanes_*.h precedes this file). ed25519.md has the
// maths.
//
// An element is five words of weight 2^(52 i), in one of two states, kept apart by their types:
//
// field_sum      signed words; what multiplication leaves and what addition and subtraction take and give. A product
//                has words in [0, 2^56) and a value in [0, 2^255 + 2^212).
// field_factor   what multiplication takes: five digits below 2^52, so a value in [0, 2^260).
//
// Why 2^52 and not 2^51: the high halves of vpmadd52 land on the next column undoubled, and the five bits above 2^255
// hold the small sums of the point formulas. The price, carrying every sum, is eight operations a time: vpmadd52 takes
// no notice of what stands above the digits, so they need no masks there (lane_digit).
#pragma once
#include <assert.h>
#include <stdint.h>

#define FIELD_LIMBS 5
#define FIELD_MASK ((UINT64_C(1) << 52) - 1)
/// Bits of the last word below 2^255.
#define FIELD_TOP 47
#define FIELD_TOP_MASK ((UINT64_C(1) << FIELD_TOP) - 1)

typedef struct {
    lane limb[FIELD_LIMBS];
} field_sum;

typedef struct {
    lane limb[FIELD_LIMBS];
} field_factor;

// MARK: Sums

static inline field_sum field_add(const field_sum *a, const field_sum *b) {
    field_sum sum;
    for (int i = 0; i < FIELD_LIMBS; i++) sum.limb[i] = lane_add(a->limb[i], b->limb[i]);
    return sum;
}

static inline field_sum field_subtract(const field_sum *a, const field_sum *b) {
    field_sum difference;
    for (int i = 0; i < FIELD_LIMBS; i++) difference.limb[i] = lane_sub(a->limb[i], b->limb[i]);
    return difference;
}

/// a + 2p: makes the difference of two products positive. 2p = 2^256 - 38 has two signed digits only.
static inline field_sum field_raise(field_sum a) {
    a.limb[0] = lane_sub(a.limb[0], lane_set(38));
    a.limb[4] = lane_add(a.limb[4], lane_set(UINT64_C(1) << (FIELD_TOP + 1)));
    return a;
}

/// a where the mask is clear, -a where it is set.
static inline field_sum field_negate_where(lane_mask mask, const field_sum *a) {
    field_sum result;
    for (int i = 0; i < FIELD_LIMBS; i++)
        result.limb[i] = lane_select(mask, lane_sub(lane_set(0), a->limb[i]), a->limb[i]);
    return result;
}

/// For values in [0, 2^260) of words in (-2^62, 2^62).
static inline field_factor field_carry(const field_sum *a) {
    field_factor result;
    lane word = a->limb[0];
    for (int i = 1; i < FIELD_LIMBS; i++) {
        result.limb[i - 1] = lane_digit(word);
        word = lane_add(a->limb[i], lane_sar(word, 52));
    }
    result.limb[4] = word;
#if defined(DEBUG) && !defined(LANES_INTERVAL)
    uint64_t last[LANES];
    lane_store(last, word);
    for (int i = 0; i < LANES; i++) assert(last[i] >> 52 == 0);
#endif
    return result;
}

// MARK: Products

/// The ten columns of a product of two factors, each in [0, 10 * 2^52), brought to five: 2^260 = 32 * 19 = 608.
static inline field_sum field_fold(lane column[2 * FIELD_LIMBS]) {
    // Digits of the upper half, for use as factors. The last is below 2^52 + 4 …
    for (int i = FIELD_LIMBS + 1; i < 2 * FIELD_LIMBS; i++)
        column[i] = lane_add(column[i], lane_shr(column[i - 1], 52));
    const lane fold = lane_set(608);
    lane digit[4];
    for (int i = 0; i < 4; i++) digit[i] = lane_digit(column[FIELD_LIMBS + i]);
    field_sum result;
    result.limb[0] = lane_madd_lo(column[0], digit[0], fold);
    for (int i = 1; i < FIELD_LIMBS - 1; i++)
        result.limb[i] = lane_madd_lo(lane_madd_hi(column[i], digit[i - 1], fold), digit[i], fold);
    // … and 19 times it is below 2^56.3: taken apart by shifts, so that no further digit comes out at 2^260.
    const lane top = column[9];
    const lane nineteen = lane_add(lane_add(top, lane_shl(top, 1)), lane_shl(top, 4));
    const lane last = lane_add(lane_madd_hi(column[4], digit[3], fold), lane_shl(nineteen, 5));
    // last is below 2^61.4, what stands above 2^255 below 2^14.4.
    result.limb[0] = lane_madd_lo(result.limb[0], lane_shr(last, FIELD_TOP), lane_set(19));
    result.limb[4] = lane_and(last, lane_set(FIELD_TOP_MASK));
    return result;
}

static inline field_sum field_multiply(const field_factor *a, const field_factor *b) {
    lane column[2 * FIELD_LIMBS];
    for (int i = 0; i < 2 * FIELD_LIMBS; i++) column[i] = lane_set(0);
#pragma clang loop unroll(full)
    for (int i = 0; i < FIELD_LIMBS; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < FIELD_LIMBS; j++) {
            column[i + j] = lane_madd_lo(column[i + j], a->limb[i], b->limb[j]);
            column[i + j + 1] = lane_madd_hi(column[i + j + 1], a->limb[i], b->limb[j]);
        }
    return field_fold(column);
}

static inline field_sum field_square(const field_factor *a) {
    lane column[2 * FIELD_LIMBS];
    for (int i = 0; i < 2 * FIELD_LIMBS; i++) column[i] = lane_set(0);
#pragma clang loop unroll(full)
    for (int i = 0; i < FIELD_LIMBS; i++)
#pragma clang loop unroll(full)
        for (int j = i + 1; j < FIELD_LIMBS; j++) {
            column[i + j] = lane_madd_lo(column[i + j], a->limb[i], a->limb[j]);
            column[i + j + 1] = lane_madd_hi(column[i + j + 1], a->limb[i], a->limb[j]);
        }
    for (int i = 1; i < 2 * FIELD_LIMBS - 1; i++) column[i] = lane_add(column[i], column[i]);
#pragma clang loop unroll(full)
    for (int i = 0; i < FIELD_LIMBS; i++) {
        column[2 * i] = lane_madd_lo(column[2 * i], a->limb[i], a->limb[i]);
        column[2 * i + 1] = lane_madd_hi(column[2 * i + 1], a->limb[i], a->limb[i]);
    }
    return field_fold(column);
}

// MARK: Factors in and out

static inline field_factor field_set(const uint64_t limbs[FIELD_LIMBS]) {
    field_factor result;
    for (int i = 0; i < FIELD_LIMBS; i++) result.limb[i] = lane_set(limbs[i]);
    return result;
}

/// Digits below 2^52 are a sum as they are.
static inline field_sum field_sum_of(const field_factor *digits) {
    field_sum sum;
    for (int i = 0; i < FIELD_LIMBS; i++) sum.limb[i] = digits->limb[i];
    return sum;
}

static inline field_factor field_times(const field_factor *a, const field_factor *b) {
    const field_sum product = field_multiply(a, b);
    return field_carry(&product);
}

/// a^(2^count).
static inline field_factor field_square_repeatedly(field_factor a, int count) {
    for (int i = 0; i < count; i++) {
        const field_sum square = field_square(&a);
        a = field_carry(&square);
    }
    return a;
}

/// a^(2^250 - 1): 249 squarings and 11 multiplications (Bernstein, "Curve25519", 2006, §5).
static inline field_factor field_power_2_250(const field_factor *a) {
    const field_factor second = field_square_repeatedly(*a, 1);
    field_factor t = field_square_repeatedly(second, 2);
    const field_factor ninth = field_times(&t, a);
    t = field_times(&ninth, &second);
    t = field_square_repeatedly(t, 1);
    const field_factor ones5 = field_times(&t, &ninth);
    t = field_square_repeatedly(ones5, 5);
    const field_factor ones10 = field_times(&t, &ones5);
    t = field_square_repeatedly(ones10, 10);
    const field_factor ones20 = field_times(&t, &ones10);
    t = field_square_repeatedly(ones20, 20);
    t = field_times(&t, &ones20);
    t = field_square_repeatedly(t, 10);
    const field_factor ones50 = field_times(&t, &ones10);
    t = field_square_repeatedly(ones50, 50);
    const field_factor ones100 = field_times(&t, &ones50);
    t = field_square_repeatedly(ones100, 100);
    t = field_times(&t, &ones100);
    t = field_square_repeatedly(t, 50);
    return field_times(&t, &ones50);
}

/// a^((p - 5) / 8), for square roots (RFC 8032 §5.1.3). (p - 5) / 8 = 2^252 - 3.
static inline field_factor field_power_root(const field_factor *a) {
    field_factor t = field_power_2_250(a);
    t = field_square_repeatedly(t, 2);
    return field_times(&t, a);
}

/// The digits of the least non-negative residue. For values in [0, 2^260).
static inline field_factor field_canonical(const field_sum *a) {
    const lane mask = lane_set(FIELD_MASK), top_mask = lane_set(FIELD_TOP_MASK), nineteen = lane_set(19);
    field_factor digits = field_carry(a);
    // Below 2^255 + 32 * 19.
    field_sum t;
    for (int i = 0; i < FIELD_LIMBS - 1; i++) t.limb[i] = lane_and(digits.limb[i], mask);
    t.limb[0] = lane_madd_lo(t.limb[0], lane_shr(digits.limb[4], FIELD_TOP), nineteen);
    t.limb[4] = lane_and(digits.limb[4], top_mask);
    // It reaches p exactly where adding 19 reaches 2^255; then those 19 take p away modulo 2^255.
    field_sum reach = t;
    reach.limb[0] = lane_add(reach.limb[0], nineteen);
    digits = field_carry(&reach);
    t.limb[0] = lane_madd_lo(t.limb[0], lane_shr(digits.limb[4], FIELD_TOP), nineteen);
    digits = field_carry(&t);
    for (int i = 0; i < FIELD_LIMBS - 1; i++) digits.limb[i] = lane_and(digits.limb[i], mask);
    digits.limb[4] = lane_and(digits.limb[4], top_mask);
    return digits;
}

/// Digits of a little-endian 256-bit number in four words: below 2^52, the last below 2^48.
static inline field_factor field_from_words(const lane word[4]) {
    const lane mask = lane_set(FIELD_MASK);
    field_factor result;
    result.limb[0] = lane_and(word[0], mask);
    for (unsigned i = 1; i < 4; i++)
        result.limb[i] = lane_and(lane_or(lane_shr(word[i - 1], 64 - 12 * i), lane_shl(word[i], 12 * i)), mask);
    result.limb[4] = lane_shr(word[3], 16);
    return result;
}

/// The other way, for masked digits of a value below 2^256.
static inline void field_to_words(const field_factor *digits, lane word[4]) {
    for (unsigned i = 0; i < 4; i++)
        word[i] = lane_or(lane_shr(digits->limb[i], 12 * i), lane_shl(digits->limb[i + 1], 52 - 12 * i));
}

/// Of canonical digits.
static inline lane_mask field_equal(const field_factor *a, const field_factor *b) {
    lane difference = lane_set(0);
    for (int i = 0; i < FIELD_LIMBS; i++) difference = lane_or(difference, lane_xor(a->limb[i], b->limb[i]));
    return lane_eq(difference, lane_set(0));
}
