// SHA-384 and SHA-512 of 4 messages in the 64-bit lanes of AVX2 registers.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2"))), apply_to = function)

#define SHA_BITS 64
#include "sha2_openssl.h"
#include "sha_avx2.h"

#define SHA_WIDTH 4
#define SHA_GROUPS 1
#define SHA_SPREAD 1
#define SHA_FEWEST 3
#include "sha_lanes.h"

/// In big-endian order, rows become columns.
static inline __attribute__((always_inline)) void transpose(const __m256i in[4], __m256i out[4]) {
    const __m256i order = big_endian_order();
    __m256i rows[4];
    for (int i = 0; i < 4; i++) rows[i] = _mm256_shuffle_epi8(in[i], order);
    // `first` and `second` hold word 2k + c of two rows each in their half k.
    for (int c = 0; c < 2; c++) {
        const __m256i first = c ? _mm256_unpackhi_epi64(rows[0], rows[1]) : _mm256_unpacklo_epi64(rows[0], rows[1]);
        const __m256i second = c ? _mm256_unpackhi_epi64(rows[2], rows[3]) : _mm256_unpacklo_epi64(rows[2], rows[3]);
        out[c] = _mm256_permute2x128_si256(first, second, 0x20);
        out[2 + c] = _mm256_permute2x128_si256(first, second, 0x31);
    }
}

static inline __attribute__((always_inline)) void load_words(const uint8_t *const next[4], __m256i words[16]) {
    for (int quarter = 0; quarter < 4; quarter++) {
        __m256i rows[4];
        for (int i = 0; i < 4; i++) rows[i] = SHA_LOAD(next[i] + 32 * quarter);
        transpose(rows, words + 4 * quarter);
    }
}

static inline void transpose_state(const __m256i state[8], sha_word hashes[4][8]) {
    for (int half = 0; half < 2; half++) {
        __m256i rows[4];
        transpose(state + 4 * half, rows);
        for (int i = 0; i < 4; i++) SHA_STORE(hashes[i] + 4 * half, rows[i]);
    }
}

static void finish_streams(sha_stream *const *streams, size_t count, size_t digest_size) {
    for (size_t i = 0; i < count; i++) sha_stream_run(streams[i], digest_size, fv_sha512_openssl_compress);
}

void fv_sha512_avx2(size_t digest_size, const fv_sha_message *messages, size_t count) {
    if (count < SHA_FEWEST)
        fv_sha512_openssl(digest_size, messages, count);
    else
        run_batch(digest_size, messages, count);
}

#pragma clang attribute pop
#endif
