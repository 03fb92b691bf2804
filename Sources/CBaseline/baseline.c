#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "cbaseline.h"

typedef enum { HMAC_TAG, RSA_PKCS1, RSA_PSS, ECDSA, EDDSA } family;

/// What one call of the bare check is given: a digest, or the message where OpenSSL hashes it itself.
typedef struct {
    uint8_t *message;
    size_t message_count;
    uint8_t *signature;
    size_t signature_count;
} item;

struct baseline {
    family family;
    const EVP_MD *digest;
    EVP_PKEY *key;
    EVP_PKEY_CTX *verify;  // RSA and ECDSA
    EVP_MD_CTX *one_shot;  // EdDSA
    EVP_MAC *mac;
    EVP_MAC_CTX *tag;
    item *items;
    size_t count, capacity;
};

typedef struct {
    const char *algorithm;
    family family;
    const char *digest;
    const char *type;   // what EVP_PKEY_CTX_new_from_name takes
    const char *group;  // of elliptic curves
} row;

static const row rows[] = {
    {"HS256", HMAC_TAG, "SHA256", NULL, NULL},      {"HS384", HMAC_TAG, "SHA384", NULL, NULL},
    {"HS512", HMAC_TAG, "SHA512", NULL, NULL},      {"RS256", RSA_PKCS1, "SHA256", "RSA", NULL},
    {"RS384", RSA_PKCS1, "SHA384", "RSA", NULL},    {"RS512", RSA_PKCS1, "SHA512", "RSA", NULL},
    {"PS256", RSA_PSS, "SHA256", "RSA", NULL},      {"PS384", RSA_PSS, "SHA384", "RSA", NULL},
    {"PS512", RSA_PSS, "SHA512", "RSA", NULL},      {"ES256", ECDSA, "SHA256", "EC", "P-256"},
    {"ES384", ECDSA, "SHA384", "EC", "P-384"},      {"ES512", ECDSA, "SHA512", "EC", "P-521"},
    {"ES256K", ECDSA, "SHA256", "EC", "secp256k1"}, {"Ed25519", EDDSA, NULL, "ED25519", NULL},
    {"Ed448", EDDSA, NULL, "ED448", NULL},
};

static const row *row_of(const char *algorithm) {
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].algorithm, algorithm) == 0) return &rows[i];
    return NULL;
}

static int push_rsa(OSSL_PARAM_BLD *build, const uint8_t *n, size_t n_count, const uint8_t *e, size_t e_count,
                    BIGNUM *numbers[2]) {
    numbers[0] = BN_bin2bn(n, (int)n_count, NULL);
    numbers[1] = BN_bin2bn(e, (int)e_count, NULL);
    return numbers[0] != NULL && numbers[1] != NULL &&
           OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, numbers[0]) &&
           OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, numbers[1]);
}

static int push_point(OSSL_PARAM_BLD *build, const row *row, const uint8_t *x, size_t x_count, const uint8_t *y,
                      size_t y_count, uint8_t point[256]) {
    if (x_count + y_count > 255) return 0;
    point[0] = 4;
    memcpy(point + 1, x, x_count);
    memcpy(point + 1 + x_count, y, y_count);
    return OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, row->group, 0) &&
           OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + x_count + y_count);
}

static EVP_PKEY *import(const row *row, const uint8_t *first, size_t first_count, const uint8_t *second,
                        size_t second_count) {
    EVP_PKEY *key = NULL;
    BIGNUM *numbers[2] = {NULL, NULL};
    uint8_t point[256];
    OSSL_PARAM *parameters = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, row->type, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (context != NULL && build != NULL) {
        int pushed = row->family == ECDSA ? push_point(build, row, first, first_count, second, second_count, point)
                     : row->family == EDDSA
                         ? OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, first, first_count)
                         : push_rsa(build, first, first_count, second, second_count, numbers);
        if (pushed) parameters = OSSL_PARAM_BLD_to_param(build);
        if (parameters == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
            EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
            key = NULL;
    }
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(build);
    BN_free(numbers[0]);
    BN_free(numbers[1]);
    EVP_PKEY_CTX_free(context);
    return key;
}

