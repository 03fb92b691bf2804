// The JSON scanner with AVX-512 BW: a block is one register, and a masked load ends at the last byte of the text.
#include "implementations.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vbmi2,bmi,bmi2"))), \
    apply_to = function)
#include "json_blocks.h"

static inline uint64_t equal(__m512i c, char value) { return _mm512_cmpeq_epi8_mask(c, _mm512_set1_epi8(value)); }

static inline block_masks classify(const uint8_t *block, size_t count) {
    const __mmask64 here = _bzhi_u64(~(uint64_t)0, (unsigned)count);
    const __m512i c = _mm512_mask_loadu_epi8(_mm512_set1_epi8(' '), here, block);
    // As in scan_avx2.c: every character of a class has a low nibble of its own, and is the one byte that equals what
    // its nibble looks up.
    const __m512i spaces = _mm512_broadcast_i32x4(
        _mm_setr_epi8(' ', 100, 100, 100, 17, 100, 113, 2, 100, '\t', '\n', 112, 100, '\r', 100, 100));
    const __m512i brackets =
        _mm512_broadcast_i32x4(_mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0));
    const __m512i lower = _mm512_or_si512(c, _mm512_set1_epi8(0x20));  // [ ] become { }
    return (block_masks){
        .quote = equal(c, '"'),
        .backslash = equal(c, '\\'),
        .control = _mm512_cmplt_epu8_mask(c, _mm512_set1_epi8(0x20)),
        .structural = _mm512_cmpeq_epi8_mask(lower, _mm512_shuffle_epi8(brackets, c)),
        .space = _mm512_cmpeq_epi8_mask(c, _mm512_shuffle_epi8(spaces, c)),
        .non_ascii = _mm512_movepi8_mask(c),
    };
}

#define OWN_SHAPE_PRIMITIVES
static inline bool same_bytes(const uint8_t *text, const uint8_t piece[64], size_t count) {
    const __mmask64 here = _bzhi_u64(~(uint64_t)0, (unsigned)count);
    return _mm512_mask_cmpneq_epi8_mask(here, _mm512_maskz_loadu_epi8(here, text), _mm512_load_si512(piece)) == 0;
}

static inline void list_bits(uint64_t bits, uint32_t base, uint16_t *out) {
    static const uint8_t order[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                      16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                      32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                      48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    const __m512i places = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(order));
    const __m512i start = _mm512_set1_epi16((short)base);
    _mm512_storeu_si512(out, _mm512_add_epi16(start, _mm512_cvtepu8_epi16(_mm512_castsi512_si256(places))));
    if (__builtin_popcountll(bits) > 32) {
        const __m256i rest = _mm512_extracti64x4_epi64(places, 1);
        _mm512_storeu_si512(out + 32, _mm512_add_epi16(start, _mm512_cvtepu8_epi16(rest)));
    }
}

#define IMPLEMENTATION(function) fvs_##function##_avx512
#include "scan_json.h"
#pragma clang attribute pop
#endif
