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

#include "sha_avx512.h"

#define SHA_WIDTH 8
#define SHA_GROUPS 2
#define SHA_SPREAD 10
#define SHA_FEWEST 2
#include "sha_lanes.h"

/// In big-endian order, rows become columns.
static inline __attribute__((always_inline)) void transpose(const __m512i in[8], __m512i out[8]) {
    const __m512i order = big_endian_order();
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

static inline __attribute__((always_inline)) void load_words(const uint8_t *const next[8], __m512i words[16]) {
    for (int half = 0; half < 2; half++) {
        __m512i rows[8];
        for (int i = 0; i < 8; i++) rows[i] = _mm512_loadu_si512(next[i] + 64 * half);
        transpose(rows, words + 8 * half);
    }
}

static inline void transpose_state(const __m512i state[8], sha_word hashes[8][8]) {
    __m512i rows[8];
    transpose(state, rows);
    for (int i = 0; i < 8; i++) _mm512_storeu_si512(hashes[i], rows[i]);
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
