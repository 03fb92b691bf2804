// What differs between SHA-256 and SHA-512 (FIPS 180-4 §4.1, §4.2, §5.3): the file that includes this sets SHA_BITS.
#pragma once
#include <stdint.h>

#if SHA_BITS == 32
typedef uint32_t sha_word;
#define SHA_BLOCK 64
#define SHA_ROUNDS 64
#define SHA_LENGTH 8  // octets of the length field in the padding
#define SHA_CONSTANTS fv_sha256_constants
// Σ0, Σ1: three rotations each; σ0, σ1: two rotations and a shift.
#define SHA_SUM0(x) SHA_XOR3(SHA_ROTATE(x, 2), SHA_ROTATE(x, 13), SHA_ROTATE(x, 22))
#define SHA_SUM1(x) SHA_XOR3(SHA_ROTATE(x, 6), SHA_ROTATE(x, 11), SHA_ROTATE(x, 25))
#define SHA_SIGMA0(x) SHA_XOR3(SHA_ROTATE(x, 7), SHA_ROTATE(x, 18), SHA_SHIFT(x, 3))
#define SHA_SIGMA1(x) SHA_XOR3(SHA_ROTATE(x, 17), SHA_ROTATE(x, 19), SHA_SHIFT(x, 10))
#elif SHA_BITS == 64
typedef uint64_t sha_word;
#define SHA_BLOCK 128
#define SHA_ROUNDS 80
#define SHA_LENGTH 16
#define SHA_CONSTANTS fv_sha512_constants
#define SHA_SUM0(x) SHA_XOR3(SHA_ROTATE(x, 28), SHA_ROTATE(x, 34), SHA_ROTATE(x, 39))
#define SHA_SUM1(x) SHA_XOR3(SHA_ROTATE(x, 14), SHA_ROTATE(x, 18), SHA_ROTATE(x, 41))
#define SHA_SIGMA0(x) SHA_XOR3(SHA_ROTATE(x, 1), SHA_ROTATE(x, 8), SHA_SHIFT(x, 7))
#define SHA_SIGMA1(x) SHA_XOR3(SHA_ROTATE(x, 19), SHA_ROTATE(x, 61), SHA_SHIFT(x, 6))
#else
#error "SHA_BITS is 32 or 64"
#endif

extern const uint32_t fv_sha256_constants[64];
extern const uint64_t fv_sha512_constants[80];

/// H(0) of the hash with that many octets.
const uint32_t *fv_sha256_initial(size_t digest_size);
const uint64_t *fv_sha512_initial(size_t digest_size);

#if SHA_BITS == 32
#define SHA_INITIAL fv_sha256_initial
#define SHA_STATE_WORDS(state) ((state)->narrow)
#else
#define SHA_INITIAL fv_sha512_initial
#define SHA_STATE_WORDS(state) ((state)->wide)
#endif
