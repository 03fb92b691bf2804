// Signing (RFC 7518 §3, RFC 8037 §3.1, RFC 8812 §3.2). Not the hot path: contexts are made per signature.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "digest.h"
#include "signing_key.h"

// ECDSA-Sig-Value to r and s side by side (RFC 7518 §3.4).
static size_t flatten(const uint8_t *der, size_t der_count, size_t size, uint8_t *out) {
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)der_count);
    const int half = (int)(size / 2);
    const bool good = signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, half) == half &&
                      BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + half, half) == half;
    ECDSA_SIG_free(signature);
    return good ? size : 0;
}

static bool is_pss(fv_algorithm algorithm) {
    return algorithm == FV_PS256 || algorithm == FV_PS384 || algorithm == FV_PS512;
}

static size_t sign(const fv_signing_key *key, fv_algorithm algorithm, const fv_algorithm_info *info,
                   const uint8_t *input, size_t count, uint8_t *out) {
    const bool edwards = key->type == FV_KEY_ED25519 || key->type == FV_KEY_ED448;
    const bool rsa = key->type == FV_KEY_RSA;
    const EVP_MD *md = edwards ? NULL : fv_digest_method(info->hash_size);
    uint8_t der[160];  // two INTEGERs of at most 67 octets, headers: 141
    uint8_t *target = edwards || rsa ? out : der;
    size_t written = edwards || rsa ? FV_SIGNATURE_MAX : sizeof der;
    EVP_PKEY_CTX *parameters = NULL;  // belongs to the context
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestSignInit(context, &parameters, md, NULL, key->pkey) == 1;
    if (good && rsa) {
        const bool pss = is_pss(algorithm);
        good = EVP_PKEY_CTX_set_rsa_padding(parameters, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1;
        // MGF1 uses the hash of the message unless told otherwise.
        if (good && pss) good = EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, info->hash_size) == 1;
    }
    good = good && EVP_DigestSign(context, target, &written, input, count) == 1;
    EVP_MD_CTX_free(context);
    if (!good) return 0;
    return target == out ? written : flatten(der, written, info->signature_size, out);
}

size_t fv_sign(const fv_signing_key *key, fv_algorithm algorithm, const uint8_t *input, size_t count,
               uint8_t out[FV_SIGNATURE_MAX]) {
    const fv_algorithm_info *info = fv_algorithm_get(algorithm);
    if (!info || info->key_type != key->type) return 0;
    if (count == 0) input = (const uint8_t *)"";
    size_t size = 0;
    if (key->type != FV_KEY_SECRET) {
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
