// Private keys: made, written, taken apart. Importing is signing_key_import.c.
#include "signing_key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "../key.h"
#include "signing_key_import.h"

fv_signing_key *fv_signing_key_allocate(fv_key_type type, EVP_PKEY *pkey, const uint8_t *secret, size_t count) {
    fv_signing_key *key = calloc(1, sizeof *key);
    if (key && count) key->secret = fv_guarded_allocate(count);
    if (!key || (count && !key->secret)) {
        free(key);
        EVP_PKEY_free(pkey);
        return NULL;
    }
    key->type = type;
    key->pkey = pkey;
    key->secret_count = count;
    if (secret) memcpy(key->secret, secret, count);
    return key;
}

void fv_signing_key_free(fv_signing_key *key) {
    if (!key) return;
    EVP_PKEY_free(key->pkey);
    fv_guarded_free(key->secret);
    free(key);
}

const char *fv_curve_name(fv_key_type type) {
    switch (type) {
        case FV_KEY_P256:
            return SN_X9_62_prime256v1;
        case FV_KEY_P384:
            return SN_secp384r1;
        case FV_KEY_P521:
            return SN_secp521r1;
        case FV_KEY_SECP256K1:
            return SN_secp256k1;
        case FV_KEY_ED25519:
            return "ED25519";
        case FV_KEY_ED448:
            return "ED448";
        default:
            return NULL;
    }
}

static EVP_PKEY *generate(fv_key_type type, size_t rsa_bits) {
    switch (type) {
        case FV_KEY_SECRET:
            return NULL;
        case FV_KEY_RSA:
            return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", rsa_bits);
        case FV_KEY_ED25519:
        case FV_KEY_ED448:
            return EVP_PKEY_Q_keygen(NULL, NULL, fv_curve_name(type));
        default:
            return EVP_PKEY_Q_keygen(NULL, NULL, "EC", fv_curve_name(type));
    }
}

fv_key_status fv_signing_key_generate(fv_algorithm algorithm, uint32_t rsa_bits, fv_signing_key **key) {
    *key = NULL;
    const fv_algorithm_info *info = fv_algorithm_get(algorithm);
    if (!info) return FV_KEY_UNSUPPORTED;
    // OpenSSL rounds an odd size down to the next even one, and 2,049 is not to become 2,048 in silence.
    if (info->key_type == FV_KEY_RSA && (rsa_bits < 2048 || rsa_bits > 8192 || rsa_bits % 2)) return FV_KEY_RSA_SIZE;
    const size_t secret_count = info->key_type == FV_KEY_SECRET ? info->hash_size : 0;
    EVP_PKEY *pkey = generate(info->key_type, rsa_bits);
    fv_signing_key *made =
        secret_count || pkey ? fv_signing_key_allocate(info->key_type, pkey, NULL, secret_count) : NULL;
    if (made && secret_count && RAND_priv_bytes(made->secret, (int)secret_count) != 1) {
        fv_signing_key_free(made);
        made = NULL;
    }
    ERR_clear_error();
    *key = made;
    return made ? FV_KEY_OK : FV_KEY_MEMORY;
}

// The name and the fixed size of a number in an EVP_PKEY; size 0: as many octets as it needs. NULL: no such member.
static const char *number_name(fv_key_type type, fv_parameter parameter, size_t *size) {
    *size = 0;
    if (type == FV_KEY_RSA) {
        switch (parameter) {
            case FV_PARAMETER_N:
                return OSSL_PKEY_PARAM_RSA_N;
            case FV_PARAMETER_E:
                return OSSL_PKEY_PARAM_RSA_E;
            case FV_PARAMETER_D:
                return OSSL_PKEY_PARAM_RSA_D;
            case FV_PARAMETER_P:
                return OSSL_PKEY_PARAM_RSA_FACTOR1;
            case FV_PARAMETER_Q:
                return OSSL_PKEY_PARAM_RSA_FACTOR2;
            case FV_PARAMETER_DP:
                return OSSL_PKEY_PARAM_RSA_EXPONENT1;
            case FV_PARAMETER_DQ:
                return OSSL_PKEY_PARAM_RSA_EXPONENT2;
            case FV_PARAMETER_QI:
                return OSSL_PKEY_PARAM_RSA_COEFFICIENT1;
            default:
                return NULL;
        }
    }
    if (!fv_curve_nid(type)) return NULL;
    *size = fv_coordinate_size(type);  // the order has as many octets as the field on all four curves
    switch (parameter) {
        case FV_PARAMETER_X:
            return OSSL_PKEY_PARAM_EC_PUB_X;
        case FV_PARAMETER_Y:
            return OSSL_PKEY_PARAM_EC_PUB_Y;
        case FV_PARAMETER_D:
            return OSSL_PKEY_PARAM_PRIV_KEY;
        default:
            return NULL;
    }
}

