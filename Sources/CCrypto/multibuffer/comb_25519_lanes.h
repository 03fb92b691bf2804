// Combs over `lane`: look-ups, decompression of the point, and building the table.
#pragma once
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "comb_25519.h"
#include "modular_inverse.h"
#include "point_25519.h"

/// 1/a in every lane, by one inversion for all of them: the product of all lanes comes about in three steps, and what
/// each step multiplied by takes the others out again. No lane may be 0.
static inline field_factor field_invert(const field_factor *a) {
    field_factor product = *a, others[3];
    unsigned steps = 0;
    for (unsigned distance = 1; distance < LANES; distance *= 2, steps++) {
        for (int i = 0; i < FIELD_LIMBS; i++) others[steps].limb[i] = lane_swap(product.limb[i], distance);
        product = field_times(&product, &others[steps]);
    }
    static const uint64_t one_digits[FIELD_LIMBS] = {1};
    const field_factor one = field_set(one_digits);
    const field_sum sum = field_multiply(&product, &one);
    const field_factor canonical = field_canonical(&sum);
    uint64_t words[FIELD_LIMBS];
    for (int i = 0; i < FIELD_LIMBS; i++) {
        uint64_t column[LANES];
        lane_store(column, canonical.limb[i]);
        words[i] = column[0];
    }
    fv_modular_invert(ED25519_FIELD, words);
    field_factor inverse = field_set(words);
    while (steps-- > 0) inverse = field_times(&inverse, &others[steps]);
    return inverse;
}

static inline point_affine comb_load(const uint64_t *const rows[LANES]) {
    const uint64_t *second[LANES];
    for (int i = 0; i < LANES; i++) second[i] = rows[i] + 8;
    lane word[16];
    lane_load_rows(rows, word);
    lane_load_rows(second, word + 8);
    point_affine result;
    for (int i = 0; i < FIELD_LIMBS; i++) {
        result.plus.limb[i] = word[i];
        result.minus.limb[i] = word[5 + i];
        result.product.limb[i] = word[10 + i];
    }
    return result;
}

static inline void comb_store(const point_affine *a, comb_row *const target[LANES]) {
    const field_factor *const part[3] = {&a->plus, &a->minus, &a->product};
    for (int i = 0; i < 15; i++) {
        uint64_t column[LANES];
        lane_store(column, part[i / 5]->limb[i % 5]);
        for (int l = 0; l < LANES; l++) target[l]->words[i] = column[l];
    }
}

/// The point an encoding stands for (RFC 8032 §5.1.3), the same in every lane, or its negative. Of encodings that
/// fv_ed25519_check_key accepts, which always have a point.
static inline point comb_decode(const uint8_t encoded[32], bool negate) {
    static const uint64_t d_limbs[5] = {0xb4dca135978a3, 0x4d4141d8ab75e, 0x779e89800700a, 0xfe738cc740797,
                                        0x52036cee2b6f};
    static const uint64_t root_limbs[5] = {0xe1b274a0ea0b0, 0x6ad2fe478c4e, 0xdfbd7a72f4318, 0xdf0b2b4d00993,
                                           0x2b8324804fc1};  // of -1
    lane word[4];
    for (int i = 0; i < 4; i++) {
        uint64_t bits;
        memcpy(&bits, encoded + 8 * i, 8);
        word[i] = lane_set(i == 3 ? bits & ~(UINT64_C(1) << 63) : bits);
    }
    const field_factor y = field_from_words(word), d = field_set(d_limbs), root = field_set(root_limbs);
    // u = y² - 1, v = d y² + 1, x = u v³ (u v⁷)^((p-5)/8), times the root of -1 where v x² = -u.
    const field_sum square = field_square(&y);
    const field_factor yy = field_carry(&square);
    field_sum u_sum = field_raise(square), v_sum = field_multiply(&d, &yy);
    u_sum.limb[0] = lane_sub(u_sum.limb[0], lane_set(1));
    v_sum.limb[0] = lane_add(v_sum.limb[0], lane_set(1));
    const field_factor u = field_carry(&u_sum), v = field_carry(&v_sum);
    const field_factor v2 = field_times(&v, &v), v3 = field_times(&v2, &v), v4 = field_times(&v2, &v2);
    const field_factor v7 = field_times(&v4, &v3), uv3 = field_times(&u, &v3), uv7 = field_times(&u, &v7);
    const field_factor power = field_power_root(&uv7);
    const field_factor x = field_times(&uv3, &power), x2 = field_times(&x, &x);
    const field_sum check = field_multiply(&v, &x2);
    const field_factor is = field_canonical(&check), should = field_canonical(&u_sum);
    const lane_mask right = field_equal(&is, &should);
    const field_sum other = field_multiply(&x, &root), first = field_multiply(&uv3, &power);
    field_sum chosen;
    for (int i = 0; i < FIELD_LIMBS; i++) chosen.limb[i] = lane_select(right, first.limb[i], other.limb[i]);
    const field_factor canonical = field_canonical(&chosen);
    const uint64_t sign = (encoded[31] >> 7) ^ (uint64_t)negate;
    const lane_mask keep = lane_eq(lane_and(canonical.limb[0], lane_set(1)), lane_set(sign));
    field_sum zero = chosen;
    for (int i = 0; i < FIELD_LIMBS; i++) zero.limb[i] = lane_set(0);
    field_sum minus = field_raise(field_subtract(&zero, &chosen));
    const field_factor minus_digits = field_canonical(&minus);
    point p;
    for (int i = 0; i < FIELD_LIMBS; i++) p.x.limb[i] = lane_select(keep, canonical.limb[i], minus_digits.limb[i]);
    p.y = field_sum_of(&y);
    p.z = zero;
    p.z.limb[0] = lane_set(1);
    const field_factor x_digits = field_carry(&p.x);
    p.t = field_multiply(&x_digits, &y);
    return p;
}