static int initialise(baseline *checker, const row *row, const uint8_t *secret, size_t secret_count) {
    switch (row->family) {
        case HMAC_TAG: {
            OSSL_PARAM parameters[2] = {
                OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)row->digest, 0),
                OSSL_PARAM_construct_end()};
            checker->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
            checker->tag = EVP_MAC_CTX_new(checker->mac);
            return checker->tag != NULL && EVP_MAC_init(checker->tag, secret, secret_count, parameters) == 1;
        }
        case EDDSA:
            checker->one_shot = EVP_MD_CTX_new();
            return checker->one_shot != NULL &&
                   EVP_DigestVerifyInit(checker->one_shot, NULL, NULL, NULL, checker->key) == 1;
        default:
            checker->verify = EVP_PKEY_CTX_new_from_pkey(NULL, checker->key, NULL);
            if (checker->verify == NULL || EVP_PKEY_verify_init(checker->verify) != 1) return 0;
            if (row->family == ECDSA) return 1;
            if (row->family == RSA_PKCS1)
                return EVP_PKEY_CTX_set_rsa_padding(checker->verify, RSA_PKCS1_PADDING) == 1 &&
                       EVP_PKEY_CTX_set_signature_md(checker->verify, checker->digest) == 1;
            return EVP_PKEY_CTX_set_rsa_padding(checker->verify, RSA_PKCS1_PSS_PADDING) == 1 &&
                   EVP_PKEY_CTX_set_signature_md(checker->verify, checker->digest) == 1 &&
                   EVP_PKEY_CTX_set_rsa_pss_saltlen(checker->verify, RSA_PSS_SALTLEN_DIGEST) == 1;
    }
}

baseline *baseline_create(const char *algorithm, const uint8_t *first, size_t first_count, const uint8_t *second,
                          size_t second_count) {
    const row *row = row_of(algorithm);
    baseline *checker = row == NULL ? NULL : calloc(1, sizeof *checker);
    if (checker == NULL) return NULL;
    checker->family = row->family;
    if (row->digest != NULL) checker->digest = EVP_get_digestbyname(row->digest);
    if (row->type != NULL) checker->key = import(row, first, first_count, second, second_count);
    if ((row->type == NULL || checker->key != NULL) && initialise(checker, row, first, first_count)) return checker;
    ERR_clear_error();
    baseline_free(checker);
    return NULL;
}

void baseline_free(baseline *checker) {
    if (checker == NULL) return;
    for (size_t i = 0; i < checker->count; i++) {
        free(checker->items[i].message);
        free(checker->items[i].signature);
    }
    free(checker->items);
    EVP_PKEY_CTX_free(checker->verify);
    EVP_MD_CTX_free(checker->one_shot);
    EVP_MAC_CTX_free(checker->tag);
    EVP_MAC_free(checker->mac);
    EVP_PKEY_free(checker->key);
    free(checker);
}

static uint8_t *copy(const uint8_t *bytes, size_t count) {
    uint8_t *out = malloc(count == 0 ? 1 : count);
    if (out != NULL && count != 0) memcpy(out, bytes, count);
    return out;
}

/// r and s side by side become the DER sequence that OpenSSL takes.
static uint8_t *der(const uint8_t *signature, size_t count, size_t *der_count) {
    uint8_t *out = NULL;
    int size = -1;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, (int)(count / 2), NULL);
    BIGNUM *s = BN_bin2bn(signature + count / 2, (int)(count / 2), NULL);
    if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
        size = i2d_ECDSA_SIG(pair, &out);
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(pair);
    uint8_t *result = size > 0 ? copy(out, (size_t)size) : NULL;
    *der_count = size > 0 ? (size_t)size : 0;
    OPENSSL_free(out);
    return result;
}

