// The inside of a checked key. Only the import functions make one, so whoever holds one may rely on every rule there.
#pragma once
#include <openssl/types.h>

#include "ccrypto.h"

struct fv_key {
    fv_key_type type;
    uint32_t bits;
    EVP_PKEY *pkey;  // RSA and Edwards keys; shared with prepared keys by reference count
    EC_KEY *ec;      // Weierstrass keys, likewise (ecdsa.c says why not an EVP_PKEY)
    // n and e without leading zeros, x and y as long as the field, x alone, or the secret.
    size_t first_count, second_count;
    uint8_t bytes[];
};

/// A key with its bytes and nothing else; NULL when out of memory.
fv_key *fv_key_allocate(fv_key_type type, uint32_t bits, const uint8_t *first, size_t first_count,
                        const uint8_t *second, size_t second_count);

/// The octets from the first that is not zero; moves *count.
const uint8_t *fv_skip_zeros(const uint8_t *bytes, size_t *count);

/// Curve properties OpenSSL names by number; 0 for a type that is no Weierstrass curve.
int fv_curve_nid(fv_key_type type);
/// Octets of a field element of the four Weierstrass curves, or of a public Edwards point; 0 otherwise.
size_t fv_coordinate_size(fv_key_type type);
