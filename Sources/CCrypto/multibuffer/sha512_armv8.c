// SHA-384 and SHA-512 with the instructions of ARMv8.2 (FEAT_SHA512), two messages side by side.
#if defined(__aarch64__)
#include <arm_neon.h>

#define SHA_BITS 64
#include "sha_stream.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("sha3"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("arch=armv8.2-a+sha3")
#endif

typedef struct {
    uint64x2_t ab, cd, ef, gh;
} sha_pair;

static inline __attribute__((always_inline)) sha_pair load_state(const uint64_t state[8]) {
    return (sha_pair){vld1q_u64(state), vld1q_u64(state + 2), vld1q_u64(state + 4), vld1q_u64(state + 6)};
}

static inline __attribute__((always_inline)) void store_state(uint64_t state[8], sha_pair pair) {
    vst1q_u64(state, pair.ab);
    vst1q_u64(state + 2, pair.cd);
    vst1q_u64(state + 4, pair.ef);
    vst1q_u64(state + 6, pair.gh);
}

// Two rounds per step; the words of step s are in words[s % 8], and those of step s + 8 are made from the steps s,
// s + 1, s + 4, s + 5 and s + 7 (FIPS 180-4 §6.4.2 step 1, two words at once).
static inline __attribute__((always_inline)) void block(const int ways, sha_pair *state, const uint8_t **next) {
    uint64x2_t words[2][8];
    sha_pair before[2];
    for (int j = 0; j < ways; j++) {
        before[j] = state[j];
        for (int i = 0; i < 8; i++) words[j][i] = vreinterpretq_u64_u8(vrev64q_u8(vld1q_u8(next[j] + 16 * i)));
        next[j] += SHA_BLOCK;
    }
    for (int step = 0; step < 40; step++) {
        const uint64x2_t constants = vld1q_u64(SHA_CONSTANTS + 2 * step);
        for (int j = 0; j < ways; j++) {
            uint64x2_t *w = words[j];
            const sha_pair s = state[j];
            const uint64x2_t sum = vaddq_u64(w[step & 7], constants);
            // The instructions want the second round's word first, and the state shifted by one letter: fg and de.
            const uint64x2_t t = vsha512hq_u64(vaddq_u64(s.gh, vextq_u64(sum, sum, 1)), vextq_u64(s.ef, s.gh, 1),
                                               vextq_u64(s.cd, s.ef, 1));
            state[j] = (sha_pair){vsha512h2q_u64(t, s.cd, s.ab), s.ab, vaddq_u64(s.cd, t), s.ef};
            if (step >= 32) continue;
            const uint64x2_t first = vsha512su0q_u64(w[step & 7], w[(step + 1) & 7]);
            const uint64x2_t seventh = vextq_u64(w[(step + 4) & 7], w[(step + 5) & 7], 1);
            w[step & 7] = vsha512su1q_u64(first, w[(step + 7) & 7], seventh);
        }
    }
    for (int j = 0; j < ways; j++) {
        state[j].ab = vaddq_u64(state[j].ab, before[j].ab);
        state[j].cd = vaddq_u64(state[j].cd, before[j].cd);
        state[j].ef = vaddq_u64(state[j].ef, before[j].ef);
        state[j].gh = vaddq_u64(state[j].gh, before[j].gh);
    }
}

#include "sha_pairs.h"

void fv_sha512_armv8(size_t digest_size, const fv_sha_message *messages, size_t count) {
    run_messages(digest_size, messages, count);
}

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
