// Numbers about P-256 that do not depend on lanes: constants, and inversion modulo p and n.
#pragma once
#include <stdint.h>

// 2^260 mod p, limbs of 52 bits.
#define P256_ONE_LIMBS 0x10, 0xf000000000000, 0xfffffffffffff, 0xffeffffffffff, 0xfffff
// 2^520 mod p leads into Montgomery form, 2^780 mod p mends an inverse of it.
#define P256_R2_LIMBS 0x300, 0xffffffff00000, 0xffffefffffffb, 0xfdfffffffffff, 0x4ffffff
#define P256_R3_LIMBS 0xfd0000000a000, 0xffffff7ffffff, 0xfffcffffffedf, 0x100000005ffff, 0x180000000

// 2^255 - 19 is among them so that Ed25519 needs no second file like this one.
typedef enum { P256_FIELD, P256_ORDER, ED25519_FIELD } p256_modulus;

/// value := 1 / value modulo p, n or 2^255 - 19; 0 stays 0. Least significant limb of 52 bits first, the value below
/// the modulus. Variable time.
void fv_p256_invert(p256_modulus modulus, uint64_t value[5]);
