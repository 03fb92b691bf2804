// HS256, HS384, HS512 (RFC 2104, RFC 7518 §3.2). The states after the padded key are computed once per key and copied
// per token: no allocation, and two compressions fewer. digest.h says why the low-level functions.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "../kernel.h"
#include "../key.h"
#include "digest.h"

typedef union {
    SHA256_CTX narrow;
    SHA512_CTX wide;  // SHA-384 and SHA-512
} sha_state;

typedef struct {
    size_t hash_size;
    sha_state inner, outer;
} hmac_state;

static void start(size_t hash_size, sha_state *state) {
    if (hash_size == 32)
        SHA256_Init(&state->narrow);
    else if (hash_size == 48)
        SHA384_Init(&state->wide);
    else
        SHA512_Init(&state->wide);
}

static void update(size_t hash_size, sha_state *state, const uint8_t *bytes, size_t count) {
    if (hash_size == 32)
        SHA256_Update(&state->narrow, bytes, count);
    else
        SHA512_Update(&state->wide, bytes, count);
}

static void finish(size_t hash_size, sha_state *state, uint8_t out[FV_DIGEST_MAX]) {
    if (hash_size == 32)
        SHA256_Final(out, &state->narrow);
    else
        SHA512_Final(out, &state->wide);
}

fv_key_status fv_openssl_hmac_prepare(const fv_kernel *kernel, const fv_key *key, void **state) {
    const size_t hash_size = fv_algorithm_get(kernel->algorithm)->hash_size;
    const size_t block_size = hash_size == 32 ? 64 : 128;
    hmac_state *made = malloc(sizeof *made);
    if (!made) return FV_KEY_MEMORY;
    made->hash_size = hash_size;
    uint8_t block[128] = {0};
    // A key longer than a block is replaced by its hash.
    if (key->first_count > block_size)
        fv_digest(hash_size, key->bytes, key->first_count, block);
    else
        memcpy(block, key->bytes, key->first_count);
    for (size_t i = 0; i < block_size; i++) block[i] ^= 0x36;
    start(hash_size, &made->inner);
    update(hash_size, &made->inner, block, block_size);
    for (size_t i = 0; i < block_size; i++) block[i] ^= 0x36 ^ 0x5c;
    start(hash_size, &made->outer);
    update(hash_size, &made->outer, block, block_size);
    OPENSSL_cleanse(block, sizeof block);
    *state = made;
    return FV_KEY_OK;
}

void fv_openssl_hmac_release(void *state) {
    OPENSSL_cleanse(state, sizeof(hmac_state));
    free(state);
}

void fv_openssl_hmac_verify(const fv_job *jobs, size_t count, uint8_t *verdicts) {
    sha_state work;
    uint8_t tag[FV_DIGEST_MAX];
    for (size_t i = 0; i < count; i++) {
        const hmac_state *state = jobs[i].key->state;
        const size_t size = state->hash_size;
        verdicts[i] = 0;
        if (jobs[i].signature_count != size) continue;
        work = state->inner;
        update(size, &work, jobs[i].input, jobs[i].input_count);
        finish(size, &work, tag);
        work = state->outer;
        update(size, &work, tag, size);
        finish(size, &work, tag);
        verdicts[i] = CRYPTO_memcmp(tag, jobs[i].signature, size) == 0;
    }
    // Both hold what only the owner of the secret can compute.
    OPENSSL_cleanse(&work, sizeof work);
    OPENSSL_cleanse(tag, sizeof tag);
}
