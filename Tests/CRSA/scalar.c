#include <string.h>

#include "../../Sources/CCrypto/multibuffer/lanes_scalar.h"
#include "../../Sources/CCrypto/multibuffer/rsa_key.h"
#include "operations.h"
#include "row.h"

void crsa_octets(const uint8_t *octets, size_t size, unsigned limbs, uint8_t *out) {
    // Every other word, as a lane of two would have it.
    uint64_t limb[CRSA_LIMBS], words[2 * CRSA_LIMBS];
    fv_rsa_limbs(octets, size, limb, limbs);
    memset(words, 0xff, sizeof words);
    for (size_t i = 0; i < limbs; i++) words[2 * i] = limb[i];
    fv_rsa_octets(words, 2, limbs, out, size);
}
