// What of a comb is not worth lanes: the chain of doublings, one after another by nature, and the generator's table.
#include "comb_p256.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lanes_scalar.h"
//
#include "point_p256.h"

static fe from_bytes(const uint8_t bytes[32]) {
    static const uint64_t square[5] = {P256_R2_LIMBS};
    lane words[4];
    for (int i = 0; i < 4; i++) {
        uint64_t word;
        memcpy(&word, bytes + 24 - 8 * i, 8);
        words[i] = __builtin_bswap64(word);
    }
    return fe_mul(fe_from_words(words), fe_set(square));
}

void fv_p256_powers(const uint8_t x[32], const uint8_t y[32], size_t count, p256_entry *powers) {
    static const uint64_t mend[5] = {P256_R3_LIMBS};
    jacobian points[P256_POWERS_MAX];
    fe before[P256_POWERS_MAX], all = fe_one();
    points[0] = (jacobian){from_bytes(x), from_bytes(y), fe_one()};
    for (size_t i = 1; i < count; i++) points[i] = jacobian_double(&points[i - 1]);
    for (size_t i = 0; i < count; i++) {
        before[i] = all;
        all = fe_mul(all, points[i].z);
    }
    all = fe_canonical(all);
    fv_p256_invert(P256_FIELD, all.limb);
    all = fe_mul(all, fe_set(mend));
    for (size_t i = count; i-- > 0;) {
        const fe inverse = fe_mul(all, before[i]), square = fe_sqr(inverse);
        all = fe_mul(all, points[i].z);
        fe_to_words(fe_canonical(fe_mul(points[i].x, square)), powers[i].words);
        fe_to_words(fe_canonical(fe_mul(points[i].y, fe_mul(square, inverse))), powers[i].words + 4);
    }
}

bool fv_p256_comb_make(p256_comb *comb, unsigned width, const uint8_t x[32], const uint8_t y[32], p256_entry *memory,
                       p256_comb_builder *build) {
    p256_entry powers[P256_POWERS_MAX];
    *comb = (p256_comb){width, p256_comb_windows(width), memory};
    fv_p256_powers(x, y, (size_t)width * comb->windows, powers);
    return build(comb, powers);
}

// 20 windows of 13 bits, 5 MiB: measured in p256.md against other widths.
enum { GENERATOR_WIDTH = 13 };

static pthread_mutex_t generator_lock = PTHREAD_MUTEX_INITIALIZER;
static p256_comb generator;

const p256_comb *fv_p256_generator(p256_comb_builder *build) {
    static const uint8_t x[32] = {0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6,
                                  0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb,
                                  0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96};
    static const uint8_t y[32] = {0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb,
                                  0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31,
                                  0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};
    // A lock, not pthread_once: after a failure for want of memory the next caller may succeed.
    pthread_mutex_lock(&generator_lock);
    if (!generator.entries) {
        p256_comb made;
        p256_entry *memory = aligned_alloc(UINT64_C(1) << 21, (p256_comb_size(GENERATOR_WIDTH) | 0x1fffff) + 1);
#ifdef MADV_HUGEPAGE
        if (memory) madvise(memory, p256_comb_size(GENERATOR_WIDTH), MADV_HUGEPAGE);
#endif
        if (memory && fv_p256_comb_make(&made, GENERATOR_WIDTH, x, y, memory, build))
            generator = made;
        else
            free(memory);
    }
    const p256_comb *ready = generator.entries ? &generator : NULL;
    pthread_mutex_unlock(&generator_lock);
    return ready;
}
