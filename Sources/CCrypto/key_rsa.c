// Import of RSA public keys: bounds on the bytes first, cheap tests on 32-bit words next, bignum work last.
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "key.h"

enum {
    BITS_MIN = 2048,
    BITS_MAX = 8192,
    // One test at 8,192 bits takes 80 ms: more than an import may cost someone who sends us keys. Above this size a
    // prime modulus is let through; it harms only the one who publishes it (its phi is known to all).
    FERMAT_BITS_MAX = 4096,
    FACTOR_BOUND = 752,  // SP 800-89 §5.3.3: no factor below 752
    ROCA_PRIME_MAX = 167,
};

// Remainder of a big-endian number of at most 1,024 octets; divisor < 2^32.
static uint32_t remainder_of(const uint8_t *n, size_t count, uint32_t divisor) {
    uint64_t rest = 0;
    size_t i = 0;
    for (; i < count % 4; i++) rest = (rest << 8 | n[i]) % divisor;
    // rest < divisor < 2^32, so the shift leaves room for the next word.
    for (; i < count; i += 4) {
        const uint32_t word = (uint32_t)n[i] << 24 | (uint32_t)n[i + 1] << 16 | (uint32_t)n[i + 2] << 8 | n[i + 3];
        rest = (rest << 32 | word) % divisor;
    }
    return (uint32_t)rest;
}

static bool is_prime_small(uint32_t q) {
    for (uint32_t i = 3; i * i <= q; i += 2)
        if (q % i == 0) return false;
    return true;
}

// Euler's criterion; q an odd prime, 0 < a < q < 752, so products stay below 2^20.
static bool is_square_modulo(uint32_t a, uint32_t q) {
    uint32_t power = 1;
    for (uint32_t exponent = (q - 1) / 2; exponent; exponent >>= 1) {
        if (exponent & 1) power = power * a % q;
        a = a * a % q;
    }
    return power == 1;
}

// Whether a is a power of 65537 modulo q: the orbit has at most q - 1 members.
static bool is_power_of_65537(uint32_t a, uint32_t q) {
    uint32_t power = 1;
    do {
        if (power == a) return true;
        power = power * (65537 % q) % q;
    } while (power != 1);
    return false;
}

// Small factors, squares and ROCA moduli, all from the residues modulo the odd primes below 752.
// A square is a square modulo every prime; any other number passes all 131 tests with probability 2^-131.
// ROCA (CVE-2017-15361): both primes are k*M + (65537^a mod M), M divisible by the primes up to 167, so n is a power of
// 65537 modulo each of those; a random n is one with probability 2^-28 (Nemec et al., CCS 2017, §3).
static bool has_good_residues(const uint8_t *n, size_t count) {
    bool square = true, roca = true;
    for (uint32_t q = 3; q < FACTOR_BOUND;) {
        // One pass over n serves all the primes whose product fits a word.
        uint64_t product = 1;
        uint32_t primes[4], used = 0;
        for (; q < FACTOR_BOUND && used < 4; q += 2) {
            if (!is_prime_small(q)) continue;
            if (product * q >> 32) break;
            product *= q;
            primes[used++] = q;
        }
        const uint32_t rest = remainder_of(n, count, (uint32_t)product);
        for (uint32_t i = 0; i < used; i++) {
            const uint32_t a = rest % primes[i];
            if (a == 0) return false;
            if (square) square = is_square_modulo(a, primes[i]);
            if (roca && primes[i] <= ROCA_PRIME_MAX) roca = is_power_of_65537(a, primes[i]);
        }
    }
    return !square && !roca;
}

// Fermat's test to the base 2: every prime passes it. An honest modulus does with negligible probability.
static fv_key_status check_not_prime(const BIGNUM *n) {
    fv_key_status status = FV_KEY_MEMORY;
    BN_CTX *context = BN_CTX_new();
    BIGNUM *exponent = BN_dup(n), *power = BN_new();
    if (context && exponent && power && BN_sub_word(exponent, 1) &&
        BN_mod_exp_mont_word(power, 2, exponent, n, context, NULL))
        status = BN_is_one(power) ? FV_KEY_RSA_MODULUS : FV_KEY_OK;
    BN_free(power);
    BN_free(exponent);
    BN_CTX_free(context);
    return status;
}

static EVP_PKEY *make_pkey(const BIGNUM *n, uint32_t e) {
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *parameters = NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (builder && context && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) &&
        OSSL_PARAM_BLD_push_uint32(builder, OSSL_PKEY_PARAM_RSA_E, e) &&
        (parameters = OSSL_PARAM_BLD_to_param(builder)) && EVP_PKEY_fromdata_init(context) == 1)
        if (EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, parameters) != 1) pkey = NULL;
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    return pkey;
}

fv_key_status fv_key_import_rsa(const uint8_t *n, size_t n_count, const uint8_t *e, size_t e_count, fv_key **key) {
    *key = NULL;
    n = fv_skip_zeros(n, &n_count);
    e = fv_skip_zeros(e, &e_count);
    if (n_count < BITS_MIN / 8 || n_count > BITS_MAX / 8) return FV_KEY_RSA_SIZE;
    // n[0] is not zero, so this is the exact number of bits, and it is at most 8,192 here.
    const uint32_t bits = (uint32_t)n_count * 8 - (uint32_t)(__builtin_clz(n[0]) - 24);
    if (bits < BITS_MIN) return FV_KEY_RSA_SIZE;
    if (e_count == 0 || e_count > 4) return FV_KEY_RSA_EXPONENT;
    uint32_t exponent = 0;
    for (size_t i = 0; i < e_count; i++) exponent = exponent << 8 | e[i];
    if (exponent < 3 || exponent % 2 == 0) return FV_KEY_RSA_EXPONENT;
    if (n[n_count - 1] % 2 == 0) return FV_KEY_RSA_MODULUS;
    if (!has_good_residues(n, n_count)) return FV_KEY_RSA_MODULUS;

    fv_key_status status = FV_KEY_MEMORY;
    fv_key *made = fv_key_allocate(FV_KEY_RSA, bits, n, n_count, e, e_count);
    BIGNUM *modulus = BN_bin2bn(n, (int)n_count, NULL);
    if (made && modulus) status = bits <= FERMAT_BITS_MAX ? check_not_prime(modulus) : FV_KEY_OK;
    if (status == FV_KEY_OK) {
        made->pkey = make_pkey(modulus, exponent);
        if (!made->pkey) status = FV_KEY_MEMORY;
    }
    BN_free(modulus);
    ERR_clear_error();
    if (status != FV_KEY_OK) {
        fv_key_free(made);
        return status;
    }
    *key = made;
    return FV_KEY_OK;
}
