// SHA-256, SHA-384 and SHA-512 (FIPS 180-4) of many messages side by side.
//
// A message lies in up to three segments, hashed as if they were one: R ‖ A ‖ M of Ed25519 needs no copy. It may start
// from a state after whole blocks, so that a prefix common to many messages is compressed once. Nothing is allocated;
// nothing outside a segment is read; any count of messages of any lengths is fine, and no digest depends on another
// message. Messages with `outer` set are HMACs: all scratch that held their digests is erased before the call returns.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const uint8_t *bytes;  // may be NULL where count is 0
    size_t count;
} fv_sha_segment;

/// A chaining value (FIPS 180-4 §6.2.2, §6.4.2) after whole blocks.
typedef struct {
    union {
        uint32_t narrow[8];  // SHA-256
        uint64_t wide[8];    // SHA-384 and SHA-512
    };
    uint64_t count;  // octets compressed so far: a multiple of 64 or of 128
} fv_sha_state;

enum { FV_SHA_SEGMENTS = 3 };

typedef struct {
    const fv_sha_state *start;  // NULL: the initial hash value
    fv_sha_segment segments[FV_SHA_SEGMENTS];
    const fv_sha_state *outer;  // not NULL: the digest itself is hashed from here on (RFC 2104, the outer hash)
    uint8_t *digest;            // 32, 48 or 64 octets; overlaps no input
} fv_sha_message;

/// The fastest way this process may use for that many messages.
void fv_sha256_batch(const fv_sha_message *messages, size_t count);
void fv_sha384_batch(const fv_sha_message *messages, size_t count);
void fv_sha512_batch(const fv_sha_message *messages, size_t count);

/// The state after one first block of 64 (digest_size 32) or 128 octets (digest_size 48 or 64).
void fv_sha_after_block(size_t digest_size, const uint8_t *block, fv_sha_state *state);

/// One way of computing them. `digest_size` is 32 for SHA-256, 48 or 64 for the other two.
typedef void fv_sha_function(size_t digest_size, const fv_sha_message *messages, size_t count);
typedef struct {
    const char *name;
    uint32_t features;  // needed, as in ccpu.h
    fv_sha_function *batch;
} fv_sha_implementation;

/// All of them, whether or not this processor supports them; the batch functions choose among these.
const fv_sha_implementation *fv_sha256_implementations(size_t *count);
const fv_sha_implementation *fv_sha512_implementations(size_t *count);

fv_sha_function fv_sha256_portable, fv_sha256_openssl, fv_sha256_shani, fv_sha256_avx2, fv_sha256_avx512,
    fv_sha256_armv8;
fv_sha_function fv_sha512_portable, fv_sha512_openssl, fv_sha512_avx2, fv_sha512_avx512, fv_sha512_armv8;

#ifdef __cplusplus
}
#endif
