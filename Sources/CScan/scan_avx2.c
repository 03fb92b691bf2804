// The JSON scanner with AVX2: a block is two registers.
#include "implementations.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2"))), apply_to = function)
#include "json_blocks.h"

static inline uint64_t bits_of(__m256i first, __m256i second) {
    return (uint32_t)_mm256_movemask_epi8(first) | (uint64_t)(uint32_t)_mm256_movemask_epi8(second) << 32;
}

static inline __m256i equal(__m256i c, char value) { return _mm256_cmpeq_epi8(c, _mm256_set1_epi8(value)); }

#define TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

/// White space, found by its low nibble: each of the four has its own. Other bytes meet a value they cannot equal.
static inline __m256i spaces(__m256i c) {
    const __m256i table = TWICE(' ', 100, 100, 100, 17, 100, 113, 2, 100, '\t', '\n', 112, 100, '\r', 100, 100);
    return _mm256_cmpeq_epi8(c, _mm256_shuffle_epi8(table, c));
}

/// The same for { } : , after [ ] have become { } by bit 5; a byte of 0x80 or above looks up 0 and has bit 5. The
/// control characters 0x0C and 0x1A become , and : as well, which only marks them: the walk looks at the byte itself.
static inline __m256i structurals(__m256i c) {
    const __m256i table = TWICE(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0);
    return _mm256_cmpeq_epi8(_mm256_or_si256(c, _mm256_set1_epi8(0x20)), _mm256_shuffle_epi8(table, c));
}

static inline __m256i controls(__m256i c) { return _mm256_cmpeq_epi8(_mm256_min_epu8(c, _mm256_set1_epi8(0x1F)), c); }

static inline block_masks classify(const uint8_t *block, size_t count) {
    uint8_t copy[64];
    block = whole_block(block, count, copy);
    const __m256i a = _mm256_loadu_si256((const __m256i *)block);
    const __m256i b = _mm256_loadu_si256((const __m256i *)(block + 32));
    return (block_masks){
        .quote = bits_of(equal(a, '"'), equal(b, '"')),
        .backslash = bits_of(equal(a, '\\'), equal(b, '\\')),
        .control = bits_of(controls(a), controls(b)),
        .structural = bits_of(structurals(a), structurals(b)),
        .space = bits_of(spaces(a), spaces(b)),
        .non_ascii = bits_of(a, b),
    };
}

#define IMPLEMENTATION(function) fvs_##function##_avx2
#include "scan_json.h"
#pragma clang attribute pop
#endif
