// Importing private keys. A PEM file is taken apart into the parameters of a JWK, and there is one way in for those.
#include "signing_key_import.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <string.h>

#include "../key.h"
#include "pem_block.h"

enum { PARAMETER_COUNT = FV_PARAMETER_QI + 1 };

static EVP_PKEY *make_pkey(const char *type, OSSL_PARAM_BLD *builder) {
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (parameters && context && EVP_PKEY_fromdata_init(context) == 1)
        if (EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_KEYPAIR, parameters) != 1) pkey = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    return pkey;
}

// MARK: RSA

// Whether `a * b` is 1 modulo `m`.
static bool are_inverse(const BIGNUM *a, const BIGNUM *b, const BIGNUM *m, BN_CTX *context) {
    BIGNUM *product = BN_secure_new();
    const bool good = product && BN_mod_mul(product, a, b, m, context) && BN_is_one(product);
    BN_clear_free(product);
    return good;
}

// n = p q with p, q prime, e d = 1 modulo p - 1 and q - 1 (RFC 8017 §3.2), dp, dq, qi as given or computed.
static fv_key_status complete_rsa(BIGNUM *b[PARAMETER_COUNT], BN_CTX *context) {
    fv_key_status status = FV_KEY_MALFORMED;
    const BIGNUM *n = b[FV_PARAMETER_N], *e = b[FV_PARAMETER_E], *d = b[FV_PARAMETER_D];
    const BIGNUM *p = b[FV_PARAMETER_P], *q = b[FV_PARAMETER_Q];
    static const fv_parameter derived[3] = {FV_PARAMETER_DP, FV_PARAMETER_DQ, FV_PARAMETER_QI};
    BIGNUM *computed[3] = {BN_secure_new(), BN_secure_new(), BN_secure_new()};
    BIGNUM *p1 = BN_secure_new(), *q1 = BN_secure_new(), *product = BN_secure_new();
    if (!computed[0] || !computed[1] || !computed[2] || !p1 || !q1 || !product || !BN_copy(p1, p) || !BN_copy(q1, q)) {
        status = FV_KEY_MEMORY;
        goto end;
    }
    BN_set_flags(p1, BN_FLG_CONSTTIME);
    BN_set_flags(q1, BN_FLG_CONSTTIME);
    if (!BN_mul(product, p, q, context) || BN_cmp(product, n) != 0 || BN_cmp(p, q) == 0) goto end;
    if (BN_cmp(d, n) >= 0 || BN_check_prime(p, context, NULL) != 1 || BN_check_prime(q, context, NULL) != 1) goto end;
    if (!BN_sub_word(p1, 1) || !BN_sub_word(q1, 1)) goto end;
    if (!are_inverse(e, d, p1, context) || !are_inverse(e, d, q1, context)) goto end;
    if (!BN_mod(computed[0], d, p1, context) || !BN_mod(computed[1], d, q1, context) ||
        !BN_mod_inverse(computed[2], q, p, context))
        goto end;
    for (size_t i = 0; i < 3; i++) {
        BIGNUM **slot = &b[derived[i]];
        if (*slot && BN_cmp(*slot, computed[i]) != 0) goto end;
        if (*slot) continue;
        *slot = computed[i];
        computed[i] = NULL;
    }
    status = FV_KEY_OK;
end:
    for (size_t i = 0; i < 3; i++) BN_clear_free(computed[i]);
    BN_clear_free(p1);
    BN_clear_free(q1);
    BN_clear_free(product);
    return status;
}

