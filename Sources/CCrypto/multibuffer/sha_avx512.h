// What SHA-256 and SHA-512 have in common in AVX-512 registers: the operations of sha_rounds.h, the bookkeeping of
// sha_lanes.h. Include after setting SHA_BITS.
#pragma once
#include <immintrin.h>

#include "sha_stream.h"

typedef __m512i sha_lane;
#define SHA_LOAD(words) _mm512_loadu_si512(words)
#define SHA_STORE(words, x) _mm512_storeu_si512(words, x)
#if SHA_BITS == 32
#define SHA_ADD(a, b) _mm512_add_epi32(a, b)
#define SHA_ROTATE(x, n) _mm512_ror_epi32(x, n)
#define SHA_SHIFT(x, n) _mm512_srli_epi32(x, n)
#define SHA_SET(k) _mm512_set1_epi32((int)(k))
#else
#define SHA_ADD(a, b) _mm512_add_epi64(a, b)
#define SHA_ROTATE(x, n) _mm512_ror_epi64(x, n)
#define SHA_SHIFT(x, n) _mm512_srli_epi64(x, n)
#define SHA_SET(k) _mm512_set1_epi64((long long)(k))
#endif
#define SHA_XOR3(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0x96)
#define SHA_CH(e, f, g) _mm512_ternarylogic_epi64(e, f, g, 0xca)
#define SHA_MAJ(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0xe8)
#include "sha_rounds.h"

/// For shuffle_epi8: the octets of every word the other way round.
static inline __m512i big_endian_order(void) {
#if SHA_BITS == 32
    return _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
#else
    return _mm512_broadcast_i32x4(_mm_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607));
#endif
}

/// Of the active lanes; `count`, a multiple of 16, is a constant.
static inline __attribute__((always_inline)) uint32_t fewest_blocks(const uint32_t *blocks, size_t count,
                                                                    uint32_t active) {
    __m512i fewest = _mm512_set1_epi32(-1);
    for (size_t i = 0; i < count; i += 16)
        fewest = _mm512_mask_min_epu32(fewest, (__mmask16)(active >> i), fewest, _mm512_loadu_si512(blocks + i));
    return _mm512_reduce_min_epu32(fewest);
}

/// A bit for each lane that is out of blocks, after `taken` were compressed.
static inline __attribute__((always_inline)) uint32_t take_blocks(uint32_t *blocks, size_t count, uint32_t taken) {
    uint32_t due = 0;
    for (size_t i = 0; i < count; i += 16) {
        const __m512i left = _mm512_sub_epi32(_mm512_loadu_si512(blocks + i), _mm512_set1_epi32((int)taken));
        _mm512_storeu_si512(blocks + i, left);
        due |= (uint32_t)_mm512_testn_epi32_mask(left, left) << i;
    }
    return due;
}
