// SHA-256 of 8 messages in the 32-bit lanes of AVX2 registers, for processors without the SHA extensions.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2"))), apply_to = function)

#define SHA_BITS 32
#include "sha2_openssl.h"
#include "sha_avx2.h"

#define SHA_WIDTH 8
#define SHA_GROUPS 1
#define SHA_SPREAD 1
#define SHA_FEWEST 3
#include "sha_lanes.h"

/// In big-endian order, rows become columns.
static inline __attribute__((always_inline)) void transpose(const __m256i in[8], __m256i out[8]) {
    const __m256i order = big_endian_order();
    __m256i rows[8], pairs[8], quads[8];
    for (int i = 0; i < 8; i++) rows[i] = _mm256_shuffle_epi8(in[i], order);
    for (int i = 0; i < 8; i += 2) {
        pairs[i] = _mm256_unpacklo_epi32(rows[i], rows[i + 1]);
        pairs[i + 1] = _mm256_unpackhi_epi32(rows[i], rows[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = 0; j < 2; j++) {
            quads[i + 2 * j] = _mm256_unpacklo_epi64(pairs[i + j], pairs[i + j + 2]);
            quads[i + 2 * j + 1] = _mm256_unpackhi_epi64(pairs[i + j], pairs[i + j + 2]);
        }
    // quads[4r + c] holds word 4k + c of the rows 4r … 4r + 3 in its half k.
    for (int c = 0; c < 4; c++) {
        out[c] = _mm256_permute2x128_si256(quads[c], quads[4 + c], 0x20);
        out[4 + c] = _mm256_permute2x128_si256(quads[c], quads[4 + c], 0x31);
    }
}

static inline __attribute__((always_inline)) void load_words(const uint8_t *const next[8], __m256i words[16]) {
    for (int half = 0; half < 2; half++) {
        __m256i rows[8];
        for (int i = 0; i < 8; i++) rows[i] = SHA_LOAD(next[i] + 32 * half);
        transpose(rows, words + 8 * half);
    }
}

static inline void transpose_state(const __m256i state[8], sha_word hashes[8][8]) {
    __m256i rows[8];
    transpose(state, rows);
    for (int i = 0; i < 8; i++) SHA_STORE(hashes[i], rows[i]);
}

static void finish_streams(sha_stream *const *streams, size_t count, size_t digest_size) {
    for (size_t i = 0; i < count; i++) sha_stream_run(streams[i], digest_size, fv_sha256_openssl_compress);
}

void fv_sha256_avx2(size_t digest_size, const fv_sha_message *messages, size_t count) {
    if (count < SHA_FEWEST)
        fv_sha256_openssl(digest_size, messages, count);
    else
        run_batch(digest_size, messages, count);
}

#pragma clang attribute pop
#endif
