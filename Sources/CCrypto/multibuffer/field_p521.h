// P-521 (FIPS 186-5, SP 800-186): p = 2^521 - 1, a = -3. Ranges of field_limbs.h:
//
//   operand      limb 10 below 2^5; folding needs no more than 2^26
//   product      a coordinate
//   coordinate   below p + 2^481: limb 10 at most 2, and then the rest small
// 2^572 = 2^51 mod p: the upper half of a product would be added to the lower one 51 bits up. Twice that is 52 bits up,
// one limb, so the form is 1/2 and a product is 2 A B = 2 low + high, the columns of `high` one higher.
#pragma once
#define CURVE p521
#define CURVE_A -3
#define FIELD_BITS 521
#define FIELD_LIMBS 11
#define FIELD_MODULUS_OF P521_FIELD
#define ORDER_MODULUS_OF P521_ORDER
#define FIELD_MODULUS                                                                                     \
    0xfffffffffffff, 0xfffffffffffff, 0xfffffffffffff, 0xfffffffffffff, 0xfffffffffffff, 0xfffffffffffff, \
        0xfffffffffffff, 0xfffffffffffff, 0xfffffffffffff, 0xfffffffffffff, 1
#define FIELD_FORM 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
#define FIELD_FORM_2 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x8000000000000, 0
#define FIELD_FORM_3 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x4000000000000, 0
#define ORDER                                                                                             \
    0xfb71e91386409, 0xb8899c47aebb6, 0x709a5d03bb5c9, 0x966b7fcc0148f, 0xa51868783bf2f, 0xfffffffffffff, \
        0xfffffffffffff, 0xfffffffffffff, 0xfffffffffffff, 0xfffffffffffff, 1
#define ORDER_QUOTIENT 0xf5ccd79a995c7  // -1 / n mod 2^52
#define ORDER_FORM_2                                                                                      \
    0x3b4d7a5b140ce, 0xcb0bf26c55bf9, 0x37e5396c67ee9, 0x2bd1c80cf7b13, 0x73cbe28f15e41, 0xdd6e23d82e49c, \
        0x3d142b7756e3e, 0x61a8e567bccff, 0x92d0d455bcc6d, 0x383d2d8e03d14, 0
#define ORDER_WORDS                                                                                     \
    0xbb6fb71e91386409, 0x3bb5c9b8899c47ae, 0x7fcc0148f709a5d0, 0x51868783bf2f966b, 0xfffffffffffffffa, \
        0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff, 0x1ff
#define ORDER_GAP_WORDS 0x449048e16ec79bf6, 0xc44a36477663b851, 0x8033feb708f65a2f, 0xae79787c40d06994, 5, 0, 0, 0, 0
#define GENERATOR_X_WORDS                                                                               \
    0xf97e7e31c2e5bd66, 0x3348b3c1856a429b, 0xfe1dc127a2ffa8de, 0xa14b5e77efe75928, 0xf828af606b4d3dba, \
        0x9c648139053fb521, 0x9e3ecb662395b442, 0x858e06b70404e9cd, 0xc6
#define GENERATOR_Y_WORDS                                                                               \
    0x88be94769fd16650, 0x353c7086a272c240, 0xc550b9013fad0761, 0x97ee72995ef42640, 0x17afbd17273e662c, \
        0x98f54449579b4468, 0x5c8a5fb42c7d1bd9, 0x39296a789a3bc004, 0x118
// The hash of the JWS algorithm. Widths of combs, of a key and of the generator, and how many sums of a token grow side
// by side before they are added up (more: fewer inversions, more memory touched): measured in weierstrass.md.
#define HASH_BYTES 64
#define HASH_BATCH fv_sha512_batch
enum { KEY_WIDTH = 8, GENERATOR_WIDTH = 11, STREAMS = 10 };
#include "field_limbs.h"

/// 2 columns mod p. Column 21 is 0, as limbs 10 are small.
INLINE fe fe_fold(column columns[FIELD_COLUMNS]) {
    columns_carry(columns, FIELD_LIMBS + 1);
    column_double(&columns[0]);
    UNROLL for (int k = 1; k < FIELD_LIMBS; k++) {
        column_double(&columns[k]);
        column_merge(&columns[k], &columns[k + 10]);
    }
    column_drop(&columns[FIELD_COLUMNS - 1]);
    return columns_limbs(columns);
}

/// From any value whose limbs are not negative: bits 521 and up are added to limb 0.
INLINE fe fe_reduce(fe a) {
    const lane top = lane_add(a.limb[10], lane_sar(a.limb[9], 52));
    a.limb[9] = lane_and(a.limb[9], lane_set(LIMB_52));
    a.limb[10] = lane_and(top, lane_set(1));
    a.limb[0] = lane_add(a.limb[0], lane_sar(top, 1));
    return fe_carry(a);
}

INLINE fe fe_product(fe folded) { return fe_reduce(folded); }