static fv_key_status import_rsa(const uint8_t *const parameters[], const size_t counts[], EVP_PKEY **pkey) {
    static const struct {
        fv_parameter parameter;
        const char *name;
    } members[] = {
        {FV_PARAMETER_N, OSSL_PKEY_PARAM_RSA_N},          {FV_PARAMETER_E, OSSL_PKEY_PARAM_RSA_E},
        {FV_PARAMETER_D, OSSL_PKEY_PARAM_RSA_D},          {FV_PARAMETER_P, OSSL_PKEY_PARAM_RSA_FACTOR1},
        {FV_PARAMETER_Q, OSSL_PKEY_PARAM_RSA_FACTOR2},    {FV_PARAMETER_DP, OSSL_PKEY_PARAM_RSA_EXPONENT1},
        {FV_PARAMETER_DQ, OSSL_PKEY_PARAM_RSA_EXPONENT2}, {FV_PARAMETER_QI, OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
    };
    enum { MEMBER_COUNT = sizeof members / sizeof *members };
    // The public half first: it is what bounds the rest.
    fv_key *checked;
    fv_key_status status = fv_key_import_rsa(parameters[FV_PARAMETER_N], counts[FV_PARAMETER_N],
                                             parameters[FV_PARAMETER_E], counts[FV_PARAMETER_E], &checked);
    if (status != FV_KEY_OK) return status;
    fv_key_free(checked);

    BIGNUM *numbers[PARAMETER_COUNT] = {0};
    BN_CTX *context = BN_CTX_secure_new();
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    status = context && builder ? FV_KEY_OK : FV_KEY_MEMORY;
    for (size_t i = 0; status == FV_KEY_OK && i < MEMBER_COUNT; i++) {
        const fv_parameter m = members[i].parameter;
        size_t count = counts[m];
        const uint8_t *bytes = fv_skip_zeros(parameters[m], &count);
        if (counts[m] == 0 && i >= 5) continue;  // may be absent
        if (count == 0 || count > FV_SIGNATURE_MAX) {
            status = FV_KEY_MALFORMED;
        } else {
            BIGNUM *number = BN_secure_new();
            numbers[m] = number ? BN_bin2bn(bytes, (int)count, number) : NULL;
            if (!numbers[m]) {
                BN_free(number);
                status = FV_KEY_MEMORY;
            } else if (i >= 2) {
                BN_set_flags(numbers[m], BN_FLG_CONSTTIME);
            }
        }
    }
    if (status == FV_KEY_OK) status = complete_rsa(numbers, context);
    for (size_t i = 0; status == FV_KEY_OK && i < MEMBER_COUNT; i++)
        if (!OSSL_PARAM_BLD_push_BN(builder, members[i].name, numbers[members[i].parameter])) status = FV_KEY_MEMORY;
    if (status == FV_KEY_OK && !(*pkey = make_pkey("RSA", builder))) status = FV_KEY_MALFORMED;
    OSSL_PARAM_BLD_free(builder);
    BN_CTX_free(context);
    for (size_t i = 0; i < PARAMETER_COUNT; i++) BN_clear_free(numbers[i]);
    return status;
}

// MARK: Curves

// d G in uncompressed form; d from 1 to n - 1 (SEC 1 §3.2.1).
static fv_key_status compute_point(const EC_GROUP *group, const BIGNUM *d, uint8_t *out, size_t size) {
    if (BN_is_zero(d) || BN_cmp(d, EC_GROUP_get0_order(group)) >= 0) return FV_KEY_MALFORMED;
    EC_POINT *point = EC_POINT_new(group);
    const bool good = point && EC_POINT_mul(group, point, d, NULL, NULL, NULL) == 1 &&
                      EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out, size, NULL) == size;
    EC_POINT_free(point);
    return good ? FV_KEY_OK : FV_KEY_MEMORY;
}

