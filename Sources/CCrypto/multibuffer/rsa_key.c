#include "rsa_key.h"

#include <openssl/bn.h>
#include <stdlib.h>
#include <string.h>

#include "../key.h"
#include "key_runs.h"

enum { LIMB_BITS = 52, SHORT_BITS = 520 };  // a block of modexp_rsa.h has 10 limbs

void fv_rsa_limbs(const uint8_t *octets, size_t size, uint64_t *limb, unsigned limbs) {
    for (unsigned i = 0; i < limbs; i++) {
        // Limbs begin at a whole or a half octet, so 8 octets always hold one.
        const size_t from = (size_t)i * LIMB_BITS / 8;
        uint64_t word = 0;
        if (from + 8 <= size) {
            memcpy(&word, octets + size - from - 8, 8);
            word = __builtin_bswap64(word);
        } else {
            for (size_t k = size; k-- > from;) word = word << 8 | octets[size - 1 - k];
        }
        limb[i] = word >> (i % 2 * 4) & ((UINT64_C(1) << LIMB_BITS) - 1);
    }
}

void fv_rsa_octets(const uint64_t *words, size_t stride, unsigned limbs, uint8_t *octets, size_t size) {
    for (size_t i = 0; i < size; i += 8) {
        const unsigned first = (unsigned)(i * 8 / LIMB_BITS), shift = (unsigned)(i * 8 % LIMB_BITS);
        uint64_t word = words[first * stride] >> shift;
        if (first + 1 < limbs) word |= words[(first + 1) * stride] << (LIMB_BITS - shift);
        if (first + 2 < limbs && 2 * LIMB_BITS - shift < 64) word |= words[(first + 2) * stride] << (104 - shift);
        word = __builtin_bswap64(word);
        memcpy(octets + size - i - 8, &word, 8);
    }
}

static bool store(const BIGNUM *number, uint64_t limb[RSA_KEY_LIMBS], unsigned limbs) {
    uint8_t octets[RSA_KEY_OCTETS];
    if (BN_bn2binpad(number, octets, sizeof octets) != sizeof octets) return false;
    fv_rsa_limbs(octets, sizeof octets, limb, limbs);
    return true;
}

// RFC 8017 §9.2: 00 01 ff … ff 00, DigestInfo, a hash of zeros.
static void encode(size_t hash_size, uint8_t *octets, size_t size) {
    enum { INFO = 19, ALGORITHM = 14 };
    uint8_t info[INFO] = {0x30, 0x11, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                          0x65, 0x03, 0x04, 0x02, 0x00, 0x05, 0x00, 0x04, 0x00};
    info[1] = (uint8_t)(info[1] + hash_size);
    info[ALGORITHM] = hash_size == 32 ? 1 : hash_size == 48 ? 2 : 3;
    info[INFO - 1] = (uint8_t)hash_size;
    memset(octets, 0xff, size);
    octets[0] = 0;
    octets[1] = 1;
    uint8_t *tail = octets + size - hash_size - INFO;
    tail[-1] = 0;
    memcpy(tail, info, INFO);
    memset(tail + INFO, 0, hash_size);
}

// The constants; false when out of memory (n is odd, so every inverse exists).
static bool compute(rsa_key *key, const BIGNUM *n, BN_CTX *context) {
    BN_CTX_start(context);
    BIGNUM *radix = BN_CTX_get(context), *power = BN_CTX_get(context), *word = BN_CTX_get(context);
    uint8_t octets[RSA_KEY_OCTETS];
    // Newton's iteration: n^-1 mod 2^(3, 6, 12, 24, 48, 96).
    uint64_t inverse = key->modulus[0];
    for (int i = 0; i < 5; i++) inverse *= 2 - key->modulus[0] * inverse;
    key->inverse = (0 - inverse) & ((UINT64_C(1) << LIMB_BITS) - 1);
    bool good = word && BN_set_bit(radix, (int)key->limbs * LIMB_BITS);
    if (key->pss) {
        good = good && BN_set_word(word, key->exponent) && BN_mod_exp(power, radix, word, n, context);
        good = good && store(power, key->factor, key->limbs);
    } else {
        good = good && BN_set_word(word, key->exponent - 1) && BN_mod_exp(power, radix, word, n, context) &&
               BN_mod_inverse(power, power, n, context) && BN_mod_lshift(power, power, SHORT_BITS, n, context);
        good = good && store(power, key->factor, key->limbs);
        encode(key->hash_size, octets, key->size);
        good = good && BN_bin2bn(octets, (int)key->size, word) && BN_mod_mul(power, power, word, n, context);
        good = good && store(power, key->encoding, key->limbs);
    }
    BN_CTX_end(context);
    return good;
}

fv_key_status fv_rsa_key_prepare(const fv_kernel *kernel, const fv_key *key, void **state) {
    rsa_key *made = calloc(1, sizeof *made);
    if (!made) return FV_KEY_MEMORY;
    fv_key_status status = key_elsewhere(kernel, "openssl", key, &made->complete);
    if (status != FV_KEY_OK) {
        free(made);
        return status;
    }
    made->limbs = key->bits == 2048 ? 40 : key->bits == 3072 ? 60 : key->bits == 4096 ? 80 : 0;
    made->size = key->first_count;
    made->hash_size = fv_algorithm_get(kernel->algorithm)->hash_size;
    made->pss = kernel->algorithm == FV_PS256 || kernel->algorithm == FV_PS384 || kernel->algorithm == FV_PS512;
    if (made->limbs > 0) {
        for (size_t i = 0; i < key->second_count; i++)
            made->exponent = made->exponent << 8 | key->bytes[key->first_count + i];
        memcpy(made->octets, key->bytes, made->size);
        fv_rsa_limbs(made->octets, made->size, made->modulus, made->limbs);
        BN_CTX *context = BN_CTX_new();
        BIGNUM *n = BN_bin2bn(made->octets, (int)made->size, NULL);
        if (!context || !n || !compute(made, n, context)) status = FV_KEY_MEMORY;
        BN_free(n);
        BN_CTX_free(context);
    }
    if (status != FV_KEY_OK) {
        fv_rsa_key_release(made);
        return status;
    }
    *state = made;
    return FV_KEY_OK;
}

void fv_rsa_key_release(void *state) {
    rsa_key *key = state;
    key->complete.kernel->release(key->complete.state);
    free(key);
}