int baseline_add(baseline *checker, const uint8_t *message, size_t message_count, const uint8_t *signature,
                 size_t signature_count) {
    if (checker->count == checker->capacity) {
        size_t capacity = checker->capacity == 0 ? 256 : checker->capacity * 2;
        item *items = realloc(checker->items, capacity * sizeof *items);
        if (items == NULL) return 0;
        checker->items = items;
        checker->capacity = capacity;
    }
    item item = {NULL, message_count, NULL, signature_count};
    if (checker->family == HMAC_TAG || checker->family == EDDSA) {
        item.message = copy(message, message_count);
    } else {
        unsigned size = 0;
        uint8_t hash[EVP_MAX_MD_SIZE];
        if (EVP_Digest(message, message_count, hash, &size, checker->digest, NULL) == 1)
            item.message = copy(hash, size);
        item.message_count = size;
    }
    item.signature = checker->family == ECDSA ? der(signature, signature_count, &item.signature_count)
                                              : copy(signature, signature_count);
    if (item.message == NULL || item.signature == NULL) {
        free(item.message);
        free(item.signature);
        return 0;
    }
    checker->items[checker->count++] = item;
    return 1;
}

size_t baseline_count(const baseline *checker) { return checker->count; }

size_t baseline_check(baseline *checker, size_t first, size_t count) {
    size_t valid = 0;
    const item *items = checker->items + first;
    switch (checker->family) {
        case HMAC_TAG:
            for (size_t i = 0; i < count; i++) {
                uint8_t tag[EVP_MAX_MD_SIZE];
                size_t size = 0;
                EVP_MAC_init(checker->tag, NULL, 0, NULL);
                EVP_MAC_update(checker->tag, items[i].message, items[i].message_count);
                EVP_MAC_final(checker->tag, tag, &size, sizeof tag);
                valid += size == items[i].signature_count && CRYPTO_memcmp(tag, items[i].signature, size) == 0;
            }
            break;
        case EDDSA:
            for (size_t i = 0; i < count; i++)
                valid += EVP_DigestVerify(checker->one_shot, items[i].signature, items[i].signature_count,
                                          items[i].message, items[i].message_count) == 1;
            break;
        default:
            for (size_t i = 0; i < count; i++)
                valid += EVP_PKEY_verify(checker->verify, items[i].signature, items[i].signature_count,
                                         items[i].message, items[i].message_count) == 1;
    }
    if (valid != count) ERR_clear_error();
    return valid;
}

// u1 = e / s and u2 Q = (r d / s) G: r = e / d for equal points, -e / d for opposite ones (FIPS 186-5 §6.4.2). No hash
// here has more bits than its group's order, so e is the whole of it.
int baseline_exceptional_r(const char *algorithm, const uint8_t *d, size_t count, const uint8_t *message,
                           size_t message_count, int opposite, uint8_t *r) {
    const row *row = row_of(algorithm);
    if (row == NULL || row->family != ECDSA) return 0;
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned hash_count = 0;
    BN_CTX *context = BN_CTX_new();
    OSSL_PARAM name[2] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)row->group, 0),
        OSSL_PARAM_construct_end()};
    EC_GROUP *group = EC_GROUP_new_from_params(name, NULL, NULL);
    BIGNUM *e = NULL, *inverse = BN_bin2bn(d, (int)count, NULL);
    int made = 0;
    if (context != NULL && group != NULL && inverse != NULL &&
        EVP_Digest(message, message_count, hash, &hash_count, EVP_get_digestbyname(row->digest), NULL) == 1 &&
        (e = BN_bin2bn(hash, (int)hash_count, NULL)) != NULL) {
        const BIGNUM *order = EC_GROUP_get0_order(group);
        made = BN_mod_inverse(inverse, inverse, order, context) != NULL &&
               BN_mod_mul(e, e, inverse, order, context) == 1 && (!opposite || BN_sub(e, order, e) == 1) &&
               BN_bn2binpad(e, r, (int)count) == (int)count;
    }
    BN_free(e);
    BN_clear_free(inverse);
    EC_GROUP_free(group);
    BN_CTX_free(context);
    if (!made) ERR_clear_error();
    return made;
}

const char *baseline_compiler(void) { return __VERSION__; }
