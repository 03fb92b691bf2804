// What SHA-256 and SHA-512 have in common in AVX2 registers: the operations of sha_rounds.h, the bookkeeping of
// sha_lanes.h. Include after setting SHA_BITS.
//
// Without rotations and three-operand logic a round takes 36 operations and a word of the schedule 21, and there are 16
// registers for 24 words: one group of lanes keeps three ports busy, a second one would only be spilt.
#pragma once
#include <immintrin.h>

#include "sha_stream.h"

typedef __m256i sha_lane;
#define SHA_LOAD(words) _mm256_loadu_si256((const __m256i *)(words))
#define SHA_STORE(words, x) _mm256_storeu_si256((__m256i *)(words), x)
#if SHA_BITS == 32
#define SHA_ADD(a, b) _mm256_add_epi32(a, b)
#define SHA_SHIFT(x, n) _mm256_srli_epi32(x, n)
#define SHA_SHIFT_UP(x, n) _mm256_slli_epi32(x, n)
#define SHA_SET(k) _mm256_set1_epi32((int)(k))
#else
#define SHA_ADD(a, b) _mm256_add_epi64(a, b)
#define SHA_SHIFT(x, n) _mm256_srli_epi64(x, n)
#define SHA_SHIFT_UP(x, n) _mm256_slli_epi64(x, n)
#define SHA_SET(k) _mm256_set1_epi64x((long long)(k))
#endif
#define SHA_XOR(a, b) _mm256_xor_si256(a, b)
#define SHA_ROTATE(x, n) SHA_XOR(SHA_SHIFT(x, n), SHA_SHIFT_UP(x, SHA_BITS - (n)))
#define SHA_XOR3(a, b, c) SHA_XOR(SHA_XOR(a, b), c)
#define SHA_CH(e, f, g) SHA_XOR(g, _mm256_and_si256(e, SHA_XOR(f, g)))
#define SHA_MAJ(a, b, c) _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(c, _mm256_or_si256(a, b)))
#include "sha_rounds.h"

/// For shuffle_epi8: the octets of every word the other way round.
static inline __m256i big_endian_order(void) {
#if SHA_BITS == 32
    return _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
#else
    return _mm256_broadcastsi128_si256(_mm_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607));
#endif
}

/// Of the active lanes.
static inline __attribute__((always_inline)) uint32_t fewest_blocks(const uint32_t *blocks, size_t count,
                                                                    uint32_t active) {
    uint32_t fewest = UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
        const uint32_t mine = blocks[i] | ((active >> i & 1) - 1);
        fewest = mine < fewest ? mine : fewest;
    }
    return fewest;
}

/// A bit for each lane that is out of blocks, after `taken` were compressed.
static inline __attribute__((always_inline)) uint32_t take_blocks(uint32_t *blocks, size_t count, uint32_t taken) {
    uint32_t due = 0;
    for (size_t i = 0; i < count; i++) {
        blocks[i] -= taken;
        due |= (uint32_t)(blocks[i] == 0) << i;
    }
    return due;
}