static fv_key_status import_ec(fv_key_type type, const uint8_t *const parameters[], const size_t counts[],
                               EVP_PKEY **pkey) {
    const size_t size = fv_coordinate_size(type);
    if (counts[FV_PARAMETER_D] != size) return counts[FV_PARAMETER_D] ? FV_KEY_COORDINATE_LENGTH : FV_KEY_MALFORMED;
    fv_key_status status = FV_KEY_MEMORY;
    uint8_t point[1 + 2 * 66];
    EC_GROUP *group = EC_GROUP_new_by_curve_name(fv_curve_nid(type));
    BIGNUM *d = BN_secure_new();
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (group && d && builder && BN_bin2bn(parameters[FV_PARAMETER_D], (int)size, d)) {
        BN_set_flags(d, BN_FLG_CONSTTIME);
        status = compute_point(group, d, point, 1 + 2 * size);
    }
    for (size_t i = 0; status == FV_KEY_OK && i < 2; i++) {
        const fv_parameter m = i == 0 ? FV_PARAMETER_X : FV_PARAMETER_Y;
        if (counts[m] == 0) continue;
        if (counts[m] != size)
            status = FV_KEY_COORDINATE_LENGTH;
        else if (memcmp(parameters[m], point + 1 + i * size, size) != 0)
            status = FV_KEY_MALFORMED;
    }
    if (status == FV_KEY_OK) {
        status = FV_KEY_MEMORY;
        if (OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, fv_curve_name(type), 0) &&
            OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * size) &&
            OSSL_PARAM_BLD_push_BN_pad(builder, OSSL_PKEY_PARAM_PRIV_KEY, d, size) &&
            (*pkey = make_pkey("EC", builder)))
            status = FV_KEY_OK;
    }
    OSSL_PARAM_BLD_free(builder);
    BN_clear_free(d);
    EC_GROUP_free(group);
    return status;
}

static fv_key_status import_okp(fv_key_type type, const uint8_t *const parameters[], const size_t counts[],
                                EVP_PKEY **pkey) {
    const size_t size = fv_coordinate_size(type);
    if (counts[FV_PARAMETER_D] != size) return counts[FV_PARAMETER_D] ? FV_KEY_COORDINATE_LENGTH : FV_KEY_MALFORMED;
    *pkey = EVP_PKEY_new_raw_private_key_ex(NULL, fv_curve_name(type), NULL, parameters[FV_PARAMETER_D], size);
    if (!*pkey) return FV_KEY_MEMORY;
    const size_t count = counts[FV_PARAMETER_X];
    if (count == 0) return FV_KEY_OK;
    uint8_t x[57];
    // Signing with a public key that is not the own one gives the private key away (GHSA for ed25519-dalek, 2022).
    if (fv_pkey_parameter(*pkey, type, FV_PARAMETER_X, x, sizeof x) != size) return FV_KEY_MEMORY;
    if (count != size) return FV_KEY_COORDINATE_LENGTH;
    return memcmp(x, parameters[FV_PARAMETER_X], size) == 0 ? FV_KEY_OK : FV_KEY_MALFORMED;
}

fv_key_status fv_signing_key_import(fv_key_type type, const uint8_t *const parameters[], const size_t counts[],
                                    fv_signing_key **key) {
    *key = NULL;
    EVP_PKEY *pkey = NULL;
    fv_key_status status = FV_KEY_UNSUPPORTED;
    const uint8_t *secret = NULL;
    size_t secret_count = 0;
    switch (type) {
        case FV_KEY_SECRET:
            secret = parameters[FV_PARAMETER_K];
            secret_count = counts[FV_PARAMETER_K];
            status = secret_count < 32              ? FV_KEY_SECRET_SHORT
                     : secret_count > FV_SECRET_MAX ? FV_KEY_SECRET_LONG
                                                    : FV_KEY_OK;
            break;
        case FV_KEY_RSA:
            status = import_rsa(parameters, counts, &pkey);
            break;
        case FV_KEY_P256:
        case FV_KEY_P384:
        case FV_KEY_P521:
        case FV_KEY_SECP256K1:
            status = import_ec(type, parameters, counts, &pkey);
            break;
        case FV_KEY_ED25519:
        case FV_KEY_ED448:
            status = import_okp(type, parameters, counts, &pkey);
            break;
    }
    if (status == FV_KEY_OK) {
        *key = fv_signing_key_allocate(type, pkey, secret, secret_count);
        if (!*key) status = FV_KEY_MEMORY;
    } else {
        EVP_PKEY_free(pkey);
    }
    ERR_clear_error();
    return status;
}

