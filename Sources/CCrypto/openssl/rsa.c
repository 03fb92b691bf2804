// RS256…RS512 and PS256…PS512 (RFC 8017 §8.2.2, §8.1.2; RFC 7518 §3.3, §3.5).
//
// A context is set up once with padding and hash and then verifies digests; EVP_DigestVerifyInit per token would cost
// 19 % of an RSA-2048 check. OpenSSL's PKCS#1 v1.5 check builds the expected encoding and compares all of it.
// OpenSSL 3.0 allocates per verification: 12 times for PKCS#1 v1.5, 17 to 21 times for PSS (numbers, work buffers,
// MGF1).
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "../kernel.h"
#include "../key.h"
#include "context_pool.h"
#include "digest.h"

typedef struct {
    EVP_PKEY *pkey;
    bool pss;
    size_t hash_size, modulus_size;
    fv_context_pool contexts;  // of EVP_PKEY_CTX
} rsa_state;

static void destroy_context(void *context) { EVP_PKEY_CTX_free(context); }

static void *create_context(const void *owner) {
    const rsa_state *state = owner;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, state->pkey, NULL);
    const EVP_MD *md = fv_digest_method(state->hash_size);
    bool good = context && EVP_PKEY_verify_init(context) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(context, state->pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_CTX_set_signature_md(context, md) == 1;
    // The salt is as long as the hash (RFC 7518 §3.5); OpenSSL's default takes any length.
    if (good && state->pss)
        good = EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(context, (int)state->hash_size) == 1;
    if (good) return context;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return NULL;
}

fv_key_status fv_openssl_rsa_prepare(const fv_kernel *kernel, const fv_key *key, void **state) {
    rsa_state *made = calloc(1, sizeof *made);
    if (!made) return FV_KEY_MEMORY;
    made->pss = kernel->algorithm == FV_PS256 || kernel->algorithm == FV_PS384 || kernel->algorithm == FV_PS512;
    made->hash_size = fv_algorithm_get(kernel->algorithm)->hash_size;
    made->modulus_size = key->first_count;
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

void fv_openssl_rsa_release(void *state) {
    rsa_state *rsa = state;
    fv_context_pool_drain(&rsa->contexts);
    EVP_PKEY_free(rsa->pkey);
    free(rsa);
}

static bool verify_one(const rsa_state *state, EVP_PKEY_CTX *context, const fv_job *job) {
    // Neither stripped nor added zeros: RFC 8017 §8.2.2 step 1.
    if (!context || job->signature_count != state->modulus_size) return false;
    uint8_t digest[FV_DIGEST_MAX];
    fv_digest(state->hash_size, job->input, job->input_count, digest);
    if (EVP_PKEY_verify(context, job->signature, job->signature_count, digest, state->hash_size) == 1) return true;
    ERR_clear_error();
    return false;
}

void fv_openssl_rsa_verify(const fv_job *jobs, size_t count, uint8_t *verdicts) {
    for (size_t i = 0; i < count;) {
        const fv_prepared_key *key = jobs[i].key;
        rsa_state *state = key->state;
        EVP_PKEY_CTX *context = fv_context_take(&state->contexts);
        for (; i < count && jobs[i].key == key; i++) verdicts[i] = verify_one(state, context, &jobs[i]);
        fv_context_put(&state->contexts, context);
    }
}
