// What of a comb is not worth lanes: the chain of doublings, one after another by nature, and the generator's table.
// One file per curve includes this.
#pragma once
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "comb_weierstrass.h"
#include "point_weierstrass.h"

typedef struct {
    jacobian points[COMB_POWERS_MAX];
    fe before[COMB_POWERS_MAX];
    comb_entry powers[COMB_POWERS_MAX];
} doublings;

static fe form_of(const uint64_t words[FIELD_WORDS]) {
    static const uint64_t form[FIELD_LIMBS] = {FIELD_FORM_2};
    return fe_mul(fe_from_words(words), fe_set(form));
}

// powers[i] := 2^i (x, y) for i < count.
static void double_repeatedly(doublings *d, const uint64_t x[FIELD_WORDS], const uint64_t y[FIELD_WORDS],
                              size_t count) {
    static const uint64_t mend[FIELD_LIMBS] = {FIELD_FORM_3};
    fe all = fe_one();
    d->points[0] = (jacobian){form_of(x), form_of(y), fe_one()};
    for (size_t i = 1; i < count; i++) d->points[i] = jacobian_double(&d->points[i - 1]);
    for (size_t i = 0; i < count; i++) {
        d->before[i] = all;
        all = fe_mul(all, d->points[i].z);
    }
    all = fe_canonical(all);
    fv_modular_invert(FIELD_MODULUS_OF, all.limb);
    all = fe_mul(all, fe_set(mend));
    for (size_t i = count; i-- > 0;) {
        const fe inverse = fe_mul(all, d->before[i]), square = fe_sqr(inverse);
        all = fe_mul(all, d->points[i].z);
        fe_to_words(fe_canonical(fe_mul(d->points[i].x, square)), d->powers[i].words);
        fe_to_words(fe_canonical(fe_mul(d->points[i].y, fe_mul(square, inverse))), d->powers[i].words + FIELD_WORDS);
    }
}

static bool make_comb(comb_table *comb, unsigned width, const uint64_t x[FIELD_WORDS], const uint64_t y[FIELD_WORDS],
                      comb_entry *memory, comb_builder *build) {
    // Up to 270 KB: not for a stack.
    doublings *d = malloc(sizeof *d);
    if (!d) return false;
    *comb = (comb_table){width, COMB_WINDOWS(width), memory};
    double_repeatedly(d, x, y, (size_t)width * comb->windows);
    const bool built = build(comb, d->powers);
    free(d);
    return built;
}

bool CURVE_NAME(comb_make)(comb_table *comb, unsigned width, const uint8_t x[FIELD_BYTES], const uint8_t y[FIELD_BYTES],
                           comb_entry *memory, comb_builder *build) {
    uint64_t words[2][FIELD_WORDS];
    words_from_bytes(x, FIELD_BYTES, words[0]);
    words_from_bytes(y, FIELD_BYTES, words[1]);
    return make_comb(comb, width, words[0], words[1], memory, build);
}

static pthread_mutex_t generator_lock = PTHREAD_MUTEX_INITIALIZER;
static comb_table generator;

const comb_table *CURVE_NAME(generator)(comb_builder *build) {
    static const uint64_t x[FIELD_WORDS] = {GENERATOR_X_WORDS}, y[FIELD_WORDS] = {GENERATOR_Y_WORDS};
    // A lock, not pthread_once: after a failure for want of memory the next caller may succeed.
    pthread_mutex_lock(&generator_lock);
    if (!generator.entries) {
        comb_table made;
        comb_entry *memory = aligned_alloc(UINT64_C(1) << 21, (COMB_SIZE(GENERATOR_WIDTH) | 0x1fffff) + 1);
#ifdef MADV_HUGEPAGE
        if (memory) madvise(memory, COMB_SIZE(GENERATOR_WIDTH), MADV_HUGEPAGE);
#endif
        if (memory && make_comb(&made, GENERATOR_WIDTH, x, y, memory, build))
            generator = made;
        else
            free(memory);
    }
    const comb_table *ready = generator.entries ? &generator : NULL;
    pthread_mutex_unlock(&generator_lock);
    return ready;
}
