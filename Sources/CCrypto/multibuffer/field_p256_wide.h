// Products of field_p256.h for a single token: 128-bit columns instead of two 52-bit halves. Included there only.
//
// A column of a b + c d is at most ten products below 2^104, so below 2^108; the reduction adds less than 2^102 to
// each. Every quantity stays far below 2^128 for any operands whose limbs have 52 bits.
typedef unsigned __int128 wide;

static inline void fe_columns(wide columns[10], fe a, fe b) {
    UNROLL for (int i = 0; i < 5; i++) {
        UNROLL for (int j = 0; j < 5; j++) columns[i + j] += (wide)a.limb[j] * b.limb[i];
    }
}

static inline void fe_columns_square(wide columns[10], fe a) {
    UNROLL for (int i = 0; i < 5; i++) {
        columns[2 * i] += (wide)a.limb[i] * a.limb[i];
        UNROLL for (int j = i + 1; j < 5; j++) columns[i + j] += (wide)(2 * a.limb[j]) * a.limb[i];
    }
}

// The caller carries once more from limb to limb with 64-bit words, so the columns are carried here.
static inline fe fe_montgomery(wide columns[10]) {
    UNROLL for (int i = 0; i < 5; i++) {
        const uint64_t digit = (uint64_t)columns[i] & LIMB_52;
        columns[i + 1] += (columns[i] >> 52) + ((wide)digit << 44);
        columns[i + 3] += (wide)digit << 36;
        columns[i + 4] += (wide)digit * P256_P4;
    }
    fe r;
    UNROLL for (int i = 5; i < 9; i++) {
        r.limb[i - 5] = (uint64_t)columns[i] & LIMB_52;
        columns[i + 1] += columns[i] >> 52;
    }
    r.limb[4] = (uint64_t)columns[9];
    return r;
}

#define COLUMNS(name) wide name[10] = {0}

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
static inline fe fe_mul(fe a, fe b) { return fe_mul_uncarried(a, b); }
static inline fe fe_sqr(fe a) { return fe_sqr_uncarried(a); }
