// SHA-256 with the instructions of ARMv8 (FEAT_SHA256), two messages side by side.
#if defined(__aarch64__)
#include <arm_neon.h>

#define SHA_BITS 32
#include "sha_stream.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("sha2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("+crypto")
#endif

typedef struct {
    uint32x4_t abcd, efgh;
} sha_pair;

static inline __attribute__((always_inline)) sha_pair load_state(const uint32_t state[8]) {
    return (sha_pair){vld1q_u32(state), vld1q_u32(state + 4)};
}

static inline __attribute__((always_inline)) void store_state(uint32_t state[8], sha_pair pair) {
    vst1q_u32(state, pair.abcd);
    vst1q_u32(state + 4, pair.efgh);
}

// Four rounds per step; the words of step s are in words[s % 4], and those of step s + 4 are made from the steps
// s … s + 3 (FIPS 180-4 §6.2.2 step 1, four words at once).
static inline __attribute__((always_inline)) void block(const int ways, sha_pair *state, const uint8_t **next) {
    uint32x4_t words[2][4];
    sha_pair before[2];
    for (int j = 0; j < ways; j++) {
        before[j] = state[j];
        for (int i = 0; i < 4; i++) words[j][i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(next[j] + 16 * i)));
        next[j] += SHA_BLOCK;
    }
    for (int step = 0; step < 16; step++) {
        const uint32x4_t constants = vld1q_u32(SHA_CONSTANTS + 4 * step);
        for (int j = 0; j < ways; j++) {
            uint32x4_t *w = words[j];
            const uint32x4_t sum = vaddq_u32(w[step & 3], constants), abcd = state[j].abcd;
            state[j].abcd = vsha256hq_u32(abcd, state[j].efgh, sum);
            state[j].efgh = vsha256h2q_u32(state[j].efgh, abcd, sum);
            if (step >= 12) continue;
            const uint32x4_t first = vsha256su0q_u32(w[step & 3], w[(step + 1) & 3]);
            w[step & 3] = vsha256su1q_u32(first, w[(step + 2) & 3], w[(step + 3) & 3]);
        }
    }
    for (int j = 0; j < ways; j++) {
        state[j].abcd = vaddq_u32(state[j].abcd, before[j].abcd);
        state[j].efgh = vaddq_u32(state[j].efgh, before[j].efgh);
    }
}

#include "sha_pairs.h"

void fv_sha256_armv8(size_t digest_size, const fv_sha_message *messages, size_t count) {
    run_messages(digest_size, messages, count);
}

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
