// secp256k1 (SEC 2 §2.4.1): p = 2^256 - 2^32 - 977, a = 0. Form 1. Ranges of field_limbs.h:
//
//   operand      limb 4 below 2^51
//   product      a coordinate
//   coordinate   below p + 2^220: limb 4 at most 2^48 + 2^12
// 2^260 = 16 k mod p with k = 2^32 + 977: the upper half of a product is carried and added times 16 k, then what is
// above 2^256 times k. 18 halves instead of the 30 of a Montgomery reduction.
#pragma once
#define CURVE secp256k1
#define CURVE_A 0
#define FIELD_BITS 256
#define FIELD_LIMBS 5
#define FIELD_MODULUS_OF SECP256K1_FIELD
#define ORDER_MODULUS_OF SECP256K1_ORDER
#define FIELD_MODULUS 0xffffefffffc2f, 0xfffffffffffff, 0xfffffffffffff, 0xfffffffffffff, 0xffffffffffff
#define FIELD_FORM 1, 0, 0, 0, 0
#define FIELD_FORM_2 1, 0, 0, 0, 0
#define FIELD_FORM_3 1, 0, 0, 0, 0
#define ORDER 0x25e8cd0364141, 0xe6af48a03bbfd, 0xffffffebaaedc, 0xfffffffffffff, 0xffffffffffff
#define ORDER_QUOTIENT 0xdff665588b13f  // -1 / n mod 2^52
#define ORDER_FORM_2 0xe180c268b3b23, 0x94fd6e33e4c8e, 0xd07c73b975948, 0xc5e697f5e45bc, 0x671cd581c69b
#define ORDER_WORDS 0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe, 0xffffffffffffffff
#define ORDER_GAP_WORDS 0x402da1722fc9baee, 0x4551231950b75fc4, 1, 0
#define GENERATOR_X_WORDS 0x59f2815b16f81798, 0x29bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac
#define GENERATOR_Y_WORDS 0x9c47d08ffb10d4b8, 0xfd17b448a6855419, 0x5da4fbfc0e1108a8, 0x483ada7726a3c465
// The hash of the JWS algorithm. Widths of combs, of a key and of the generator, and how many sums of a token grow side
// by side before they are added up (more: fewer inversions, more memory touched): measured in weierstrass.md.
#define HASH_BYTES 32
#define HASH_BATCH fv_sha256_batch
enum { KEY_WIDTH = 10, GENERATOR_WIDTH = 13, STREAMS = 13 };
#include "field_limbs.h"

#define SECP256K1_K UINT64_C(0x1000003d1)

/// columns mod p: limbs before carries of a value below 2^256 + 2^220.
INLINE fe fe_fold(column columns[FIELD_COLUMNS]) {
    const lane k = lane_set(SECP256K1_K), k16 = lane_set(16 * SECP256K1_K);
    column low[FIELD_LIMBS + 1];
    UNROLL for (int i = 0; i < FIELD_LIMBS; i++) low[i] = columns[i];
    low[FIELD_LIMBS] = column_zero();
    UNROLL for (int i = 0; i < FIELD_TOP; i++) {
        column_madd(&low[i], column_digit(&columns[FIELD_LIMBS + i]), k16);
        column_carry(&columns[FIELD_LIMBS + i]);
    }
    column_madd(&low[FIELD_TOP], column_whole(&columns[FIELD_COLUMNS - 1]), k16);
    columns_carry(low, FIELD_LIMBS);
    column_madd(low, column_split(&low[FIELD_TOP], FIELD_TOP_BITS), k);
    return columns_limbs(low);
}

INLINE fe fe_product(fe folded) { return fe_carry(folded); }

/// From limbs that are not negative, of a value below 2^16 p: takes away floor(limb 4 / 2^48) times p.
INLINE fe fe_reduce(fe a) {
    const lane estimate = lane_shr(a.limb[4], 48);
    a.limb[4] = lane_and(a.limb[4], lane_set((UINT64_C(1) << 48) - 1));
    a.limb[0] = lane_madd_lo(a.limb[0], estimate, lane_set(SECP256K1_K));
    return fe_carry(a);
}
