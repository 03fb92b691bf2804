// The JSON scanner with AVX-512 BW: a block is one register, and a masked load ends at the last byte of the text.
#include "implementations.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,bmi,bmi2"))), \
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

#define IMPLEMENTATION(function) fvs_##function##_avx512
#include "scan_json.h"
#pragma clang attribute pop
#endif
