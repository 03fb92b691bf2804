// base64url, 32 characters at a time with AVX2 (Muła & Lemire, "Faster Base64 Encoding and Decoding Using AVX2
// Instructions", 2018, §4, with the validity test by two nibble tables).
#include "base64url_alphabet.h"
#include "implementations.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2"))), apply_to = function)

#define TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

bool fvs_base64url_decode_avx2(const uint8_t *text, size_t count, uint8_t *out) {
    // Bit h of legal_by_low[l] says whether byte 16h + l is in the alphabet. pshufb yields 0 for bytes of 0x80 and
    // above.
    const __m256i legal_by_low =
        TWICE(0xA8 - 256, 0xF8 - 256, 0xF8 - 256, 0xF8 - 256, 0xF8 - 256, 0xF8 - 256, 0xF8 - 256, 0xF8 - 256,
              0xF8 - 256, 0xF8 - 256, 0xF0 - 256, 0x50, 0x50, 0x54, 0x50, 0x70);
    const __m256i bit_of_high = TWICE(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
    // What to add to a byte of each high nibble to get its six bits: - is 62, 0…9 are 52…61, A…Z 0…25, a…z 26…51.
    const __m256i offset_of_high =
        TWICE(0, 0, 62 - '-', 52 - '0', -'A', -'A', 26 - 'a', 26 - 'a', 0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i underscore = _mm256_set1_epi8('_');
    const __m256i underscore_extra = _mm256_set1_epi8(63 - '_' + 'A');  // on top of its neighbours' -'A'
    const __m256i nibble = _mm256_set1_epi8(0x0F);
    // Each 32-bit lane holds three bytes, most significant first; put them in order at the front of each half …
    const __m256i order = TWICE(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    const __m256i join = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7);  // … and close the gap between the halves

    __m256i illegal = _mm256_setzero_si256();
    size_t i = 0;
    for (; count - i >= 32; i += 32, out += 24) {
        const __m256i c = _mm256_loadu_si256((const __m256i *)(text + i));
        const __m256i high = _mm256_and_si256(_mm256_srli_epi32(c, 4), nibble);
        const __m256i legal =
            _mm256_and_si256(_mm256_shuffle_epi8(legal_by_low, c), _mm256_shuffle_epi8(bit_of_high, high));
        illegal = _mm256_or_si256(illegal, _mm256_cmpeq_epi8(legal, _mm256_setzero_si256()));
        const __m256i extra = _mm256_and_si256(_mm256_cmpeq_epi8(c, underscore), underscore_extra);
        const __m256i offset = _mm256_add_epi8(_mm256_shuffle_epi8(offset_of_high, high), extra);
        const __m256i six = _mm256_add_epi8(c, offset);
        const __m256i twelve = _mm256_maddubs_epi16(six, _mm256_set1_epi32(0x01400140));
        const __m256i twenty_four = _mm256_madd_epi16(twelve, _mm256_set1_epi32(0x00011000));
        const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(twenty_four, order), join);
        _mm_storeu_si128((__m128i *)out, _mm256_castsi256_si128(bytes));
        _mm_storel_epi64((__m128i *)(out + 16), _mm256_extracti128_si256(bytes, 1));
    }
    return _mm256_testz_si256(illegal, illegal) && fvs_base64url_decode_portable(text + i, count - i, out);
}

#pragma clang attribute pop
#endif
