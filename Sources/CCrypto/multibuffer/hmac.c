// HS256, HS384 and HS512 (RFC 2104, RFC 7518 §3.2) of many tokens side by side. The states after the padded key are
// prepared once per key; a token's outer hash follows its inner one in the same lane, so a batch has no second pass.
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "../kernel.h"
#include "../key.h"
#include "../openssl/digest.h"
#include "sha2.h"

typedef struct {
    size_t hash_size;
    fv_sha_state inner, outer;
} hmac_state;

static fv_key_status prepare(const fv_kernel *kernel, const fv_key *key, void **state) {
    const size_t hash_size = fv_algorithm_get(kernel->algorithm)->hash_size;
    const size_t block_size = hash_size == 32 ? 64 : 128;
    hmac_state *made = malloc(sizeof *made);
    if (!made) return FV_KEY_MEMORY;
    made->hash_size = hash_size;
    uint8_t block[128] = {0};
    // RFC 2104 §2: a key longer than a block is replaced by its hash.
    if (key->first_count > block_size)
        fv_digest(hash_size, key->bytes, key->first_count, block);
    else
        memcpy(block, key->bytes, key->first_count);
    for (size_t i = 0; i < block_size; i++) block[i] ^= 0x36;
    fv_sha_after_block(hash_size, block, &made->inner);
    for (size_t i = 0; i < block_size; i++) block[i] ^= 0x36 ^ 0x5c;
    fv_sha_after_block(hash_size, block, &made->outer);
    OPENSSL_cleanse(block, sizeof block);
    *state = made;
    return FV_KEY_OK;
}

static void release(void *state) {
    OPENSSL_cleanse(state, sizeof(hmac_state));
    free(state);
}

// Tokens worked on at once: what is on the stack, and few enough for it to stay in the first-level cache. The lanes
// run dry once per chunk, so it is many times their number.
enum { CHUNK = 256 };

typedef struct {
    fv_sha_message messages[CHUNK];
    uint64_t tags[CHUNK][FV_DIGEST_MAX / 8];
} hmac_scratch;

/// Security row 25: every octet is looked at, wherever the first difference is. `size` is a multiple of 8.
static uint8_t equal(const uint64_t *tag, const uint8_t *signature, size_t size) {
    uint64_t difference = 0;
    for (size_t i = 0; i < size / 8; i++) {
        uint64_t word;
        memcpy(&word, signature + 8 * i, 8);
        difference |= tag[i] ^ word;
    }
    return difference == 0;
}

static void verify_chunk(const fv_job *jobs, size_t count, uint8_t *verdicts, size_t hash_size, fv_sha_function *batch,
                         hmac_scratch *scratch) {
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (jobs[i].signature_count != hash_size) continue;
        const hmac_state *state = jobs[i].key->state;
        scratch->messages[used] = (fv_sha_message){
            .start = &state->inner,
            .segments = {{jobs[i].input, jobs[i].input_count}},
            .outer = &state->outer,
            .digest = (uint8_t *)scratch->tags[used],
        };
        used++;
    }
    batch(hash_size, scratch->messages, used);
    used = 0;
    for (size_t i = 0; i < count; i++) {
        verdicts[i] = 0;
        if (jobs[i].signature_count != hash_size) continue;
        verdicts[i] = equal(scratch->tags[used++], jobs[i].signature, hash_size);
    }
    // A tag is what only the owner of the secret can compute.
    OPENSSL_cleanse(scratch->tags, used * sizeof *scratch->tags);
}

// All keys of a batch were prepared for one kernel, so for one algorithm.
static void verify(const fv_job *jobs, size_t count, uint8_t *verdicts, fv_sha_function *narrow,
                   fv_sha_function *wide) {
    hmac_scratch scratch;
    const size_t hash_size = count ? ((const hmac_state *)jobs[0].key->state)->hash_size : 0;
    for (size_t done = 0; done < count; done += CHUNK)
        verify_chunk(jobs + done, count - done < CHUNK ? count - done : CHUNK, verdicts + done, hash_size,
                     hash_size == 32 ? narrow : wide, &scratch);
}

#define HMAC_KERNEL(stem, narrow, wide)                                                      \
    fv_key_status stem##_prepare(const fv_kernel *kernel, const fv_key *key, void **state) { \
        return prepare(kernel, key, state);                                                  \
    }                                                                                        \
    void stem##_release(void *state) { release(state); }                                     \
    void stem##_verify(const fv_job *jobs, size_t count, uint8_t *verdicts) {                \
        verify(jobs, count, verdicts, narrow, wide);                                         \
    }

HMAC_KERNEL(fv_multibuffer_hmac_scalar, fv_sha256_portable, fv_sha512_portable)
#if defined(__x86_64__)
HMAC_KERNEL(fv_multibuffer_hmac_avx512, fv_sha256_avx512, fv_sha512_avx512)
HMAC_KERNEL(fv_multibuffer_hmac_shani, fv_sha256_shani, fv_sha512_openssl)
HMAC_KERNEL(fv_multibuffer_hmac_avx2, fv_sha256_avx2, fv_sha512_avx2)
#endif
#if defined(__aarch64__)
HMAC_KERNEL(fv_multibuffer_hmac_armv8, fv_sha256_armv8, fv_sha512_armv8)
#endif
