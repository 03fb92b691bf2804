// EC_KEY is the deprecated API; openssl/ecdsa.c says why it is used.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "key.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

const char *fv_key_status_text(fv_key_status status) {
    switch (status) {
        case FV_KEY_OK:
            return "The key is good.";
        case FV_KEY_MALFORMED:
            return "The key is not the encoding it claims to be.";
        case FV_KEY_UNSUPPORTED:
            return "The key has a type, curve or container that is not supported.";
        case FV_KEY_PRIVATE:
            return "A private key was given where a public key is expected.";
        case FV_KEY_SECRET_SHORT:
            return "The secret is shorter than the hash of the algorithm.";
        case FV_KEY_SECRET_LONG:
            return "The secret is longer than 65,536 bytes.";
        case FV_KEY_RSA_SIZE:
            return "The RSA modulus is outside 2,048 to 8,192 bits.";
        case FV_KEY_RSA_MODULUS:
            return "The RSA modulus is even, prime, a square, has a small factor, or is a ROCA modulus.";
        case FV_KEY_RSA_EXPONENT:
            return "The RSA exponent is even, below 3, or 2^32 and above.";
        case FV_KEY_COORDINATE_LENGTH:
            return "A coordinate has not the octet length of the field.";
        case FV_KEY_POINT_COMPRESSED:
            return "The point is not in uncompressed form.";
        case FV_KEY_POINT_INVALID:
            return "The public point is not a valid, canonically encoded point of the curve.";
        case FV_KEY_SMALL_ORDER:
            return "The public point has small order.";
        case FV_KEY_WRONG_ALGORITHM:
            return "The key does not go with the algorithm.";
        case FV_KEY_MEMORY:
            return "Out of memory.";
    }
    return "Unknown status.";
}

fv_key *fv_key_allocate(fv_key_type type, uint32_t bits, const uint8_t *first, size_t first_count,
                        const uint8_t *second, size_t second_count) {
    // Both counts are bounded by the importing functions (at most FV_SECRET_MAX), so the sum cannot overflow.
    fv_key *key = calloc(1, sizeof *key + first_count + second_count);
    if (!key) return NULL;
    key->type = type;
    key->bits = bits;
    key->first_count = first_count;
    key->second_count = second_count;
    memcpy(key->bytes, first, first_count);
    if (second_count) memcpy(key->bytes + first_count, second, second_count);
    return key;
}

void fv_key_free(fv_key *key) {
    if (!key) return;
    EVP_PKEY_free(key->pkey);
    EC_KEY_free(key->ec);
    if (key->type == FV_KEY_SECRET) OPENSSL_cleanse(key->bytes, key->first_count);
    free(key);
}

const uint8_t *fv_skip_zeros(const uint8_t *bytes, size_t *count) {
    while (*count && *bytes == 0) {
        bytes++;
        --*count;
    }
    return bytes;
}

fv_key_status fv_key_import_secret(const uint8_t *bytes, size_t count, fv_key **key) {
    *key = NULL;
    if (count < 32) return FV_KEY_SECRET_SHORT;
    if (count > FV_SECRET_MAX) return FV_KEY_SECRET_LONG;
    *key = fv_key_allocate(FV_KEY_SECRET, (uint32_t)count * 8, bytes, count, NULL, 0);
    return *key ? FV_KEY_OK : FV_KEY_MEMORY;
}

fv_key_type fv_key_get_type(const fv_key *key) { return key->type; }

uint32_t fv_key_bits(const fv_key *key) { return key->bits; }

uint32_t fv_key_algorithms(const fv_key *key) {
    uint32_t mask = 0;
    for (unsigned i = 0; i < FV_ALGORITHM_COUNT; i++) {
        const fv_algorithm_info *algorithm = fv_algorithm_get((fv_algorithm)i);
        if (algorithm->key_type != key->type) continue;
        if (key->type == FV_KEY_SECRET && key->first_count < algorithm->hash_size) continue;
        mask |= 1u << i;
    }
    return mask;
}

size_t fv_key_parameter(const fv_key *key, fv_parameter parameter, uint8_t *out, size_t capacity) {
    bool first = false, second = false;
    switch (key->type) {
        case FV_KEY_SECRET:
            first = parameter == FV_PARAMETER_K;
            break;
        case FV_KEY_RSA:
            first = parameter == FV_PARAMETER_N;
            second = parameter == FV_PARAMETER_E;
            break;
        default:
            first = parameter == FV_PARAMETER_X;
            second = parameter == FV_PARAMETER_Y && key->second_count != 0;
            break;
    }
    if (!first && !second) return 0;
    const size_t count = first ? key->first_count : key->second_count;
    if (count > capacity) return 0;
    memcpy(out, first ? key->bytes : key->bytes + key->first_count, count);
    return count;
}
