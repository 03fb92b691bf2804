// The arithmetic of CCrypto's multi-buffer RSA, one operation at a time, for every lane: what the tests compare with
// OpenSSL's big integers, and the range proof.
#pragma once
#include <stddef.h>
#include <stdint.h>

// R = 2^(52 limbs); operands are a, b, c.
typedef enum {
    CRSA_SQUARE,     // a^2 / R mod n
    CRSA_MULTIPLY,   // a b / R mod n
    CRSA_SHORT,      // (a b + c) / 2^520 mod n, a of 10 limbs
    CRSA_POWER,      // a^e / R^(e-1) mod n
    CRSA_CANONICAL,  // a mod n, canonical, for a below 2n
    CRSA_OPERATION_COUNT
} crsa_operation;

#define CRSA_LIMBS 80
#define CRSA_OPERANDS 4

/// Operand k of lane l at in[(k * lanes + l) * CRSA_LIMBS]; operand 0 is n, then a, b, c. One result per lane.
typedef void crsa_row(crsa_operation operation, unsigned limbs, uint32_t e, const uint64_t *in, uint64_t *out);
crsa_row crsa_run_scalar, crsa_run_avx512ifma;

/// Violations counted when `operation` runs on all limbs below 2^52, with the bound of every limb of operand `widened`
/// doubled (none for -1); limbs of the result of 2^52 and more, and columns of `most` and more count, too.
unsigned crsa_range_violations(crsa_operation operation, unsigned limbs, int widened, uint64_t most);

/// Octets through limbs and back, size a multiple of 8, at most 512.
void crsa_octets(const uint8_t *octets, size_t size, unsigned limbs, uint8_t *out);