typedef struct {
    uint64_t limbs[4][FIELD_LIMBS];
} comb_base;

typedef struct {
    comb_base base[COMB_WINDOWS_MAX + LANES];
    struct {
        field_sum x, y;
        field_factor z, before;
    } multiple[];
} comb_scratch;

// 1 … count times the bases of LANES windows, made affine by one inversion, into their rows.
static void comb_build_windows(const comb_25519 *comb, unsigned first, comb_scratch *scratch) {
    static const uint64_t twice_d_limbs[FIELD_LIMBS] = {FIELD_2D_LIMBS};
    const unsigned stride = comb_stride(comb->width), count = stride - 1;
    point p;
    field_sum *const part[4] = {&p.x, &p.y, &p.z, &p.t};
    for (int i = 0; i < 4 * FIELD_LIMBS; i++) {
        uint64_t column[LANES];
        for (unsigned l = 0; l < LANES; l++)
            column[l] = scratch->base[first + l].limbs[i / FIELD_LIMBS][i % FIELD_LIMBS];
        part[i / FIELD_LIMBS]->limb[i % FIELD_LIMBS] = lane_load(column);
    }
    const point_cached base = point_cache(&p);
    field_factor all = field_carry(&p.z);
    for (unsigned m = 0; m < count; m++) {
        if (m > 0) p = point_add_cached(&p, &base);
        scratch->multiple[m].x = p.x;
        scratch->multiple[m].y = p.y;
        scratch->multiple[m].z = field_carry(&p.z);
        scratch->multiple[m].before = all;
        if (m > 0) all = field_times(&all, &scratch->multiple[m].z);
    }
    field_factor inverse = field_invert(&all);
    const field_factor twice_d = field_set(twice_d_limbs);
    // Windows past the end are copies of the last one, and write the same rows.
    comb_row *target[LANES];
    for (unsigned l = 0; l < LANES; l++) {
        const unsigned window = first + l < comb->windows ? first + l : comb->windows - 1;
        target[l] = comb->rows + (size_t)window * stride + count;
    }
    for (unsigned m = count; m-- > 0;) {
        const field_factor here = m > 0 ? field_times(&inverse, &scratch->multiple[m].before) : inverse;
        if (m > 0) inverse = field_times(&inverse, &scratch->multiple[m].z);
        const field_factor x_factor = field_carry(&scratch->multiple[m].x),
                           y_factor = field_carry(&scratch->multiple[m].y);
        const field_sum x = field_multiply(&x_factor, &here), y = field_multiply(&y_factor, &here);
        const field_factor xc = field_carry(&x), yc = field_carry(&y), xy = field_times(&xc, &yc);
        const field_sum product = field_multiply(&xy, &twice_d), plus = field_add(&y, &x);
        const field_sum minus = field_raise(field_subtract(&y, &x));
        const point_affine row = {field_canonical(&plus), field_canonical(&minus), field_canonical(&product)};
        comb_store(&row, target);
        for (unsigned l = 0; l < LANES; l++) target[l]--;
    }
}

/// Fills `comb` with the multiples of the point (its lanes are equal); rows has room for comb_size(width) octets. False
/// when out of memory for scratch, which is 2^(width - 1) * 160 octets a lane.
static inline bool comb_build(comb_25519 *comb, unsigned width, const point *of, comb_row *rows) {
    const size_t wanted = sizeof(comb_scratch) + ((size_t)1 << (width - 1)) * sizeof(((comb_scratch *)0)->multiple[0]);
    comb_scratch *scratch = aligned_alloc(64, (wanted + 63) & ~(size_t)63);
    if (!scratch) return false;
    *comb = (comb_25519){.width = width, .windows = comb_windows(width), .rows = rows};
    for (unsigned i = 0; i + 1 < comb->windows; i++) {
        const unsigned bit = i * width + width - 1;
        comb->bias[bit / 52] |= UINT64_C(1) << bit % 52;
    }
    point p = *of;
    const field_sum *const part[4] = {&p.x, &p.y, &p.z, &p.t};
    for (unsigned window = 0; window < comb->windows; window++) {
        for (unsigned i = 0; window > 0 && i < width; i++) p = point_double(&p);
        for (int i = 0; i < 4 * FIELD_LIMBS; i++) {
            uint64_t column[LANES];
            lane_store(column, part[i / FIELD_LIMBS]->limb[i % FIELD_LIMBS]);
            scratch->base[window].limbs[i / FIELD_LIMBS][i % FIELD_LIMBS] = column[0];
        }
        rows[(size_t)window * comb_stride(width)] = (comb_row){{[0] = 1, [5] = 1}};
    }
    for (unsigned l = 0; l < LANES; l++) scratch->base[comb->windows + l] = scratch->base[comb->windows - 1];
    for (unsigned first = 0; first < comb->windows; first += LANES) comb_build_windows(comb, first, scratch);
    free(scratch);
    return true;
}
