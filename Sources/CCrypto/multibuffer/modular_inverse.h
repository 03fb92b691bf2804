// Inversion modulo the primes of the curves: what lanes do once for all of them.
#pragma once
#include <stdint.h>

typedef enum {
    P256_FIELD,
    P256_ORDER,
    P384_FIELD,
    P384_ORDER,
    P521_FIELD,
    P521_ORDER,
    SECP256K1_FIELD,
    SECP256K1_ORDER,
    ED25519_FIELD,
} fv_modulus;

/// value := 1 / value modulo the prime; 0 stays 0. Limbs of 52 bits, least significant first, as many as hold the
/// modulus; the value is below it. Variable time.
void fv_modular_invert(fv_modulus modulus, uint64_t *value);