size_t fv_pkey_parameter(const EVP_PKEY *pkey, fv_key_type type, fv_parameter parameter, uint8_t *out,
                         size_t capacity) {
    size_t size = 0;
    if (type == FV_KEY_ED25519 || type == FV_KEY_ED448) {
        size = fv_coordinate_size(type);  // private keys are as long as public ones
        if (capacity < size) return 0;
        if (parameter == FV_PARAMETER_X) return EVP_PKEY_get_raw_public_key(pkey, out, &size) == 1 ? size : 0;
        if (parameter == FV_PARAMETER_D) return EVP_PKEY_get_raw_private_key(pkey, out, &size) == 1 ? size : 0;
        return 0;
    }
    const char *name = number_name(type, parameter, &size);
    BIGNUM *number = NULL;
    if (!name || EVP_PKEY_get_bn_param(pkey, name, &number) != 1) return 0;
    if (size == 0) size = (size_t)BN_num_bytes(number);
    if (capacity < size || BN_bn2binpad(number, out, (int)size) < 0) size = 0;
    BN_clear_free(number);
    return size;
}

size_t fv_signing_key_parameter(const fv_signing_key *key, fv_parameter parameter, uint8_t *out, size_t capacity) {
    if (key->type == FV_KEY_SECRET) {
        if (parameter != FV_PARAMETER_K || capacity < key->secret_count) return 0;
        memcpy(out, key->secret, key->secret_count);
        return key->secret_count;
    }
    const size_t size = fv_pkey_parameter(key->pkey, key->type, parameter, out, capacity);
    ERR_clear_error();
    return size;
}

fv_key_status fv_signing_key_public(const fv_signing_key *key, fv_key **public_key) {
    *public_key = NULL;
    if (key->type == FV_KEY_SECRET) return fv_key_import_secret(key->secret, key->secret_count, public_key);
    const bool rsa = key->type == FV_KEY_RSA;
    uint8_t first[FV_SIGNATURE_MAX], second[FV_SIGNATURE_MAX];
    const size_t first_count =
        fv_signing_key_parameter(key, rsa ? FV_PARAMETER_N : FV_PARAMETER_X, first, sizeof first);
    const size_t second_count =
        fv_signing_key_parameter(key, rsa ? FV_PARAMETER_E : FV_PARAMETER_Y, second, sizeof second);
    if (rsa) return fv_key_import_rsa(first, first_count, second, second_count, public_key);
    if (fv_curve_nid(key->type))
        return fv_key_import_ec(key->type, first, first_count, second, second_count, public_key);
    return fv_key_import_okp(key->type, first, first_count, public_key);
}

size_t fv_signing_key_pem(const fv_signing_key *key, uint8_t *out, size_t capacity) {
    if (key->type == FV_KEY_SECRET) return 0;
    size_t size = 0;
    BIO *bio = BIO_new(BIO_s_secmem());  // erased when freed
    if (bio && PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) == 1) {
        char *text;
        const long count = BIO_get_mem_data(bio, &text);
        if (count > 0 && (size_t)count <= capacity) {
            size = (size_t)count;
            memcpy(out, text, size);
        }
    }
    BIO_free(bio);
    ERR_clear_error();
    return size;
}
