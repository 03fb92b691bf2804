// SHA-256 with the SHA extensions, two messages side by side.
//
// sha256rnds2 does two rounds in four cycles, and the next one needs its result: one message alone uses the unit every
// fourth cycle, two interleaved messages use it every second cycle, which is all it takes.
#if defined(__x86_64__)
#define SHA_BITS 32
#include "sha256_shani.h"

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("sha,ssse3,sse4.1"))), apply_to = function)

// The instructions want the state as ABEF and CDGH, first letter in the highest word.
typedef struct {
    __m128i abef, cdgh;
} sha_pair;

static inline __attribute__((always_inline)) sha_pair load_state(const uint32_t state[8]) {
    const __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xb1);        // CDAB
    const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b);  // EFGH
    return (sha_pair){_mm_alignr_epi8(abcd, efgh, 8), _mm_blend_epi16(efgh, abcd, 0xf0)};
}

static inline __attribute__((always_inline)) void store_state(uint32_t state[8], sha_pair pair) {
    const __m128i feba = _mm_shuffle_epi32(pair.abef, 0x1b);
    const __m128i dchg = _mm_shuffle_epi32(pair.cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xf0));     // DCBA
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));  // HGFE
}

// One block of each of `ways` messages. Four rounds per step; the words of step s are in words[s % 4], and those of
// step s + 4 are made from the steps s … s + 3 (sha256msg1, sha256msg2: FIPS 180-4 §6.2.2 step 1, four words at once).
static inline __attribute__((always_inline)) void block(const int ways, sha_pair *state, const uint8_t **next) {
    const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i words[2][4];
    sha_pair before[2];
    for (int j = 0; j < ways; j++) {
        before[j] = state[j];
        for (int i = 0; i < 4; i++)
            words[j][i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(next[j] + 16 * i)), order);
        next[j] += SHA_BLOCK;
    }
    _Pragma("clang loop unroll(full)") for (int step = 0; step < 16; step++) {
        const __m128i constants = _mm_loadu_si128((const __m128i *)(SHA_CONSTANTS + 4 * step));
        _Pragma("clang loop unroll(full)") for (int j = 0; j < ways; j++) {
            __m128i *w = words[j];
            __m128i sum = _mm_add_epi32(w[step & 3], constants);
            state[j].cdgh = _mm_sha256rnds2_epu32(state[j].cdgh, state[j].abef, sum);
            sum = _mm_shuffle_epi32(sum, 0x0e);
            state[j].abef = _mm_sha256rnds2_epu32(state[j].abef, state[j].cdgh, sum);
            if (step >= 12) continue;
            const __m128i seventh = _mm_alignr_epi8(w[(step + 3) & 3], w[(step + 2) & 3], 4);
            const __m128i first = _mm_sha256msg1_epu32(w[step & 3], w[(step + 1) & 3]);
            w[step & 3] = _mm_sha256msg2_epu32(_mm_add_epi32(first, seventh), w[(step + 3) & 3]);
        }
    }
    for (int j = 0; j < ways; j++) {
        state[j].abef = _mm_add_epi32(state[j].abef, before[j].abef);
        state[j].cdgh = _mm_add_epi32(state[j].cdgh, before[j].cdgh);
    }
}

#include "sha_pairs.h"

void fv_sha256_shani_finish(sha_stream *const *streams, size_t count) {
    run(&(sha_supply){.streams = streams, .stream_count = count, .digest_size = 32}, NULL, NULL);
}

void fv_sha256_shani(size_t digest_size, const fv_sha_message *messages, size_t count) {
    run_messages(digest_size, messages, count);
}

#pragma clang attribute pop
#endif
