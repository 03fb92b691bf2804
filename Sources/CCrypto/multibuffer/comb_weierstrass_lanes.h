// Combs over `lane`: digits, look-ups, and the additions that fill a table.
#pragma once
#include <stdlib.h>

#include "comb_weierstrass.h"
#include "point_weierstrass_shared.h"

/// The digits of an odd scalar as bits: (u >> 1) + 2^(digits - 1). The top limb may reach 2^58.
static inline fe comb_recode(scalar u, unsigned digits) {
    UNROLL for (int i = 0; i < FIELD_TOP; i++) {
        u.limb[i] = lane_or(lane_shr(u.limb[i], 1), lane_shl(lane_and(u.limb[i + 1], lane_set(1)), 51));
    }
    // 2^(digits - 1) is in the top limb, as `digits` is at least FIELD_BITS; u itself has nothing there or above after
    // the shift.
    u.limb[FIELD_TOP] = lane_or(lane_shr(u.limb[FIELD_TOP], 1), lane_set(UINT64_C(1) << (digits - 1 - 52 * FIELD_TOP)));
    return u;
}

/// The index of one window's entry within the window; returns where the digit is negative.
static inline lane_mask comb_digit(const fe *recoded, unsigned window, unsigned width, lane *index) {
    const unsigned position = window * width, limb = position / 52 < FIELD_TOP ? position / 52 : FIELD_TOP,
                   offset = position - 52 * limb;
    lane bits = lane_shr(recoded->limb[limb], offset);
    if (limb < FIELD_TOP) bits = lane_or(bits, lane_shl(recoded->limb[limb + 1], 52 - offset));
    // Bits m of the window stand for the digit 2m - (2^width - 1): m - 2^(width - 1) from above, its complement from
    // below.
    const lane top = lane_set(UINT64_C(1) << (width - 1)), low = lane_set((UINT64_C(1) << (width - 1)) - 1);
    const lane_mask negative = lane_eq(lane_and(bits, top), lane_set(0));
    *index = lane_and(lane_select(negative, lane_xor(bits, low), bits), low);
    return negative;
}

static inline affine affine_load(const comb_entry *const entries[LANES]) {
    // Other pointers, not other types of the same ones: those would be outside the aliasing rules (C17 §6.5 7).
    const uint64_t *rows[LANES];
    for (size_t l = 0; l < LANES; l++) rows[l] = entries[l]->words;
    lane words[ENTRY_WORDS + 7];
    UNROLL for (unsigned first = 0; first < ENTRY_WORDS; first += 8) {
        lane_load_part(rows, first, ENTRY_WORDS - first, words + first);
    }
    return (affine){fe_from_words(words), fe_from_words(words + FIELD_WORDS)};
}

static inline void affine_store(const affine *a, comb_entry *const entries[LANES], size_t count) {
    lane words[ENTRY_WORDS];
    fe_to_words(fe_canonical(a->x), words);
    fe_to_words(fe_canonical(a->y), words + FIELD_WORDS);
    for (int j = 0; j < ENTRY_WORDS; j++) {
        uint64_t column[LANES];
        lane_store(column, words[j]);
        for (size_t l = 0; l < count; l++) entries[l]->words[j] = column[l];
    }
}

// Additions per shared inversion while filling a table.
enum { COMB_BATCH = 512 / LANES };

typedef struct {
    affine a[COMB_BATCH], b[COMB_BATCH];
    addition additions[COMB_BATCH];
    comb_entry *target[COMB_BATCH][LANES];
} comb_scratch;

/// The entries 1, 3, … 2m - 1 of each window plus 2m times its base are the next m entries, for m = 1, 2, 4 …: sums of
/// multiples below 2^width of one point of order n, so no two operands share their x.
static bool comb_build(const comb_table *comb, const comb_entry *powers) {
    comb_scratch *scratch = aligned_alloc(64, (sizeof *scratch + 63) & ~(size_t)63);
    if (!scratch) return false;
    const size_t half = (size_t)1 << (comb->width - 1);
    for (size_t i = 0; i < comb->windows; i++) comb->entries[i * half] = powers[i * comb->width];
    lane_mask unused[1] = {0};
    unsigned doublings = 1;
    for (size_t have = 1; have < half; have *= 2, doublings++) {
        const size_t total = have * comb->windows;
        for (size_t first = 0; first < total;) {
            size_t used = 0;
            for (; used < COMB_BATCH && first < total; used++, first += LANES) {
                const comb_entry *a[LANES], *b[LANES];
                for (size_t l = 0; l < LANES; l++) {
                    // Past the end the last addition again.
                    const size_t k = first + l < total ? first + l : total - 1;
                    const size_t window = k / have, entry = window * half + k % have;
                    a[l] = &comb->entries[entry];
                    b[l] = &powers[window * comb->width + doublings];
                    scratch->target[used][l] = &comb->entries[entry + have];
                }
                scratch->a[used] = affine_load(a);
                scratch->b[used] = affine_load(b);
            }
            affine_add_shared(scratch->a, scratch->b, used, scratch->additions, false, unused, 1);
            for (size_t i = 0; i < used; i++) affine_store(&scratch->a[i], scratch->target[i], LANES);
        }
    }
    free(scratch);
    return true;
}
