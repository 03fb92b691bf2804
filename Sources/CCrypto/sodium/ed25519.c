// Ed25519 by libsodium. 1.0.18 obeys ed25519_strict.h by itself; other releases need not, so the rule stands in front
// here as well. No allocations.
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "../ed25519_strict.h"
#include "../kernel.h"
#include "../key.h"
#include "library.h"

typedef struct {
    uint8_t key[crypto_sign_ed25519_PUBLICKEYBYTES];
} ed25519_state;

fv_key_status fv_sodium_ed25519_prepare(const fv_kernel *kernel, const fv_key *key, void **state) {
    (void)kernel;
    if (!fv_sodium_ready()) return FV_KEY_MEMORY;
    ed25519_state *made = malloc(sizeof *made);
    if (!made) return FV_KEY_MEMORY;
    memcpy(made->key, key->bytes, sizeof made->key);
    *state = made;
    return FV_KEY_OK;
}

void fv_sodium_ed25519_release(void *state) { free(state); }

void fv_sodium_ed25519_verify(const fv_job *jobs, size_t count, uint8_t *verdicts) {
    for (size_t i = 0; i < count; i++) {
        const fv_job *job = &jobs[i];
        const ed25519_state *state = job->key->state;
        verdicts[i] =
            job->signature_count == crypto_sign_ed25519_BYTES && fv_ed25519_check_signature(job->signature) &&
            crypto_sign_ed25519_verify_detached(job->signature, job->input, job->input_count, state->key) == 0;
    }
}
