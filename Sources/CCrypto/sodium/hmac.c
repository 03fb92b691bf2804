// HS256 and HS512 by libsodium, which has no HMAC with SHA-384. The state after the key is kept and copied per token.
// Its hashes are portable C, so these rows serve comparison, not speed. No allocations.
#include <sodium.h>
#include <stdlib.h>

#include "../kernel.h"
#include "../key.h"
#include "library.h"

fv_key_status fv_sodium_hmac256_prepare(const fv_kernel *kernel, const fv_key *key, void **state) {
    (void)kernel;
    crypto_auth_hmacsha256_state *made = fv_sodium_ready() ? malloc(sizeof *made) : NULL;
    if (!made) return FV_KEY_MEMORY;
    crypto_auth_hmacsha256_init(made, key->bytes, key->first_count);
    *state = made;
    return FV_KEY_OK;
}

void fv_sodium_hmac256_release(void *state) {
    sodium_memzero(state, sizeof(crypto_auth_hmacsha256_state));
    free(state);
}

void fv_sodium_hmac256_verify(const fv_job *jobs, size_t count, uint8_t *verdicts) {
    crypto_auth_hmacsha256_state work;
    uint8_t tag[crypto_auth_hmacsha256_BYTES];
    for (size_t i = 0; i < count; i++) {
        verdicts[i] = 0;
        if (jobs[i].signature_count != sizeof tag) continue;
        work = *(const crypto_auth_hmacsha256_state *)jobs[i].key->state;
        crypto_auth_hmacsha256_update(&work, jobs[i].input, jobs[i].input_count);
        crypto_auth_hmacsha256_final(&work, tag);
        verdicts[i] = sodium_memcmp(tag, jobs[i].signature, sizeof tag) == 0;
    }
    sodium_memzero(&work, sizeof work);
    sodium_memzero(tag, sizeof tag);
}

fv_key_status fv_sodium_hmac512_prepare(const fv_kernel *kernel, const fv_key *key, void **state) {
    (void)kernel;
    crypto_auth_hmacsha512_state *made = fv_sodium_ready() ? malloc(sizeof *made) : NULL;
    if (!made) return FV_KEY_MEMORY;
    crypto_auth_hmacsha512_init(made, key->bytes, key->first_count);
    *state = made;
    return FV_KEY_OK;
}

void fv_sodium_hmac512_release(void *state) {
    sodium_memzero(state, sizeof(crypto_auth_hmacsha512_state));
    free(state);
}

void fv_sodium_hmac512_verify(const fv_job *jobs, size_t count, uint8_t *verdicts) {
    crypto_auth_hmacsha512_state work;
    uint8_t tag[crypto_auth_hmacsha512_BYTES];
    for (size_t i = 0; i < count; i++) {
        verdicts[i] = 0;
        if (jobs[i].signature_count != sizeof tag) continue;
        work = *(const crypto_auth_hmacsha512_state *)jobs[i].key->state;
        crypto_auth_hmacsha512_update(&work, jobs[i].input, jobs[i].input_count);
        crypto_auth_hmacsha512_final(&work, tag);
        verdicts[i] = sodium_memcmp(tag, jobs[i].signature, sizeof tag) == 0;
    }
    sodium_memzero(&work, sizeof work);
    sodium_memzero(tag, sizeof tag);
}
