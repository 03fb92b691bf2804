// base64url, 64 characters at a time with AVX-512 VBMI (Muła & Lemire, "Base64 encoding and decoding at almost the
// speed of a memory copy", 2019, §4). Masked loads and stores handle the tail, so nothing past either end is touched.
#include "base64url_alphabet.h"
#include "implementations.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,bmi,bmi2"))), \
                             apply_to = function)

/// Six bits for each of 64 characters. vpermi2b looks at the low seven bits, so a byte is legal when neither it nor
/// what it looks up has the top bit; `*bad` collects both.
static inline __m512i six_bits(__m512i characters, __m512i *bad) {
    const __m512i low = _mm512_loadu_si512(fvs_base64url_value), high = _mm512_loadu_si512(fvs_base64url_value + 64);
    const __m512i value = _mm512_permutex2var_epi8(low, characters, high);
    *bad = _mm512_ternarylogic_epi32(*bad, value, characters, 0xFE);  // or of all three
    return value;
}

/// 64 times six bits to 48 bytes at the front.
static inline __m512i pack(__m512i six) {
    // Byte j of the output is byte 2 - j mod 3 of the 32-bit lane ⌊j/3⌋, which holds 24 bits.
    static const uint8_t order[64] = {2,  1,  0,  6,  5,  4,  10, 9,  8,  14, 13, 12, 18, 17, 16, 22,
                                      21, 20, 26, 25, 24, 30, 29, 28, 34, 33, 32, 38, 37, 36, 42, 41,
                                      40, 46, 45, 44, 50, 49, 48, 54, 53, 52, 58, 57, 56, 62, 61, 60};
    const __m512i twelve = _mm512_maddubs_epi16(six, _mm512_set1_epi32(0x01400140));
    const __m512i twenty_four = _mm512_madd_epi16(twelve, _mm512_set1_epi32(0x00011000));
    return _mm512_permutexvar_epi8(_mm512_loadu_si512(order), twenty_four);
}

bool fvs_base64url_decode_avx512(const uint8_t *text, size_t count, uint8_t *out) {
    const size_t tail = count % 4;
    if (tail == 1) return false;
    // RFC 4648 §3.5: the bits that fill no byte must be zero.
    if (tail && fvs_base64url_value[text[count - 1]] & (tail == 2 ? 0x0F : 0x03)) return false;
    __m512i bad = _mm512_setzero_si512();
    for (; count >= 64; text += 64, count -= 64, out += 48)
        _mm512_mask_storeu_epi8(out, 0x0000FFFFFFFFFFFFu, pack(six_bits(_mm512_loadu_si512(text), &bad)));
    if (count) {
        const __mmask64 here = ((__mmask64)1 << count) - 1;
        const __m512i characters = _mm512_mask_loadu_epi8(_mm512_set1_epi8('A'), here, text);  // 'A' is six zero bits
        const __mmask64 bytes = ((__mmask64)1 << fvs_base64url_decoded_size(count)) - 1;
        _mm512_mask_storeu_epi8(out, bytes, pack(six_bits(characters, &bad)));
    }
    return _mm512_movepi8_mask(bad) == 0;
}

#pragma clang attribute pop
#endif
