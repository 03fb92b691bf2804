// ECDSA with the nonce of RFC 6979: a weak generator of random numbers cannot give the key away. OpenSSL 3.0 has no
// such mode. Only the nonce is ours; the point, the inverse and s are computed by OpenSSL's constant-time functions.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "sign_ecdsa.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "digest.h"

enum { OCTETS_MAX = 66 };  // of an order: P-521

// K and V of RFC 6979 §3.2.
typedef struct {
    const EVP_MD *md;
    size_t size;
    uint8_t key[FV_DIGEST_MAX], value[FV_DIGEST_MAX];
} nonce_generator;

// K = HMAC_K(V || separator || extra), V = HMAC_K(V): steps d to g, and the end of step h.
static bool update(nonce_generator *generator, uint8_t separator, const uint8_t *extra, size_t count) {
    uint8_t text[FV_DIGEST_MAX + 1 + 2 * OCTETS_MAX];
    const size_t size = generator->size;
    memcpy(text, generator->value, size);
    text[size] = separator;
    if (count) memcpy(text + size + 1, extra, count);
    const bool good = HMAC(generator->md, generator->key, (int)size, text, size + 1 + count, generator->key, NULL) &&
                      HMAC(generator->md, generator->key, (int)size, generator->value, size, generator->value, NULL);
    OPENSSL_cleanse(text, sizeof text);
    return good;
}

// Steps a to g: from the private key x and the digest.
static bool start(nonce_generator *generator, const fv_algorithm_info *info, const BIGNUM *x, const BIGNUM *order,
                  const uint8_t *digest, BN_CTX *context) {
    const int octets = BN_num_bytes(order);
    uint8_t seed[2 * OCTETS_MAX];
    generator->md = fv_digest_method(info->hash_size);
    generator->size = info->hash_size;
    memset(generator->value, 1, sizeof generator->value);
    memset(generator->key, 0, sizeof generator->key);
    BIGNUM *e = BN_new();
    // bits2octets: no digest of ours is longer than its order, so no bit is dropped.
    const bool good = e && BN_bin2bn(digest, (int)info->hash_size, e) && BN_nnmod(e, e, order, context) &&
                      BN_bn2binpad(x, seed, octets) == octets && BN_bn2binpad(e, seed + octets, octets) == octets &&
                      update(generator, 0, seed, 2 * (size_t)octets) && update(generator, 1, seed, 2 * (size_t)octets);
    OPENSSL_cleanse(seed, sizeof seed);
    BN_free(e);
    return good;
}

// Step h: the next k from 1 to order - 1.
static bool next(nonce_generator *generator, const BIGNUM *order, BIGNUM *k) {
    const int octets = BN_num_bytes(order), excess = 8 * octets - BN_num_bits(order);
    uint8_t text[OCTETS_MAX + FV_DIGEST_MAX];
    bool good;
    do {
        size_t count = 0;
        good = true;
        while (good && count < (size_t)octets) {
            good = HMAC(generator->md, generator->key, (int)generator->size, generator->value, generator->size,
                        generator->value, NULL);
            memcpy(text + count, generator->value, generator->size);
            count += generator->size;
        }
        good = good && BN_bin2bn(text, octets, k) && BN_rshift(k, k, excess) && update(generator, 0, NULL, 0);
    } while (good && (BN_is_zero(k) || BN_cmp(k, order) >= 0));
    OPENSSL_cleanse(text, sizeof text);
    return good;
}

// r = x(k G) mod order, inverse = k^(order - 2) mod order.
static bool commit(const EC_GROUP *group, const BIGNUM *order, const BIGNUM *k, BIGNUM *r, BIGNUM *inverse,
                   BN_CTX *context) {
    EC_POINT *point = EC_POINT_new(group);
    BIGNUM *exponent = BN_dup(order);
    const bool good = point && exponent && EC_POINT_mul(group, point, k, NULL, NULL, context) &&
                      EC_POINT_get_affine_coordinates(group, point, r, NULL, context) &&
                      BN_nnmod(r, r, order, context) && BN_sub_word(exponent, 2) &&
                      BN_mod_exp_mont_consttime(inverse, k, exponent, order, context, EC_GROUP_get_mont_data(group));
    EC_POINT_clear_free(point);
    BN_free(exponent);
    return good;
}

size_t fv_sign_ecdsa(const EVP_PKEY *pkey, const fv_algorithm_info *info, const uint8_t *digest, uint8_t *out) {
    const EC_KEY *key = EVP_PKEY_get0_EC_KEY(pkey);
    const EC_GROUP *group = key ? EC_KEY_get0_group(key) : NULL;
    const BIGNUM *order = group ? EC_GROUP_get0_order(group) : NULL;
    const int half = (int)(info->signature_size / 2);
    nonce_generator generator;
    BN_CTX *context = BN_CTX_secure_new();
    BIGNUM *k = BN_secure_new(), *inverse = BN_secure_new(), *r = BN_new();
    ECDSA_SIG *signature = NULL;
    if (order && context && k && inverse && r &&
        start(&generator, info, EC_KEY_get0_private_key(key), order, digest, context)) {
        BN_set_flags(k, BN_FLG_CONSTTIME);
        // r or s of zero needs the next nonce (step h.3). Nobody has ever seen one; whatever fails three times fails
        // for another reason.
        for (int i = 0; i < 3 && !signature; i++)
            if (next(&generator, order, k) && commit(group, order, k, r, inverse, context) && !BN_is_zero(r))
                signature = ECDSA_do_sign_ex(digest, (int)info->hash_size, inverse, r, (EC_KEY *)key);
    }
    const bool good = signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, half) == half &&
                      BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + half, half) == half;
    ECDSA_SIG_free(signature);
    BN_free(r);
    BN_clear_free(inverse);
    BN_clear_free(k);
    BN_CTX_free(context);
    OPENSSL_cleanse(&generator, sizeof generator);
    return good ? info->signature_size : 0;
}
