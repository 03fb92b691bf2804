#include "sha2.h"

#include <string.h>

#include "ccpu.h"
#define SHA_BITS 64
#include "sha2_openssl.h"
#include "sha_word.h"

static const fv_sha_implementation narrow[] = {
#if defined(__x86_64__)
    {"avx512", FV_CPU_AVX512 | FV_CPU_SHA, fv_sha256_avx512},
    {"shani", FV_CPU_SHA, fv_sha256_shani},
    {"avx2", FV_CPU_AVX2, fv_sha256_avx2},
#endif
    {"openssl", 0, fv_sha256_openssl},
#if defined(__aarch64__)
    {"armv8", FV_CPU_SHA2, fv_sha256_armv8},  // not timed yet
#endif
    {"portable", 0, fv_sha256_portable},
};

static const fv_sha_implementation wide[] = {
#if defined(__x86_64__)
    {"avx512", FV_CPU_AVX512, fv_sha512_avx512}, {"avx2", FV_CPU_AVX2, fv_sha512_avx2},
#endif
    {"openssl", 0, fv_sha512_openssl},
#if defined(__aarch64__)
    {"armv8", FV_CPU_SHA512, fv_sha512_armv8},  // not timed yet
#endif
    {"portable", 0, fv_sha512_portable},
};

const fv_sha_implementation *fv_sha256_implementations(size_t *count) {
    *count = sizeof narrow / sizeof *narrow;
    return narrow;
}

const fv_sha_implementation *fv_sha512_implementations(size_t *count) {
    *count = sizeof wide / sizeof *wide;
    return wide;
}

// The tables are in order of speed, and each function turns to another way where a batch is too small for its own.
static fv_sha_function *first_supported(const fv_sha_implementation *rows) {
    while (rows->features & ~fv_cpu_features()) rows++;
    return rows->batch;
}

void fv_sha256_batch(const fv_sha_message *messages, size_t count) { first_supported(narrow)(32, messages, count); }
void fv_sha384_batch(const fv_sha_message *messages, size_t count) { first_supported(wide)(48, messages, count); }
void fv_sha512_batch(const fv_sha_message *messages, size_t count) { first_supported(wide)(64, messages, count); }

void fv_sha_after_block(size_t digest_size, const uint8_t *block, fv_sha_state *state) {
    if (digest_size == 32) {
        memcpy(state->narrow, fv_sha256_initial(digest_size), sizeof state->narrow);
        fv_sha256_openssl_compress(state->narrow, block, 1);
        state->count = 64;
    } else {
        memcpy(state->wide, fv_sha512_initial(digest_size), sizeof state->wide);
        fv_sha512_openssl_compress(state->wide, block, 1);
        state->count = 128;
    }
}
