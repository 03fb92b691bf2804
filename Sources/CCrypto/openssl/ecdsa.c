// ES256, ES384, ES512, ES256K (RFC 7518 §3.4, RFC 8812 §3.2): r and s side by side, each as long as the field.
//
// ECDSA_do_verify on an EC_KEY instead of EVP_PKEY_verify: the latter wants DER, parses it, encodes it again to
// compare, and allocates 13 times more per signature (P-256: 35 against 22; up to 7 % slower). It is deprecated since
// 3.0. What is not safe to share is only the pair of numbers, so that is what the pool keeps.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "../kernel.h"
#include "../key.h"
#include "context_pool.h"
#include "digest.h"

enum { SIZE_MAX_COORDINATE = 66 };

typedef struct {
    EC_KEY *key;
    size_t hash_size, coordinate_size;
    uint8_t order[SIZE_MAX_COORDINATE];  // of the group, as long as a coordinate
    fv_context_pool contexts;            // of signature_numbers
} ecdsa_state;

typedef struct {
    ECDSA_SIG *signature;
    BIGNUM *r, *s;  // owned by `signature`, which gives them back as const only
} signature_numbers;

static void destroy_numbers(void *context) {
    signature_numbers *numbers = context;
    ECDSA_SIG_free(numbers->signature);
    free(numbers);
}

static void *create_numbers(const void *owner) {
    (void)owner;
    signature_numbers *numbers = malloc(sizeof *numbers);
    if (!numbers) return NULL;
    *numbers = (signature_numbers){ECDSA_SIG_new(), BN_new(), BN_new()};
    if (numbers->signature && numbers->r && numbers->s && ECDSA_SIG_set0(numbers->signature, numbers->r, numbers->s))
        return numbers;
    BN_free(numbers->r);
    BN_free(numbers->s);
    destroy_numbers(numbers);
    ERR_clear_error();
    return NULL;
}

fv_key_status fv_openssl_ecdsa_prepare(const fv_kernel *kernel, const fv_key *key, void **state) {
    ecdsa_state *made = calloc(1, sizeof *made);
    if (!made) return FV_KEY_MEMORY;
    made->hash_size = fv_algorithm_get(kernel->algorithm)->hash_size;
    made->coordinate_size = key->first_count;
    const BIGNUM *order = EC_GROUP_get0_order(EC_KEY_get0_group(key->ec));
    if (BN_bn2binpad(order, made->order, (int)made->coordinate_size) < 0 ||
        !fv_context_pool_fill(&made->contexts, made, create_numbers, destroy_numbers)) {
        free(made);
        return FV_KEY_MEMORY;
    }
    made->key = key->ec;
    EC_KEY_up_ref(made->key);
    *state = made;
    return FV_KEY_OK;
}

void fv_openssl_ecdsa_release(void *state) {
    ecdsa_state *ecdsa = state;
    fv_context_pool_drain(&ecdsa->contexts);
    EC_KEY_free(ecdsa->key);
    free(ecdsa);
}

// 1 … n - 1. OpenSSL checks this too; here it costs nothing and does not depend on its release (CVE-2022-21449).
static bool is_in_range(const ecdsa_state *state, const uint8_t *number) {
    static const uint8_t zero[SIZE_MAX_COORDINATE];
    return memcmp(number, zero, state->coordinate_size) != 0 &&
           memcmp(number, state->order, state->coordinate_size) < 0;
}

static bool verify_one(const ecdsa_state *state, const signature_numbers *numbers, const fv_job *job) {
    const size_t size = state->coordinate_size;
    if (!numbers || job->signature_count != 2 * size) return false;
    const uint8_t *r = job->signature, *s = job->signature + size;
    if (!is_in_range(state, r) || !is_in_range(state, s)) return false;
    uint8_t digest[FV_DIGEST_MAX];
    fv_digest(state->hash_size, job->input, job->input_count, digest);
    if (BN_bin2bn(r, (int)size, numbers->r) && BN_bin2bn(s, (int)size, numbers->s) &&
        ECDSA_do_verify(digest, (int)state->hash_size, numbers->signature, state->key) == 1)
        return true;
    ERR_clear_error();
    return false;
}

void fv_openssl_ecdsa_verify(const fv_job *jobs, size_t count, uint8_t *verdicts) {
    for (size_t i = 0; i < count;) {
        const fv_prepared_key *key = jobs[i].key;
        ecdsa_state *state = key->state;
        signature_numbers *numbers = fv_context_take(&state->contexts);
        for (; i < count && jobs[i].key == key; i++) verdicts[i] = verify_one(state, numbers, &jobs[i]);
        fv_context_put(&state->contexts, numbers);
    }
}
