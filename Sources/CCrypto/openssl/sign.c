// Signing (RFC 7518 §3, RFC 8037 §3.1, RFC 8812 §3.2); deterministic but for PSS. Not the hot path: contexts are made
// per signature.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "../key.h"
#include "digest.h"
#include "sign_ecdsa.h"
#include "signing_key.h"

static bool is_pss(fv_algorithm algorithm) {
    return algorithm == FV_PS256 || algorithm == FV_PS384 || algorithm == FV_PS512;
}

// RSA and the Edwards curves.
static size_t sign(const fv_signing_key *key, fv_algorithm algorithm, const fv_algorithm_info *info,
                   const uint8_t *input, size_t count, uint8_t *out) {
    const bool rsa = key->type == FV_KEY_RSA;
    const EVP_MD *md = rsa ? fv_digest_method(info->hash_size) : NULL;
    size_t written = FV_SIGNATURE_MAX;
    EVP_PKEY_CTX *parameters = NULL;  // belongs to the context
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestSignInit(context, &parameters, md, NULL, key->pkey) == 1;
    if (good && rsa) {
        const bool pss = is_pss(algorithm);
        good = EVP_PKEY_CTX_set_rsa_padding(parameters, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1;
        // MGF1 uses the hash of the message unless told otherwise.
        if (good && pss) good = EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, info->hash_size) == 1;
    }
    good = good && EVP_DigestSign(context, out, &written, input, count) == 1;
    EVP_MD_CTX_free(context);
    return good ? written : 0;
}

size_t fv_sign(const fv_signing_key *key, fv_algorithm algorithm, const uint8_t *input, size_t count,
               uint8_t out[FV_SIGNATURE_MAX]) {
    const fv_algorithm_info *info = fv_algorithm_get(algorithm);
    if (!info || info->key_type != key->type) return 0;
    if (count == 0) input = (const uint8_t *)"";
    size_t size = 0;
    if (fv_curve_nid(key->type)) {
        uint8_t digest[FV_DIGEST_MAX];
        fv_digest(info->hash_size, input, count, digest);
        size = fv_sign_ecdsa(key->pkey, info, digest, out);
    } else if (key->type != FV_KEY_SECRET) {
        size = sign(key, algorithm, info, input, count, out);
    } else if (key->secret_count >= info->hash_size) {
        unsigned written = 0;
        // secret_count is at most FV_SECRET_MAX.
        if (HMAC(fv_digest_method(info->hash_size), key->secret, (int)key->secret_count, input, count, out, &written))
            size = written;
    }
    ERR_clear_error();
    return size;
}
