// P-256 (FIPS 186-5, SP 800-186): p = 2^256 - 2^224 + 2^192 + 2^96 - 1, a = -3. Form 2^260. Ranges of field_limbs.h:
//
//   product      of factors a p and b p at most (ab / 16 + 1) p
//   coordinate   below p + 2^230: limb 4 at most 2^48 + 2^21
// p = -1 mod 2^52, so the quotient digit of Montgomery's reduction is the low limb itself, and adding q p + q instead
// of q p only shifts that limb away: p + 1 has the limbs 0, 2^44, 0, 2^36, 2^48 - 2^16.
#pragma once
#define CURVE p256
#define CURVE_A -3
#define FIELD_BITS 256
#define FIELD_LIMBS 5
#define FIELD_MODULUS_OF P256_FIELD
#define ORDER_MODULUS_OF P256_ORDER
#define FIELD_MODULUS 0xfffffffffffff, 0xfffffffffff, 0, 0x1000000000, 0xffffffff0000
#define FIELD_FORM 0x10, 0xf000000000000, 0xfffffffffffff, 0xffeffffffffff, 0xfffff
#define FIELD_FORM_2 0x300, 0xffffffff00000, 0xffffefffffffb, 0xfdfffffffffff, 0x4ffffff
#define FIELD_FORM_3 0xfd0000000a000, 0xffffff7ffffff, 0xfffcffffffedf, 0x100000005ffff, 0x180000000
#define ORDER 0x9cac2fc632551, 0xada7179e84f3b, 0xfffffffbce6fa, 0xfffffffff, 0xffffffff0000
#define ORDER_QUOTIENT 0x1c8aaee00bc4f  // -1 / n mod 2^52
#define ORDER_FORM_2 0x5cc0dea6dc3ba, 0x192a067d8a084, 0xbec59615571bb, 0x1fc245b2392b6, 0xe12d9559d956
#define ORDER_WORDS 0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff, 0xffffffff00000000
#define ORDER_GAP_WORDS 0xc46353d039cdaae, 0x4319055358e8617b, 0, 0
#define GENERATOR_X_WORDS 0xf4a13945d898c296, 0x77037d812deb33a0, 0xf8bce6e563a440f2, 0x6b17d1f2e12c4247
#define GENERATOR_Y_WORDS 0xcbb6406837bf51f5, 0x2bce33576b315ece, 0x8ee7eb4a7c0f9e16, 0x4fe342e2fe1a7f9b
// The hash of the JWS algorithm. Widths of combs, of a key and of the generator, and how many sums of a token grow side
// by side before they are added up (more: fewer inversions, more memory touched): measured in weierstrass.md.
#define HASH_BYTES 32
#define HASH_BATCH fv_sha256_batch
enum { KEY_WIDTH = 8, GENERATOR_WIDTH = 13, STREAMS = 13 };
#include "field_limbs.h"

/// columns / 2^260 mod p (Montgomery 1985, digit by digit).
INLINE fe fe_fold(column columns[FIELD_COLUMNS]) {
    const lane p1 = lane_set(UINT64_C(1) << 44), p3 = lane_set(UINT64_C(1) << 36),
               p4 = lane_set((UINT64_C(1) << 48) - 65536);
    UNROLL for (int i = 0; i < FIELD_LIMBS; i++) {
        const lane digit = column_digit(&columns[i]);
        column_carry(&columns[i]);
        column_madd(&columns[i + 1], digit, p1);
        column_madd(&columns[i + 3], digit, p3);
        column_madd(&columns[i + 4], digit, p4);
    }
    return columns_limbs(columns + FIELD_LIMBS);
}

INLINE fe fe_product(fe folded) { return fe_carry(folded); }

/// From a value between p + 2^210 and 30 p: takes away floor(value / 2^256) times p, with 2^256 = p + 2^224 - 2^192 -
/// 2^96 + 1. The estimate is at least 1, so its 2^224 pays for any borrow from below.
INLINE fe fe_reduce(fe a) {
    const lane estimate = lane_shr(a.limb[4], 48);
    a.limb[4] = lane_add(lane_and(a.limb[4], lane_set((UINT64_C(1) << 48) - 1)), lane_shl(estimate, 16));
    a.limb[3] = lane_sub(a.limb[3], lane_shl(estimate, 36));
    a.limb[1] = lane_sub(a.limb[1], lane_shl(estimate, 44));
    a.limb[0] = lane_add(a.limb[0], estimate);
    return fe_carry(a);
}
