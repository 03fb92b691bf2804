// Ed25519 and Ed448 (RFC 8032 §5.1.7, §5.2.7; RFC 8037 §3.1). OpenSSL is laxer than the rule of ed25519_strict.h, so
// that stands in front; then the verdicts of this backend and of libsodium are the same.
// OpenSSL allocates 3 times per verification (fetching the hash, its context).
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "../ed25519_strict.h"
#include "../ed448_strict.h"
#include "../kernel.h"
#include "../key.h"
#include "context_pool.h"

typedef struct {
    EVP_PKEY *pkey;
    size_t signature_size;
    bool (*check)(const uint8_t *signature);
    bool once;                 // a context verifies one signature only
    fv_context_pool contexts;  // of EVP_MD_CTX
} eddsa_state;

static void destroy_context(void *context) { EVP_MD_CTX_free(context); }

static void *create_context(const void *owner) {
    const eddsa_state *state = owner;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, state->pkey) == 1) return context;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return NULL;
}

static fv_key_status prepare(const fv_key *key, size_t signature_size, bool (*check)(const uint8_t *), void **state) {
    eddsa_state *made = calloc(1, sizeof *made);
    if (!made) return FV_KEY_MEMORY;
    made->signature_size = signature_size;
    made->check = check;
    // OpenSSL 3.0 verifies any number of signatures after one Init; later releases mark the context as finished.
    made->once = OpenSSL_version_num() >= 0x30100000L;
    made->pkey = key->pkey;
    EVP_PKEY_up_ref(made->pkey);
    if (!fv_context_pool_fill(&made->contexts, made, create_context, destroy_context)) {
        EVP_PKEY_free(made->pkey);
        free(made);
        return FV_KEY_MEMORY;
    }
    *state = made;
    return FV_KEY_OK;
}

static void release(void *state) {
    eddsa_state *eddsa = state;
    fv_context_pool_drain(&eddsa->contexts);
    EVP_PKEY_free(eddsa->pkey);
    free(eddsa);
}

static bool verify_one(const eddsa_state *state, EVP_MD_CTX *context, const fv_job *job) {
    if (!context || job->signature_count != state->signature_size || !state->check(job->signature)) return false;
    if (!state->once || EVP_DigestVerifyInit(context, NULL, NULL, NULL, state->pkey) == 1) {
        // A null input of no octets would mean "more to come" to some releases.
        const uint8_t *input = job->input_count ? job->input : (const uint8_t *)"";
        if (EVP_DigestVerify(context, job->signature, job->signature_count, input, job->input_count) == 1) return true;
    }
    ERR_clear_error();
    return false;
}

static void verify(const fv_job *jobs, size_t count, uint8_t *verdicts) {
    for (size_t i = 0; i < count;) {
        const fv_prepared_key *key = jobs[i].key;
        eddsa_state *state = key->state;
        EVP_MD_CTX *context = fv_context_take(&state->contexts);
        for (; i < count && jobs[i].key == key; i++) verdicts[i] = verify_one(state, context, &jobs[i]);
        fv_context_put(&state->contexts, context);
    }
}

fv_key_status fv_openssl_ed25519_prepare(const fv_kernel *kernel, const fv_key *key, void **state) {
    return prepare(key, fv_algorithm_get(kernel->algorithm)->signature_size, fv_ed25519_check_signature, state);
}
void fv_openssl_ed25519_release(void *state) { release(state); }
void fv_openssl_ed25519_verify(const fv_job *jobs, size_t count, uint8_t *verdicts) { verify(jobs, count, verdicts); }

fv_key_status fv_openssl_ed448_prepare(const fv_kernel *kernel, const fv_key *key, void **state) {
    return prepare(key, fv_algorithm_get(kernel->algorithm)->signature_size, fv_ed448_check_signature, state);
}
void fv_openssl_ed448_release(void *state) { release(state); }
void fv_openssl_ed448_verify(const fv_job *jobs, size_t count, uint8_t *verdicts) { verify(jobs, count, verdicts); }
