// Scalars of Ed25519 over `lane`: modulo L = 2^252 + c, c = 27742317777372353535851937790883648493 < 2^124.4
// (RFC 8032 §5.1). Digits of 52 bits as in field_25519.h, and masked.
#pragma once
#include "field_25519.h"

typedef field_factor scalar_digits;

/// x[i] of `count` signed words becomes a digit, what is above it goes to the next word; the last word keeps all.
static inline void scalar_carry(lane *x, int count) {
    const lane mask = lane_set(FIELD_MASK);
    for (int i = 0; i < count - 1; i++) {
        x[i + 1] = lane_add(x[i + 1], lane_sar(x[i], 52));
        x[i] = lane_and(x[i], mask);
    }
}

/// Digits of a 512-bit number in eight words: SHA-512 as RFC 8032 §5.1.7 reads it.
static inline void scalar_split(const lane word[8], lane h[10]) {
    const lane mask = lane_set(FIELD_MASK);
    for (unsigned i = 0; i < 10; i++) {
        const unsigned bit = 52 * i, offset = bit % 64;
        h[i] = lane_shr(word[bit / 64], offset);
        if (offset > 12 && i < 9) h[i] = lane_or(h[i], lane_shl(word[bit / 64 + 1], 64 - offset));
        h[i] = lane_and(h[i], mask);
    }
}

/// A 512-bit number in ten digits modulo L: 2^252 = -c three times, each time with
/// a multiple of L added that keeps the difference positive.
static inline scalar_digits scalar_reduce(const lane h[10]) {
    static const uint64_t fold[3] = {0x31a5cf5d3ed00, 0xa2f79cd658126, 0x14def9de};  // 2^8 c < 2^133
    static const uint64_t raise1[8] = {0x0, 0x0, 0xd74fb40000000, 0x35960498c6973, 0x537be77a8bde7,
                                       0x0, 0x0, 0x400000};                                                   // 2^134 L
    static const uint64_t raise2[5] = {0xc6973d74fb400, 0x8bde735960498, 0x537be77a, 0x0, 0x40000000000000};  // 2^10 L
    static const uint64_t remainder[3] = {0x2631a5cf5d3ed, 0xdea2f79cd6581, 0x14def9};                        // c
    static const uint64_t order[5] = {0x2631a5cf5d3ed, 0xdea2f79cd6581, 0x14def9, 0x0, 0x100000000000};
    const lane zero = lane_set(0);
    // 2^260 h' = -2^8 c h', h' < 2^252: the product is below 2^385. x < 2^260 + 2^387.
    lane x[8], product[8];
    for (int i = 0; i < 8; i++) product[i] = zero;
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 3; j++) {
            product[i + j] = lane_madd_lo(product[i + j], h[5 + i], lane_set(fold[j]));
            product[i + j + 1] = lane_madd_hi(product[i + j + 1], h[5 + i], lane_set(fold[j]));
        }
    for (int i = 0; i < 8; i++) {
        x[i] = lane_sub(lane_set(raise1[i]), product[i]);
        if (i < 5) x[i] = lane_add(x[i], h[i]);
    }
    scalar_carry(x, 8);
    // The same once more, x >> 260 < 2^127, its last word below 2^23: nothing above the fifth word. x < 2^263.
    for (int i = 0; i < 5; i++) product[i] = zero;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            product[i + j] = lane_madd_lo(product[i + j], x[5 + i], lane_set(fold[j]));
            if (i + j < 4) product[i + j + 1] = lane_madd_hi(product[i + j + 1], x[5 + i], lane_set(fold[j]));
        }
    for (int i = 0; i < 5; i++) x[i] = lane_add(x[i], lane_sub(lane_set(raise2[i]), product[i]));
    scalar_carry(x, 5);
    // x >> 252 < 2^11, times c < 2^136. x < 2^252 + L < 2L.
    const lane top = lane_shr(x[4], 44);
    x[4] = lane_and(x[4], lane_set((UINT64_C(1) << 44) - 1));
    for (int i = 0; i < 4; i++) product[i] = zero;
    for (int j = 0; j < 3; j++) {
        product[j] = lane_madd_lo(product[j], top, lane_set(remainder[j]));
        product[j + 1] = lane_madd_hi(product[j + 1], top, lane_set(remainder[j]));
    }
    for (int i = 0; i < 5; i++) {
        x[i] = lane_add(x[i], lane_set(order[i]));
        if (i < 4) x[i] = lane_sub(x[i], product[i]);
    }
    scalar_carry(x, 5);
    lane less[5];
    for (int i = 0; i < 5; i++) less[i] = lane_sub(x[i], lane_set(order[i]));
    scalar_carry(less, 5);
    const lane_mask below = lane_lt(lane_set(UINT64_C(1) << 63), less[4]);  // negative
    scalar_digits result;
    for (int i = 0; i < 5; i++) result.limb[i] = lane_select(below, x[i], less[i]);
    return result;
}

/// k + bias as words: the form comb_row reads its signed digits from. The sum is below 2^256.
static inline void scalar_recode(const scalar_digits *k, const lane bias[FIELD_LIMBS], lane word[4]) {
    scalar_digits sum;
    for (int i = 0; i < 5; i++) sum.limb[i] = lane_add(k->limb[i], bias[i]);
    scalar_carry(sum.limb, 5);
    field_to_words(&sum, word);
}
