#include "edwards_point.h"

#include <openssl/bn.h>

// Ed25519 (RFC 8032 §5.1): -x² + y² = 1 + d x² y², d = -121665/121666, so
//     x² = 121666 (y² - 1) / (121666 - 121665 y²).
// Ed448 (§5.2): x² + y² = 1 + d x² y², d = -39081, so x² = (y² - 1) / (-1 - 39081 y²).
// d is no square, so the denominators are never 0, and the quotient is a square exactly where the product is.
const fv_edwards_curve fv_edwards_25519 = {
    .prime = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed",
    .scale = 121666,
    .constant = 121666,
    .factor = 121665,
};
const fv_edwards_curve fv_edwards_448 = {
    .prime =
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffe"
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    .scale = 1,
    .constant = 1,
    .factor = 39081,
    .constant_negative = true,
};

fv_key_status fv_edwards_check_y(const fv_edwards_curve *curve, const uint8_t *y, size_t count) {
    fv_key_status status = FV_KEY_MEMORY;
    BN_CTX *context = BN_CTX_new();
    BIGNUM *p = NULL, *square = BN_lebin2bn(y, (int)count, NULL), *other = BN_new(), *constant = BN_new();
    if (!context || !square || !other || !constant || !BN_hex2bn(&p, curve->prime)) goto end;
    if (!BN_mod_sqr(square, square, p, context) || !BN_copy(other, square)) goto end;
    // other = scale * (constant - factor * y²)
    if (!BN_mul_word(other, curve->factor) || !BN_set_word(constant, curve->constant)) goto end;
    BN_set_negative(constant, curve->constant_negative);
    if (!BN_sub(other, constant, other) || !BN_mul_word(other, curve->scale)) goto end;
    if (!BN_sub_word(square, 1) || !BN_mul(other, other, square, context) || !BN_nnmod(other, other, p, context))
        goto end;
    const int symbol = BN_kronecker(other, p, context);
    if (symbol != -2) status = symbol >= 0 ? FV_KEY_OK : FV_KEY_POINT_INVALID;
end:
    BN_free(constant);
    BN_free(other);
    BN_free(square);
    BN_free(p);
    BN_CTX_free(context);
    return status;
}