// MARK: PEM

static fv_key_status type_of(const EVP_PKEY *pkey, fv_key_type *type) {
    switch (EVP_PKEY_get_base_id(pkey)) {
        case EVP_PKEY_RSA:
            *type = FV_KEY_RSA;
            return FV_KEY_OK;
        case EVP_PKEY_ED25519:
            *type = FV_KEY_ED25519;
            return FV_KEY_OK;
        case EVP_PKEY_ED448:
            *type = FV_KEY_ED448;
            return FV_KEY_OK;
        case EVP_PKEY_EC:
            break;
        default:
            return FV_KEY_UNSUPPORTED;
    }
    int is_explicit = 0;
    char name[64];
    size_t count;
    if (EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit) == 1 && is_explicit)
        return FV_KEY_UNSUPPORTED;
    if (EVP_PKEY_get_group_name(pkey, name, sizeof name, &count) != 1) return FV_KEY_UNSUPPORTED;
    static const fv_key_type curves[] = {FV_KEY_P256, FV_KEY_P384, FV_KEY_P521, FV_KEY_SECP256K1};
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        if (strcmp(name, fv_curve_name(curves[i])) != 0) continue;
        *type = curves[i];
        return FV_KEY_OK;
    }
    return FV_KEY_UNSUPPORTED;
}

static EVP_PKEY *decode(const fv_pem *pem) {
    const unsigned char *at = pem->bytes;
    const unsigned char *const end = at + pem->count;
    EVP_PKEY *pkey = NULL;
    if (strcmp(pem->label, "PRIVATE KEY") == 0) {
        PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)pem->count);
        pkey = info ? EVP_PKCS82PKEY(info) : NULL;
        PKCS8_PRIV_KEY_INFO_free(info);
    } else if (strcmp(pem->label, "RSA PRIVATE KEY") == 0) {
        pkey = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &at, (long)pem->count);
    } else if (strcmp(pem->label, "EC PRIVATE KEY") == 0) {
        pkey = d2i_PrivateKey(EVP_PKEY_EC, NULL, &at, (long)pem->count);
    }
    if (at == end) return pkey;
    EVP_PKEY_free(pkey);
    return NULL;
}

static bool has_private_label(const fv_pem *pem) {
    static const char *const labels[] = {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strcmp(pem->label, labels[i]) == 0) return true;
    return false;
}

static fv_key_status import_pkey(const EVP_PKEY *pkey, fv_signing_key **key) {
    fv_key_type type;
    const fv_key_status status = type_of(pkey, &type);
    if (status != FV_KEY_OK) return status;
    uint8_t bytes[PARAMETER_COUNT][FV_SIGNATURE_MAX];
    const uint8_t *parameters[PARAMETER_COUNT];
    size_t counts[PARAMETER_COUNT];
    for (unsigned i = 0; i < PARAMETER_COUNT; i++) {
        parameters[i] = bytes[i];
        counts[i] = fv_pkey_parameter(pkey, type, (fv_parameter)i, bytes[i], sizeof bytes[i]);
    }
    const fv_key_status imported = fv_signing_key_import(type, parameters, counts, key);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return imported;
}

fv_key_status fv_signing_key_import_pem(const uint8_t *text, size_t count, fv_signing_key **key) {
    *key = NULL;
    fv_pem pem;
    fv_key_status status = fv_pem_read(text, count, &pem);
    if (status == FV_KEY_OK) {
        EVP_PKEY *pkey = has_private_label(&pem) ? decode(&pem) : NULL;
        if (pkey)
            status = import_pkey(pkey, key);
        else
            status = has_private_label(&pem) ? FV_KEY_MALFORMED : FV_KEY_UNSUPPORTED;
        EVP_PKEY_free(pkey);
    }
    fv_pem_free(&pem);
    ERR_clear_error();
    return status;
}
