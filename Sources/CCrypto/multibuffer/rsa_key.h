// What the multi-buffer RSA rows keep of a key: its numbers in limbs of 52 bits, and OpenSSL's row for everything that
// lanes are not for.
#pragma once
#include "../kernel.h"

enum { RSA_KEY_LIMBS = 80, RSA_KEY_OCTETS = 512 };

typedef struct {
    fv_prepared_key complete;  // the same key for OpenSSL's row
    unsigned limbs;            // of the modulus: 40, 60, 80; 0 for a size that OpenSSL's row checks
    uint32_t exponent;
    size_t hash_size, size;  // octets of a hash and of a signature
    bool pss;
    uint64_t inverse;  // -1/n mod 2^52
    uint64_t modulus[RSA_KEY_LIMBS];
    // With R = 2^(52 limbs). PSS: R^e, which turns s^e / R^(e-1) into s^e by one Montgomery multiplication.
    // PKCS #1: K = 2^520 / R^(e-1), and EM K for the encoding EM of a hash of zeros (RFC 8017 §9.2): for the hash h of
    // a message, (h K + EM K) / 2^520 is what s^e / R^(e-1) has to be.
    uint64_t factor[RSA_KEY_LIMBS], encoding[RSA_KEY_LIMBS];
    uint8_t octets[RSA_KEY_OCTETS];  // the modulus, as long as a signature
} rsa_key;

fv_key_status fv_rsa_key_prepare(const fv_kernel *kernel, const fv_key *key, void **state);
void fv_rsa_key_release(void *state);

/// limb[0 … limbs - 1] of a big-endian number; nothing outside the octets is read.
void fv_rsa_limbs(const uint8_t *octets, size_t size, uint64_t *limb, unsigned limbs);
/// The other way round, for limbs below 2^52; `size` is a multiple of 8, and words[i * stride] is limb i.
void fv_rsa_octets(const uint64_t *words, size_t stride, unsigned limbs, uint8_t *octets, size_t size);
