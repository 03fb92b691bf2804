// Import of public points: Weierstrass curves (RFC 7518 §6.2, RFC 8812 §3) and Edwards curves (RFC 8037 §2).
// EC_KEY is the deprecated API; ecdsa.c says why it is used.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "ed25519_strict.h"
#include "ed448_strict.h"
#include "key.h"

int fv_curve_nid(fv_key_type type) {
    switch (type) {
        case FV_KEY_P256:
            return NID_X9_62_prime256v1;
        case FV_KEY_P384:
            return NID_secp384r1;
        case FV_KEY_P521:
            return NID_secp521r1;
        case FV_KEY_SECP256K1:
            return NID_secp256k1;
        default:
            return 0;
    }
}

size_t fv_coordinate_size(fv_key_type type) {
    switch (type) {
        case FV_KEY_P256:
            return 32;
        case FV_KEY_P384:
            return 48;
        case FV_KEY_P521:
            return 66;
        case FV_KEY_SECP256K1:
            return 32;
        case FV_KEY_ED25519:
            return 32;
        case FV_KEY_ED448:
            return 57;
        default:
            return 0;
    }
}

// The cofactor of all four curves is 1, so a point on the curve other than infinity has the right order, and infinity
// has no affine coordinates.
static fv_key_status make_ec(fv_key_type type, const uint8_t *x, const uint8_t *y, EC_KEY **key) {
    const int size = (int)fv_coordinate_size(type);
    fv_key_status status = FV_KEY_MEMORY;
    EC_KEY *ec = EC_KEY_new_by_curve_name(fv_curve_nid(type));
    const EC_GROUP *group = ec ? EC_KEY_get0_group(ec) : NULL;
    EC_POINT *point = group ? EC_POINT_new(group) : NULL;
    BIGNUM *bx = BN_bin2bn(x, size, NULL), *by = BN_bin2bn(y, size, NULL);
    if (point && bx && by) {
        // OpenSSL would reduce a coordinate silently: two encodings of one key (security.md §1.8).
        const BIGNUM *p = EC_GROUP_get0_field(group);
        if (BN_cmp(bx, p) >= 0 || BN_cmp(by, p) >= 0)
            status = FV_KEY_POINT_INVALID;
        else if (EC_POINT_set_affine_coordinates(group, point, bx, by, NULL) != 1 ||
                 EC_POINT_is_on_curve(group, point, NULL) != 1)
            status = FV_KEY_POINT_INVALID;
        else if (EC_KEY_set_public_key(ec, point) == 1)
            status = FV_KEY_OK;
    }
    BN_free(bx);
    BN_free(by);
    EC_POINT_free(point);
    if (status != FV_KEY_OK) {
        EC_KEY_free(ec);
        ec = NULL;
    }
    *key = ec;
    return status;
}

static uint32_t field_bits(fv_key_type type) {
    switch (type) {
        case FV_KEY_P384:
            return 384;
        case FV_KEY_P521:
            return 521;
        case FV_KEY_ED25519:
            return 255;
        case FV_KEY_ED448:
            return 448;
        default:
            return 256;
    }
}

fv_key_status fv_key_import_ec(fv_key_type type, const uint8_t *x, size_t x_count, const uint8_t *y, size_t y_count,
                               fv_key **key) {
    *key = NULL;
    if (!fv_curve_nid(type)) return FV_KEY_UNSUPPORTED;
    const size_t size = fv_coordinate_size(type);
    if (x_count != size || y_count != size) return FV_KEY_COORDINATE_LENGTH;
    fv_key *made = fv_key_allocate(type, field_bits(type), x, x_count, y, y_count);
    const fv_key_status status = made ? make_ec(type, x, y, &made->ec) : FV_KEY_MEMORY;
    ERR_clear_error();
    if (status != FV_KEY_OK) {
        fv_key_free(made);
        return status;
    }
    *key = made;
    return FV_KEY_OK;
}

fv_key_status fv_key_import_okp(fv_key_type type, const uint8_t *x, size_t x_count, fv_key **key) {
    *key = NULL;
    if (type != FV_KEY_ED25519 && type != FV_KEY_ED448) return FV_KEY_UNSUPPORTED;
    if (x_count != fv_coordinate_size(type)) return FV_KEY_COORDINATE_LENGTH;
    fv_key_status status = type == FV_KEY_ED25519 ? fv_ed25519_check_key(x) : fv_ed448_check_key(x);
    fv_key *made = NULL;
    if (status == FV_KEY_OK) {
        made = fv_key_allocate(type, field_bits(type), x, x_count, NULL, 0);
        if (made) {
            const char *name = type == FV_KEY_ED25519 ? "ED25519" : "ED448";
            made->pkey = EVP_PKEY_new_raw_public_key_ex(NULL, name, NULL, x, x_count);
        }
        if (!made || !made->pkey) status = FV_KEY_MEMORY;
    }
    ERR_clear_error();
    if (status != FV_KEY_OK) {
        fv_key_free(made);
        return status;
    }
    *key = made;
    return FV_KEY_OK;
}
