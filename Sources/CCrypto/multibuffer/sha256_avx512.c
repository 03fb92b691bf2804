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

typedef __m512i sha_lane;
#define SHA_ADD(a, b) _mm512_add_epi32(a, b)
#define SHA_ROTATE(x, n) _mm512_ror_epi32(x, n)
#define SHA_SHIFT(x, n) _mm512_srli_epi32(x, n)
#define SHA_XOR3(a, b, c) _mm512_ternarylogic_epi32(a, b, c, 0x96)
#define SHA_CH(e, f, g) _mm512_ternarylogic_epi32(e, f, g, 0xca)
#define SHA_MAJ(a, b, c) _mm512_ternarylogic_epi32(a, b, c, 0xe8)
#define SHA_SET(k) _mm512_set1_epi32((int)(k))
#include "sha_rounds.h"

#define SHA_WIDTH 16
#define SHA_GROUPS 2
#define SHA_SPREAD 27
#define SHA_FEWEST 11
#include "sha_lanes.h"

/// words[i] becomes word i of one block of each of the 16 messages.
static inline __attribute__((always_inline)) void load_words(const uint8_t *const next[16], __m512i words[16]) {
    const __m512i order = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
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

static void transpose_state(sha_lanes *lanes, size_t groups) {
    const __m512i order = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
    for (size_t g = 0; g < groups; g++) {
        __m512i rows[8], pairs[8], quads[8];
        for (int i = 0; i < 8; i++) rows[i] = _mm512_loadu_si512(lanes->state[g][i]);
        for (int i = 0; i < 8; i += 2) {
            pairs[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
            pairs[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
        }
        for (int i = 0; i < 8; i += 4)
            for (int j = 0; j < 2; j++) {
                quads[i + 2 * j] = _mm512_unpacklo_epi64(pairs[i + j], pairs[i + j + 2]);
                quads[i + 2 * j + 1] = _mm512_unpackhi_epi64(pairs[i + j], pairs[i + j + 2]);
            }
        // quads[c] and quads[4 + c] hold the halves of the states of messages 4k + c in their pieces k.
        for (size_t c = 0; c < 4; c++) {
            const __m512i first = _mm512_shuffle_epi8(quads[c], order),
                          second = _mm512_shuffle_epi8(quads[4 + c], order);
            const __m512i halves01 =
                _mm512_permutex2var_epi64(first, _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0), second);
            const __m512i halves23 =
                _mm512_permutex2var_epi64(first, _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4), second);
            sha_word(*hashes)[8] = &lanes->hashes[g * SHA_WIDTH + c];
            _mm256_storeu_si256((__m256i *)hashes[0], _mm512_castsi512_si256(halves01));
            _mm256_storeu_si256((__m256i *)hashes[4], _mm512_extracti64x4_epi64(halves01, 1));
            _mm256_storeu_si256((__m256i *)hashes[8], _mm512_castsi512_si256(halves23));
            _mm256_storeu_si256((__m256i *)hashes[12], _mm512_extracti64x4_epi64(halves23, 1));
        }
    }
}

static inline __attribute__((always_inline)) void compress_groups(const int groups, sha_lanes *lanes, size_t count) {
    __m512i state[SHA_GROUPS][8], words[SHA_GROUPS][16];
    for (int j = 0; j < groups; j++)
        for (int i = 0; i < 8; i++) state[j][i] = _mm512_loadu_si512(lanes->state[j][i]);
    const uint8_t **next = lanes->next;
    for (; count; count--) {
        for (int j = 0; j < groups; j++) load_words(next + SHA_WIDTH * j, words[j]);
        for (int i = 0; i < groups * SHA_WIDTH; i++) next[i] += SHA_BLOCK;
        sha_rounds(groups, state, words);
    }
    for (int j = 0; j < groups; j++)
        for (int i = 0; i < 8; i++) _mm512_storeu_si512(lanes->state[j][i], state[j][i]);
}

static void compress_lanes(sha_lanes *lanes, size_t groups, size_t count) {
    if (groups == 1)
        compress_groups(1, lanes, count);
    else
        compress_groups(2, lanes, count);
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
