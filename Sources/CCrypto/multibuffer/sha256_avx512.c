// SHA-256 of 16 messages in the 32-bit lanes of AVX-512 registers, two such groups interleaved.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))), apply_to = function)

#define SHA_BITS 32
#define SHA_TAIL padded_tail
#include "sha256_shani.h"

// In registers and stored at once: a block that is still in several pending stores could not be loaded as one. Masked
// loads touch nothing outside their masks.
static inline void padded_tail(sha_stream *stream, const uint8_t *bytes, size_t count) {
    const __mmask64 end = UINT64_C(1) << count;
    const __m512i length = _mm512_set1_epi64((long long)__builtin_bswap64(stream->count << 3));
    __m512i block = _mm512_maskz_loadu_epi8(end - 1, bytes);
    block = _mm512_mask_blend_epi8(end, block, _mm512_set1_epi8((char)0x80));
    stream->blocks = count < SHA_BLOCK - SHA_LENGTH ? 1 : 2;
    if (stream->blocks == 1)
        block = _mm512_mask_mov_epi64(block, 0x80, length);
    else
        _mm512_storeu_si512(stream->buffer + 64, _mm512_maskz_mov_epi64(0x80, length));
    _mm512_storeu_si512(stream->buffer, block);
}

#include "sha_avx512.h"

#define SHA_WIDTH 16
#define SHA_GROUPS 2
#define SHA_SPREAD 27
#define SHA_FEWEST 11
#include "sha_lanes.h"

static inline __attribute__((always_inline)) void load_words(const uint8_t *const next[16], __m512i words[16]) {
    const __m512i order = big_endian_order();
    __m512i rows[16], pairs[16], quads[16];
    for (int i = 0; i < 16; i++) rows[i] = _mm512_shuffle_epi8(_mm512_loadu_si512(next[i]), order);
    // Transposed in four steps: neighbours, then pairs, within each 128 bits; then the 128-bit pieces.
    for (int i = 0; i < 16; i += 2) {
        pairs[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
        pairs[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
    }
    for (int i = 0; i < 16; i += 4)
        for (int j = 0; j < 2; j++) {
            quads[i + 2 * j] = _mm512_unpacklo_epi64(pairs[i + j], pairs[i + j + 2]);
            quads[i + 2 * j + 1] = _mm512_unpackhi_epi64(pairs[i + j], pairs[i + j + 2]);
        }
    // quads[4r + c] holds word 4k + c of the messages 4r … 4r + 3 in its piece k.
    for (int c = 0; c < 4; c++) {
        const __m512i even01 = _mm512_shuffle_i32x4(quads[c], quads[4 + c], 0x88);
        const __m512i odd01 = _mm512_shuffle_i32x4(quads[c], quads[4 + c], 0xdd);
        const __m512i even23 = _mm512_shuffle_i32x4(quads[8 + c], quads[12 + c], 0x88);
        const __m512i odd23 = _mm512_shuffle_i32x4(quads[8 + c], quads[12 + c], 0xdd);
        words[c] = _mm512_shuffle_i32x4(even01, even23, 0x88);
        words[8 + c] = _mm512_shuffle_i32x4(even01, even23, 0xdd);
        words[4 + c] = _mm512_shuffle_i32x4(odd01, odd23, 0x88);
        words[12 + c] = _mm512_shuffle_i32x4(odd01, odd23, 0xdd);
    }
}

static inline void transpose_state(const __m512i state[8], sha_word hashes[16][8]) {
    const __m512i order = big_endian_order();
    __m512i pairs[8], quads[8];
    for (int i = 0; i < 8; i += 2) {
        pairs[i] = _mm512_unpacklo_epi32(state[i], state[i + 1]);
        pairs[i + 1] = _mm512_unpackhi_epi32(state[i], state[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = 0; j < 2; j++) {
            quads[i + 2 * j] = _mm512_unpacklo_epi64(pairs[i + j], pairs[i + j + 2]);
            quads[i + 2 * j + 1] = _mm512_unpackhi_epi64(pairs[i + j], pairs[i + j + 2]);
        }
    // quads[c] and quads[4 + c] hold the halves of the states of messages 4k + c in their pieces k.
    for (size_t c = 0; c < 4; c++) {
        const __m512i first = _mm512_shuffle_epi8(quads[c], order), second = _mm512_shuffle_epi8(quads[4 + c], order);
        const __m512i halves01 = _mm512_permutex2var_epi64(first, _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0), second);
        const __m512i halves23 = _mm512_permutex2var_epi64(first, _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4), second);
        _mm256_storeu_si256((__m256i *)hashes[c], _mm512_castsi512_si256(halves01));
        _mm256_storeu_si256((__m256i *)hashes[4 + c], _mm512_extracti64x4_epi64(halves01, 1));
        _mm256_storeu_si256((__m256i *)hashes[8 + c], _mm512_castsi512_si256(halves23));
        _mm256_storeu_si256((__m256i *)hashes[12 + c], _mm512_extracti64x4_epi64(halves23, 1));
    }
}

static void finish_streams(sha_stream *const *streams, size_t count, size_t digest_size) {
    (void)digest_size;
    fv_sha256_shani_finish(streams, count);
}

void fv_sha256_avx512(size_t digest_size, const fv_sha_message *messages, size_t count) {
    if (count < SHA_FEWEST)
        fv_sha256_shani(digest_size, messages, count);
    else
        run_batch(digest_size, messages, count);
}

#pragma clang attribute pop
#endif
