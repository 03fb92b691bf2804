// P-384 (FIPS 186-5, SP 800-186): p = 2^384 - 2^128 - 2^96 + 2^32 - 1, a = -3. Form 2^416. Ranges of field_limbs.h:
//
//   product      below p + 2^370 for factors below 8 p, so a coordinate
//   coordinate   below p + 2^374: limb 7 at most 2^20 + 2^10
// m = (2^32 + 1) p = -1 mod 2^52: with m in the place of p the quotient digit q is the low limb itself, and q m + q is
// q times 2^52 - 2^44 + 2^12, 2^52 - 2^25 - 1, 2^52 - 17, -1, 2^20 and 1 at the limbs 1, 2, 3, 4, 7 and 8: eight halves
// instead of sixteen. A last digit of m would leave a result of 417 bits, so that one is p's: q = c + 2^32 c, and q p
// is q times 2^32 - 1, 2^52 - 2^44, 2^52 - 2^24 - 1, -1 and 2^20 at the limbs 0, 1, 2, 3 and 7. Columns may become
// negative, the value does not.
#pragma once
#define CURVE p384
#define CURVE_A -3
#define FIELD_BITS 384
#define FIELD_LIMBS 8
#define FIELD_MODULUS_OF P384_FIELD
#define ORDER_MODULUS_OF P384_ORDER
#define FIELD_MODULUS                                                                                                 \
    0xffffffff, 0xff00000000000, 0xffffffeffffff, 0xfffffffffffff, 0xfffffffffffff, 0xfffffffffffff, 0xfffffffffffff, \
        0xfffff
#define FIELD_FORM 0x100000000, 0xffffffffff000, 0xffffff, 0x10, 0, 0, 0, 0
#define FIELD_FORM_2 0, 0xfe00000001000, 0xffffff, 0x20, 0xfffffffe0000, 0x20000000, 0x100, 0
#define FIELD_FORM_3 \
    0x5fffffffd, 0xfc00000000000, 0xffffffbffffff, 0x600000008f, 0xcfffffffe0000, 0x5fffffff, 0xffd0000000300, 0xfffff
#define ORDER                                                                                             \
    0xc196accc52973, 0xb248b0a77aece, 0x4372ddf581a0d, 0xffffc7634d81f, 0xfffffffffffff, 0xfffffffffffff, \
        0xfffffffffffff, 0xfffff
#define ORDER_QUOTIENT 0x46089e88fdc45  // -1 / n mod 2^52
#define ORDER_FORM_2                                                                                     \
    0x34124f50ddb2d, 0xc974971bd0d8d, 0x2118942bfd3cc, 0x9f43be8072178, 0x5bf030606de60, 0xd49174aab1cc, \
        0xb7a28266895d4, 0x3fb05
#define ORDER_WORDS                                                                                     \
    0xecec196accc52973, 0x581a0db248b0a77a, 0xc7634d81f4372ddf, 0xffffffffffffffff, 0xffffffffffffffff, \
        0xffffffffffffffff
#define ORDER_GAP_WORDS 0x1313e696333ad68c, 0xa7e5f24cb74f5885, 0x389cb27e0bc8d21f, 0, 0, 0
#define GENERATOR_X_WORDS                                                                               \
    0x3a545e3872760ab7, 0x5502f25dbf55296c, 0x59f741e082542a38, 0x6e1d3b628ba79b98, 0x8eb1c71ef320ad74, \
        0xaa87ca22be8b0537
#define GENERATOR_Y_WORDS                                                                              \
    0x7a431d7c90ea0e5f, 0xa60b1ce1d7e819d, 0xe9da3113b5f0b8c0, 0xf8f41dbd289a147c, 0x5d9e98bf9292dc29, \
        0x3617de4a96262c6f
// The hash of the JWS algorithm. Widths of combs, of a key and of the generator, and how many sums of a token grow side
// by side before they are added up (more: fewer inversions, more memory touched): measured in weierstrass.md.
#define HASH_BYTES 48
#define HASH_BATCH fv_sha384_batch
enum { KEY_WIDTH = 8, GENERATOR_WIDTH = 12, STREAMS = 8 };
#include "field_limbs.h"

/// columns / 2^416 mod p (Montgomery 1985, digit by digit).
INLINE fe fe_fold(column columns[FIELD_COLUMNS]) {
    const lane m1 = lane_set(0xff00000001000), m2 = lane_set(0xffffffdffffff), m3 = lane_set(0xfffffffffffef);
    const lane p0 = lane_set(0xffffffff), p1 = lane_set(0xff00000000000), p2 = lane_set(0xffffffeffffff),
               p7 = lane_set(1 << 20);
    UNROLL for (int i = 0; i < FIELD_TOP; i++) {
        const lane digit = column_masked(&columns[i]);
        column_carry(&columns[i]);
        column_madd(&columns[i + 1], digit, m1);
        column_madd(&columns[i + 2], digit, m2);
        column_madd(&columns[i + 3], digit, m3);
        column_sub(&columns[i + 4], digit);
        column_madd(&columns[i + 7], digit, p7);
        column_add(&columns[i + 8], digit);
    }
    const lane low = column_digit(&columns[FIELD_TOP]), shifted = lane_shl(lane_and(low, lane_set((1 << 20) - 1)), 32);
    const lane digit = lane_and(lane_add(low, shifted), lane_set(LIMB_52));
    column_madd(&columns[FIELD_TOP], digit, p0);
    column_carry(&columns[FIELD_TOP]);
    column_madd(&columns[FIELD_TOP + 1], digit, p1);
    column_madd(&columns[FIELD_TOP + 2], digit, p2);
    column_sub(&columns[FIELD_TOP + 3], digit);
    column_madd(&columns[FIELD_TOP + 7], digit, p7);
    return columns_limbs(columns + FIELD_LIMBS);
}

INLINE fe fe_product(fe folded) {
    fe r = fe_carry(folded);
    // The value is that of a sum of products and multiples of p: not negative, so neither is its top limb.
    r.limb[FIELD_TOP] = lane_not_negative(r.limb[FIELD_TOP]);
    return r;
}

/// From limb 7 not negative and below 2^30, limb 6 at least 2^8 so that it pays for any borrow from below: takes away
/// floor(limb 7 / 2^20) times p, with 2^384 = p + 2^128 + 2^96 - 2^32 + 1. Formulas add a multiple of p that exceeds
/// what they take away, and limb 6 of p is 2^52 - 1.
INLINE fe fe_reduce(fe a) {
    const lane estimate = lane_shr(a.limb[7], 20);
    a.limb[7] = lane_and(a.limb[7], lane_set((1 << 20) - 1));
    a.limb[2] = lane_add(a.limb[2], lane_shl(estimate, 24));
    a.limb[1] = lane_add(a.limb[1], lane_shl(estimate, 44));
    a.limb[0] = lane_add(a.limb[0], lane_sub(estimate, lane_shl(estimate, 32)));
    return fe_carry(a);
}
