// SHA-384 and SHA-512 of 8 messages in the 64-bit lanes of AVX-512 registers, two such groups interleaved.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))), apply_to = function)

#define SHA_BITS 64
#define SHA_TAIL padded_tail
#include "sha2_openssl.h"
#include "sha_stream.h"

// In registers and stored at once: a block that is still in several pending stores could not be loaded as one. Masked
// loads touch nothing outside their masks.
static inline void padded_tail(sha_stream *stream, const uint8_t *bytes, size_t count) {
    const __mmask64 end = UINT64_C(1) << (count & 63);
    const __m512i one_bit = _mm512_set1_epi8((char)0x80);
    const long long low = (long long)__builtin_bswap64(stream->count << 3);
    const long long high = (long long)__builtin_bswap64(stream->count >> 61);
    const __m512i length = _mm512_set_epi64(low, high, 0, 0, 0, 0, 0, 0);
    __m512i first, second = _mm512_setzero_si512();
    if (count < 64) {
        first = _mm512_mask_blend_epi8(end, _mm512_maskz_loadu_epi8(end - 1, bytes), one_bit);
    } else {
        first = _mm512_loadu_si512(bytes);
        second = _mm512_mask_blend_epi8(end, _mm512_maskz_loadu_epi8(end - 1, bytes + 64), one_bit);
    }
    stream->blocks = count < SHA_BLOCK - SHA_LENGTH ? 1 : 2;
    if (stream->blocks == 1) {
        second = _mm512_or_si512(second, length);
    } else {
        _mm512_storeu_si512(stream->buffer + 128, _mm512_setzero_si512());
        _mm512_storeu_si512(stream->buffer + 192, length);
    }
    _mm512_storeu_si512(stream->buffer, first);
    _mm512_storeu_si512(stream->buffer + 64, second);
}

typedef __m512i sha_lane;
#define SHA_ADD(a, b) _mm512_add_epi64(a, b)
#define SHA_ROTATE(x, n) _mm512_ror_epi64(x, n)
#define SHA_SHIFT(x, n) _mm512_srli_epi64(x, n)
#define SHA_XOR3(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0x96)
#define SHA_CH(e, f, g) _mm512_ternarylogic_epi64(e, f, g, 0xca)
#define SHA_MAJ(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0xe8)
#define SHA_SET(k) _mm512_set1_epi64((long long)(k))
#include "sha_rounds.h"

#define SHA_WIDTH 8
#define SHA_GROUPS 2
#define SHA_SPREAD 10
#define SHA_FEWEST 2
#include "sha_lanes.h"

/// In big-endian order, rows become columns.
static inline __attribute__((always_inline)) void transpose(const __m512i in[8], __m512i out[8]) {
    const __m512i order = _mm512_broadcast_i32x4(_mm_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607));
    __m512i rows[8], pairs[8];
    for (int i = 0; i < 8; i++) rows[i] = _mm512_shuffle_epi8(in[i], order);
    for (int i = 0; i < 8; i += 2) {
        pairs[i] = _mm512_unpacklo_epi64(rows[i], rows[i + 1]);
        pairs[i + 1] = _mm512_unpackhi_epi64(rows[i], rows[i + 1]);
    }
    // pairs[2r + c] holds word 2k + c of the rows 2r and 2r + 1 in its 128-bit piece k.
    for (int c = 0; c < 2; c++) {
        const __m512i even01 = _mm512_shuffle_i64x2(pairs[c], pairs[2 + c], 0x88);
        const __m512i odd01 = _mm512_shuffle_i64x2(pairs[c], pairs[2 + c], 0xdd);
        const __m512i even23 = _mm512_shuffle_i64x2(pairs[4 + c], pairs[6 + c], 0x88);
        const __m512i odd23 = _mm512_shuffle_i64x2(pairs[4 + c], pairs[6 + c], 0xdd);
        out[c] = _mm512_shuffle_i64x2(even01, even23, 0x88);
        out[4 + c] = _mm512_shuffle_i64x2(even01, even23, 0xdd);
        out[2 + c] = _mm512_shuffle_i64x2(odd01, odd23, 0x88);
        out[6 + c] = _mm512_shuffle_i64x2(odd01, odd23, 0xdd);
    }
}

/// words[i] becomes word i of half a block, 64 octets, of each of the 8 messages.
static inline __attribute__((always_inline)) void load_words(const uint8_t *const next[8], size_t offset,
                                                             __m512i words[8]) {
    __m512i rows[8];
    for (int i = 0; i < 8; i++) rows[i] = _mm512_loadu_si512(next[i] + offset);
    transpose(rows, words);
}

static void transpose_state(sha_lanes *lanes, size_t groups) {
    for (size_t g = 0; g < groups; g++) {
        __m512i rows[8], hashes[8];
        for (int i = 0; i < 8; i++) rows[i] = _mm512_loadu_si512(lanes->state[g][i]);
        transpose(rows, hashes);
        for (size_t i = 0; i < 8; i++) _mm512_storeu_si512(lanes->hashes[g * SHA_WIDTH + i], hashes[i]);
    }
}

static inline __attribute__((always_inline)) void compress_groups(const int groups, sha_lanes *lanes, size_t count) {
    __m512i state[SHA_GROUPS][8], words[SHA_GROUPS][16];
    for (int j = 0; j < groups; j++)
        for (int i = 0; i < 8; i++) state[j][i] = _mm512_loadu_si512(lanes->state[j][i]);
    const uint8_t **next = lanes->next;
    for (; count; count--) {
        for (int j = 0; j < groups; j++) {
            load_words(next + SHA_WIDTH * j, 0, words[j]);
            load_words(next + SHA_WIDTH * j, 64, words[j] + 8);
        }
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
    for (size_t i = 0; i < count; i++) sha_stream_run(streams[i], digest_size, fv_sha512_openssl_compress);
}

void fv_sha512_avx512(size_t digest_size, const fv_sha_message *messages, size_t count) {
    if (count < SHA_FEWEST)
        fv_sha512_openssl(digest_size, messages, count);
    else
        run_batch(digest_size, messages, count);
}

#pragma clang attribute pop
#endif
